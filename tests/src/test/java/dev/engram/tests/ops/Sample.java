package dev.engram.tests.ops;

import dev.engram.ir.Builder;
import dev.engram.ir.DType;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Role;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.Trace;
import dev.engram.ir.Value;
import dev.engram.ir.op.Op;
import dev.engram.ir.text.Parser;
import dev.engram.tests.random.Program;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * A valid use of an op, with tensors to run it on.
 *
 * @param op the mnemonic, or the method's name
 */
record Sample(String op, Graph graph, Draw draw) {

  /** Draws the elements of one operand. */
  @FunctionalInterface
  interface Draw {
    HostTensor of(int operand, TensorType type, SplittableRandom random);

    /** Floats between {@code low} and {@code high}, integers in {@code 0 … ints-1}. */
    static Draw between(double low, double high, int ints) {
      return (_, type, random) -> {
        HostTensor t = HostTensor.allocate(type);
        for (long i = 0; i < type.size(); i++) {
          if (type.dtype().isFloat()) {
            t.setDouble(i, random.nextDouble(low, high));
          } else {
            t.setBits(i, random.nextInt(type.dtype() == DType.BOOL ? 2 : ints));
          }
        }
        return t;
      };
    }
  }

  /** Floats of either sign, and integers that are valid positions on short axes. */
  static final Draw USUAL = Draw.between(-2, 2, 3);

  /** One op, on parameters of these types. */
  static Sample of(Op op, TensorType... operands) {
    return of(op, USUAL, List.of(operands));
  }

  static Sample of(Op op, Draw draw, List<TensorType> operands) {
    Builder b = new Builder(op.mnemonic());
    List<? extends Value> in = operands.stream().map(t -> b.param(t, Role.INPUT, "")).toList();
    return new Sample(op.mnemonic(), b.build(b.emit(op, in)), draw);
  }

  /** A method of {@link Tensor}, or a composition of several. */
  static Sample traced(
      String name, Draw draw, List<TensorType> operands, Function<List<Tensor>, List<Tensor>> f) {
    Trace trace = new Trace(name);
    List<Tensor> in = operands.stream().<Tensor>map(t -> trace.input(t, Role.INPUT, "")).toList();
    List<Value> outs = trace.run(() -> f.apply(in).stream().map(trace::lift).toList());
    return new Sample(name, trace.build(outs), draw);
  }

  static Sample parsed(String op, String text) {
    return new Sample(op, Parser.parse(text), USUAL);
  }

  /** Adds arguments, drawn from {@code seed}. */
  Program program(int seed) {
    SplittableRandom random = new SplittableRandom(seed + 31L * op.hashCode());
    List<TensorType> types = graph.paramTypes();
    List<HostTensor> args =
        Stream.iterate(0, i -> i < types.size(), i -> i + 1)
            .map(i -> draw.of(i, types.get(i), random))
            .toList();
    return new Program(graph, args, seed);
  }

  static TensorType f64(int... dims) {
    return TensorType.of(DType.F64, dims);
  }

  static TensorType f32(int... dims) {
    return TensorType.of(DType.F32, dims);
  }

  static TensorType i32(int... dims) {
    return TensorType.of(DType.I32, dims);
  }

  static TensorType i64(int... dims) {
    return TensorType.of(DType.I64, dims);
  }

  static TensorType bool(int... dims) {
    return TensorType.of(DType.BOOL, dims);
  }

  static Shape shape(int... dims) {
    return Shape.of(dims);
  }

  @Override
  public String toString() {
    return op + graph.paramTypes();
  }
}
