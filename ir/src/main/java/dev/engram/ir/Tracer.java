package dev.engram.ir;

import dev.engram.ir.checks.Given;
import dev.engram.ir.interpret.Interpreter;
import dev.engram.ir.op.Check;
import dev.engram.ir.op.Custom;
import dev.engram.ir.op.Op;
import dev.engram.ir.runtime.PinnedTensors;
import dev.engram.ir.tensor.Numbers;
import java.util.List;

/** A tensor whose elements are not known yet: a value of a graph under construction. */
public final class Tracer implements Tensor {
  private final Builder builder;
  private final Value value;

  Tracer(Builder builder, Value value) {
    this.builder = builder;
    this.value = value;
  }

  /** The builder whose graph has the value. */
  public Builder builder() {
    return builder;
  }

  /** The variable or literal that stands for the tensor. */
  public Value value() {
    return value;
  }

  @Override
  public TensorType type() {
    return value.type();
  }

  @Override
  public Tensor like(double fill) {
    return builder.tracer(new Lit(type(), Numbers.bits("like", type(), fill)));
  }

  @Override
  public Tensor like(long fill) {
    return builder.tracer(new Lit(type(), Numbers.bits("like", type(), fill)));
  }

  @Override
  public HostTensor host() {
    throw new TraceException(
        "the elements of a traced value of type "
            + type()
            + " are not known while tracing ("
            + SourceLocation.here()
            + "); to choose by it, call condition.select(a, b) or Engram.cond, to loop by it"
            + " Engram.whileLoop; else return it from the traced function and read the result");
  }

  @Override
  public void close() {
    throw new TraceException(
        "a traced value of type "
            + type()
            + " is closed, but has no memory ("
            + SourceLocation.here()
            + "); close tensors outside of traced functions");
  }

  /** False: it has no memory. */
  @Override
  public boolean isClosed() {
    return false;
  }

  /**
   * The operands of one op, before shapes are made equal: where one is traced, known ones are
   * values of the graph that the op is recorded in, so that they are repeated there and not in
   * memory.
   */
  public static List<Tensor> recorded(List<Tensor> operands) {
    Given.all("Tracer.recorded", "operands", operands);
    Builder b = Trace.target(operands).orElse(null);
    return b == null
        ? operands
        : operands.stream().map(t -> t instanceof HostTensor ? b.tracer(b.lift(t)) : t).toList();
  }

  /** The results of {@code op} on {@code inputs}, recorded or computed at once. */
  static List<Tensor> apply(Op op, List<Tensor> inputs) {
    Builder b = Trace.target(inputs).orElse(null);
    if (b == null) {
      return eager(op, inputs);
    }
    List<Value> in = inputs.stream().map(b::lift).toList();
    return b.emit(op, in).stream().<Tensor>map(b::tracer).toList();
  }

  private static List<Tensor> eager(Op op, List<Tensor> inputs) {
    try {
      op.typeOf(inputs.stream().map(Tensor::type).toList());
    } catch (TypeException e) {
      throw Builder.located(op, SourceLocation.here(), e);
    }
    // Of these alone the run can tell the line, and finding it is slow.
    SourceLocation where =
        op instanceof Check || op instanceof Custom
            ? SourceLocation.here()
            : SourceLocation.UNKNOWN;
    List<HostTensor> in = inputs.stream().map(Tensor::host).toList();
    try (PinnedTensors _ = PinnedTensors.of(in)) {
      return List.copyOf(Interpreter.eval(op, in, where));
    }
  }

  @Override
  public String toString() {
    return value instanceof Lit lit ? lit.asDouble() + ": " + type() : "traced " + type();
  }
}
