package dev.engram;

import dev.engram.ir.EngramException;
import dev.engram.ir.HostTensor;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;
import dev.engram.state.PathList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * One tensor for each of a model's states, by path: gradients, or sums of them. It is a tree, so
 * transformations accept and return it.
 */
public record Grads(Map<String, Tensor> byPath) {
  public Grads {
    Given.all("Grads", "byPath", byPath);
    byPath = Collections.unmodifiableMap(new LinkedHashMap<>(byPath));
  }

  /** Returns zeros of the type of every state. */
  public static Grads zeros(States states) {
    Given.given("Grads.zeros", "states", states);
    Map<String, Tensor> out = new LinkedHashMap<>();
    states.byPath().forEach((path, s) -> out.put(path, HostTensor.full(s.type(), 0)));
    return new Grads(out);
  }

  /**
   * Returns the tensor for {@code path}.
   *
   * @throws EngramException when there is none
   */
  public Tensor get(String path) {
    Given.given("Grads.get", "path", path);
    Tensor t = byPath.get(path);
    if (t == null) {
      throw new EngramException(
          "no gradient for %s, expected one of %s (%s); paths() lists them"
              .formatted(path, PathList.like(path, byPath.keySet()), SourceLocation.here()));
    }
    return t;
  }

  /** Returns the paths of all gradients. */
  public List<String> paths() {
    return List.copyOf(byPath.keySet());
  }

  /** Returns the sum with {@code other}, path by path. */
  public Grads plus(Grads other) {
    return Tree.zip(Tensor::add, this, other);
  }

  /** Returns the results of {@code f} on each gradient, such as one scaled; the paths stay. */
  public Grads map(UnaryOperator<Tensor> f) {
    return Tree.map(f, this);
  }
}
