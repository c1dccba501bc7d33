package dev.engram.bench;

import dev.engram.Engram;
import dev.engram.Fn1;
import dev.engram.Pair;
import dev.engram.StepResult;
import dev.engram.TracedFunction;
import dev.engram.backend.cpu.CpuBackend;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.passes.Pipeline;
import dev.engram.lower.CompiledProgram;
import dev.engram.lower.Lowering;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A small compiled program that is run repeatedly on fixed tensors.
 *
 * @param name as in the peer
 * @param work bytes moved, floating-point operations, or elements, of one run
 * @param unit of {@code work} per nanosecond, or nanoseconds per piece of work
 */
record RepeatedProgram(
    String name,
    double work,
    Unit unit,
    CompiledProgram code,
    List<HostTensor> inputs,
    List<HostTensor> outputs) {

  /** The unit of its speed. */
  enum Unit {
    GB_PER_S("GB/s"),
    GFLOP_PER_S("GFLOP/s"),
    NS_PER_ELEMENT("ns/element");

    private final String text;

    Unit(String text) {
      this.text = text;
    }

    String text() {
      return text;
    }

    /** True when more is better. */
    boolean isRate() {
      return this != NS_PER_ELEMENT;
    }
  }

  static final List<String> NAMES =
      List.of("sweep", "matmul_small", "matmul_512", "tanh", "sigmoid", "exp");

  private static final int POINTS = 1 << 16;
  private static final int SWEEP_STEPS = 20;

  void run() {
    code.run(inputs, outputs);
  }

  /** Converts the time of one run to a speed. */
  double speed(double nanos) {
    return unit.isRate() ? work / nanos : nanos / work;
  }

  /**
   * Makes one of {@link #NAMES}.
   *
   * @param sizes of the task; only the sweep uses them
   */
  static RepeatedProgram of(String name, TaskSizes sizes) {
    return switch (name) {
      case "sweep" -> sweep(sizes);
      case "matmul_small" -> matmul(name, 64, 138, 128);
      case "matmul_512" -> matmul(name, 512, 512, 512);
      case "tanh" -> elementwise(name, Tensor::tanh);
      case "sigmoid" -> elementwise(name, Tensor::sigmoid);
      case "exp" -> elementwise(name, Tensor::exp);
      default -> throw new IllegalArgumentException("kernel is '" + name + "', expected " + NAMES);
    };
  }

  private static RepeatedProgram elementwise(String name, Fn1<Tensor, Tensor> f) {
    return of(name, POINTS, Unit.NS_PER_ELEMENT, a -> f.apply(a.getFirst()), normal(1, POINTS));
  }

  private static RepeatedProgram matmul(String name, int m, int k, int n) {
    return of(
        name,
        2.0 * m * k * n,
        Unit.GFLOP_PER_S,
        a -> a.getFirst().matmul(a.getLast()),
        normal(1, m, k),
        normal(1, k, n));
  }

  // The trace of one weight over several steps, with the gradient that reads it:
  // e = d e + x f;  g += Σ_b l e
  private static RepeatedProgram sweep(TaskSizes sizes) {
    int b = sizes.batch();
    int k = TaskSizes.SYMBOLS + sizes.hidden();
    int n = sizes.hidden();
    return of(
        "sweep",
        2.0 * Float.BYTES * SWEEP_STEPS * b * k * n,
        Unit.GB_PER_S,
        a -> sweep(a, b, k, n),
        normal(1, b, k, n),
        normal(1, k, n),
        normal(0.1, SWEEP_STEPS, b, n),
        normal(0.1, SWEEP_STEPS, b, k),
        normal(0.1, SWEEP_STEPS, b, n),
        normal(0.1, SWEEP_STEPS, b, n));
  }

  private static Pair<Tensor, Tensor> sweep(List<Tensor> a, int b, int k, int n) {
    return Engram.scan(
            (Pair<Tensor, Tensor> eg, List<Tensor> dxfl) -> {
              Tensor d = dxfl.get(0).reshape(b, 1, n);
              Tensor x = dxfl.get(1).reshape(b, k, 1);
              Tensor f = dxfl.get(2).reshape(b, 1, n);
              Tensor l = dxfl.get(3).reshape(b, 1, n);
              Tensor e = d.mul(eg.first()).add(x.mul(f));
              Tensor g = eg.second().add(l.mul(e).sum(0));
              return new StepResult<>(new Pair<>(e, g), List.<Tensor>of());
            },
            new Pair<>(a.get(0), a.get(1)),
            a.subList(2, 6))
        .carry();
  }

  private static RepeatedProgram of(
      String name, double work, Unit unit, Fn1<List<Tensor>, Object> f, HostTensor... operands) {
    List<HostTensor> inputs = List.of(operands);
    TracedFunction traced =
        TracedFunction.of(
            name,
            args -> f.apply(args.stream().map(Tensor.class::cast).toList()),
            List.copyOf(inputs));
    List<HostTensor> outputs = new ArrayList<>();
    traced.graph().outTypes().forEach(t -> outputs.add(HostTensor.allocate(t)));
    CompiledProgram code =
        new CpuBackend().compile(Lowering.lower(Pipeline.standard().run(traced.graph())));
    return new RepeatedProgram(name, work, unit, code, inputs, List.copyOf(outputs));
  }

  private static HostTensor normal(double scale, int... dims) {
    SplittableRandom random = new SplittableRandom(dims.length);
    HostTensor t = HostTensor.allocate(TensorType.of(DType.F32, dims));
    for (long i = 0; i < t.type().size(); i++) {
      t.setDouble(i, scale * random.nextGaussian());
    }
    return t;
  }
}
