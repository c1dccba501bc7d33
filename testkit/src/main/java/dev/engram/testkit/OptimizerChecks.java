package dev.engram.testkit;

import dev.engram.Compiler;
import dev.engram.Engram;
import dev.engram.Fn1;
import dev.engram.Grads;
import dev.engram.RandomKey;
import dev.engram.RandomTensors;
import dev.engram.State;
import dev.engram.States;
import dev.engram.ir.DType;
import dev.engram.ir.EngramException;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;
import dev.engram.optim.Optimizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Checks of an optimizer of one's own.
 *
 * <p>Each registers weights of ranks 0 to 3 with a new optimizer and makes a few updates by
 * gradients that are drawn once. It throws an {@link AssertionError} that names the check, the
 * weight or state, and the element.
 *
 * @param optimizer makes an optimizer without registered weights, each time with the same settings
 */
public record OptimizerChecks(Supplier<? extends Optimizer> optimizer) {
  /** Updates of a check. */
  private static final int UPDATES = 4;

  /** Where f32 and f64 may differ, after a few updates. */
  private static final double SINGLE = 1e-4;

  private static final Map<String, Shape> SHAPES = new LinkedHashMap<>();

  static {
    SHAPES.put("scalar", Shape.of());
    SHAPES.put("bias", Shape.of(5));
    SHAPES.put("weight", Shape.of(3, 4));
    SHAPES.put("kernel", Shape.of(2, 3, 2));
  }

  /**
   * @throws EngramException when the optimizer is not new each time
   */
  public OptimizerChecks {
    Given.given("OptimizerChecks", "optimizer", optimizer);
    if (optimizer.get().equals(optimizer.get())) {
      throw new EngramException(
          "OptimizerChecks: the supplier gives the same optimizer twice, expected a new one each time (%s); make it with new in the lambda"
              .formatted(SourceLocation.here()));
    }
  }

  /** Numbers that f16 and bf16 hold too, so that all types start from the same ones. */
  private static Tensor drawn(int seed, Shape shape, DType dtype) {
    Tensor x = RandomTensors.normal(RandomKey.of(seed), shape, DType.F64);
    return x.mul(16).round().div(16).cast(dtype);
  }

  private static Map<String, Tensor> all(int seed, DType dtype) {
    Map<String, Tensor> out = new LinkedHashMap<>();
    SHAPES.forEach((path, shape) -> out.put(path, drawn(seed + 10 * out.size(), shape, dtype)));
    return out;
  }

  private static States weights(DType dtype) {
    Map<String, State> out = new LinkedHashMap<>();
    all(1, dtype).forEach((path, w) -> out.put(path, State.parameter(w)));
    return new States(out);
  }

  /** An optimizer with the weights that it updates. */
  private record Run(Optimizer optimizer, States weights) {
    void update(int from, int to, DType dtype) {
      for (int t = from; t < to; t++) {
        optimizer.update(new Grads(all(100 + t, dtype)));
      }
    }

    Object values() {
      return List.of(weights.snapshot(), optimizer.states().snapshot());
    }
  }

  private Run run(DType dtype) {
    Run r = new Run(optimizer.get(), weights(dtype));
    r.optimizer.register(r.weights);
    return r;
  }

  private Run withMasters(DType dtype) {
    Run r = new Run(optimizer.get(), weights(dtype));
    r.optimizer.registerWithMasters(r.weights);
    return r;
  }

  /** Checks that two optimizers that do the same have the same bits. */
  public void repeats() {
    Run one = run(DType.F32);
    Run two = run(DType.F32);
    one.update(0, UPDATES, DType.F32);
    two.update(0, UPDATES, DType.F32);
    Close.sameBits("the same updates again", two.values(), one.values());
  }

  /**
   * Checks that an optimizer that has loaded the saved states of another goes on as that one, to
   * the bit; also with masters of 16-bit weights.
   *
   * @throws IOException when a temporary file cannot be written
   */
  public void resuming() throws IOException {
    resuming(run(DType.F64), run(DType.F64), DType.F64);
    resuming(withMasters(DType.F16), withMasters(DType.F16), DType.F16);
  }

  private static void resuming(Run first, Run again, DType dtype) throws IOException {
    first.update(0, UPDATES, dtype);
    Path file = Files.createTempFile("optimizer", ".safetensors");
    try {
      first.optimizer.states().save(file);
      again.optimizer.states().load(file);
    } finally {
      Files.delete(file);
    }
    again.weights.copyFrom(first.weights);
    first.update(UPDATES, 2 * UPDATES, dtype);
    again.update(UPDATES, 2 * UPDATES, dtype);
    Close.sameBits(dtype + " after loading", again.values(), first.values());
  }

  /**
   * Checks that updates with gradients of 0 keep weights and states finite, also for weights of 0
   * and without elements.
   */
  public void zeroGradients() {
    for (DType dtype : List.of(DType.F64, DType.F32, DType.F16)) {
      Map<String, State> all = new LinkedHashMap<>(weights(dtype).byPath());
      all.put("zero", State.parameter(HostTensor.full(TensorType.of(dtype, 2, 3), 0)));
      all.put("empty", State.parameter(HostTensor.full(TensorType.of(dtype, 0, 3), 0)));
      Run r = new Run(optimizer.get(), new States(all));
      r.optimizer.register(r.weights);
      for (int t = 0; t < UPDATES; t++) {
        r.optimizer.update(Grads.zeros(r.weights));
      }
      finite(dtype, r.weights);
      finite(dtype, r.optimizer.states());
    }
  }

  private static void finite(DType dtype, States states) {
    states
        .byPath()
        .forEach(
            (path, s) -> {
              if (s.type().dtype().isFloat()) {
                Close.finite(dtype + " " + path + " after gradients of 0", s.value());
              }
            });
  }

  /**
   * Checks that {@code updates} updates lower the loss {@code Σ (w - 1)² / 2}.
   *
   * @param updates enough for the rate of the optimizer
   */
  public void descends(int updates) {
    Ranges.atLeastOne("OptimizerChecks.descends", "updates", updates);
    Run r = run(DType.F64);
    double first = loss(r.weights);
    Fn1<Tensor, Tensor> step =
        Engram.jit(
            one -> {
              Map<String, Tensor> g = new LinkedHashMap<>();
              r.weights.byPath().forEach((path, w) -> g.put(path, w.value().sub(one)));
              r.optimizer.update(new Grads(g));
              return one;
            });
    for (int t = 0; t < updates; t++) {
      step.apply(HostTensor.of(new double[] {1}).reshape());
    }
    double last = loss(r.weights);
    if (!(last < first)) {
      throw new AssertionError(
          "the loss Σ (w - 1)²/2 is %s after %d updates, expected less than %s at the start"
              .formatted(last, updates, first));
    }
  }

  private static double loss(States weights) {
    return weights.values().stream()
        .mapToDouble(w -> w.value().sub(1).square().sum().mul(0.5).host().item())
        .sum();
  }

  /**
   * Checks that weights in f32 move as those in f64, and that 16-bit weights with masters are
   * theirs, rounded; that no weight changes its type, and that each moves.
   */
  public void types() {
    Run exact = run(DType.F64);
    exact.update(0, UPDATES, DType.F64);
    States start = weights(DType.F64);
    for (DType dtype : List.of(DType.F32, DType.F16, DType.BF16)) {
      Run r = withMasters(dtype);
      r.update(0, UPDATES, dtype);
      double rounding =
          switch (dtype) {
            case F16 -> 0x1p-11;
            case BF16 -> 0x1p-8;
            default -> 0;
          };
      r.weights
          .byPath()
          .forEach(
              (path, w) -> {
                String what = dtype + " " + path;
                if (w.type().dtype() != dtype) {
                  throw new AssertionError(what + " has become " + w.type());
                }
                Tensor want = exact.weights.get(path).value();
                Close.check(what, w.value().cast(DType.F64), want, SINGLE + rounding);
                if (want.eq(start.get(path).value()).all().host().item() == 1) {
                  throw new AssertionError(path + " has not moved");
                }
              });
    }
  }

  /**
   * Checks that compiled updates are those outside of a compiled function up to rounding, on every
   * backend that has a device, and the same bits each time.
   */
  public void backends() {
    Run plain = run(DType.F64);
    plain.update(0, UPDATES, DType.F64);
    for (String name : FunctionChecks.runners()) {
      Run one = compiled(name);
      Close.checkTrees(name, one.values(), plain.values());
      Close.sameBits(name, compiled(name).values(), one.values());
    }
  }

  private Run compiled(String backend) {
    Run r = run(DType.F64);
    Fn1<Map<String, Tensor>, Map<String, Tensor>> step =
        Engram.jit(
            new Compiler(backend),
            g -> {
              r.optimizer.update(new Grads(g));
              return g;
            });
    for (int t = 0; t < UPDATES; t++) {
      step.apply(all(100 + t, DType.F64));
    }
    return r;
  }
}
