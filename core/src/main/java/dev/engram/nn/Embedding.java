package dev.engram.nn;

import dev.engram.Layer;
import dev.engram.RandomKey;
import dev.engram.State;
import dev.engram.ir.DType;
import dev.engram.ir.Shape;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.Given;

/** A vector for each of {@code size} symbols. State: {@code weight [size, out]}. */
public final class Embedding extends Layer {
  private final int size;
  private final State weight;

  /** Standard normal vectors, f32. */
  public Embedding(int size, int out, RandomKey key) {
    this(size, out, key, DType.F32, Initializer.normal(1));
  }

  /** Vectors of {@code out} elements, made as one matrix {@code [size, out]} by {@code init}. */
  public Embedding(int size, int out, RandomKey key, DType dtype, Initializer init) {
    Given.given("Embedding", "key", key);
    Given.given("Embedding", "dtype", dtype);
    Given.given("Embedding", "init", init);
    if (size < 1 || out < 1) {
      throw new TypeException(
          "Embedding: size="
              + size
              + ", out="
              + out
              + ", expected at least 1 ("
              + SourceLocation.here()
              + ")");
    }
    this.size = size;
    this.weight = parameter(init.make(key, Shape.of(size, out), dtype));
  }

  /**
   * {@inheritDoc}
   *
   * @param ids integers {@code [...]}, each in {@code 0..size-1}; any other value stops the run
   *     with a {@link dev.engram.ir.RunException}
   * @return {@code [..., out]}
   */
  @Override
  public Tensor update(Tensor ids) {
    Given.given("Embedding.update", "ids", ids);
    if (!ids.dtype().isInteger()) {
      throw new TypeException(
          ("Embedding: the ids have type %s, expected an integer type (%s); convert"
                  + " them with .cast(DType.I32)")
              .formatted(ids.type(), SourceLocation.here()));
    }
    return weight.value().take(ids.checkRange("ids", 0, size), 0);
  }

  /** Returns the parameter, {@code [size, out]}. */
  public State weight() {
    return weight;
  }
}
