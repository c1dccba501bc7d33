package dev.engram.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Engram;
import dev.engram.Fn1;
import dev.engram.Layer;
import dev.engram.Network;
import dev.engram.Pair;
import dev.engram.RandomKey;
import dev.engram.RandomTensors;
import dev.engram.State;
import dev.engram.etrace.Rule;
import dev.engram.ir.DType;
import dev.engram.ir.EngramException;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.nn.GruCell;
import dev.engram.optim.LearningRate;
import dev.engram.optim.Optimizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** Each check passes what is right, and finds a planted fault. */
class ChecksTest {
  private static final Tensor X = normal(1, 4);
  private static final Tensor XS = normal(2, 4, 3, 2);
  private static final Fn1<Tensor, Tensor> LOSS = out -> out.square().sum();

  /** A square with a derivative that is 1 per cent off. */
  private static final Fn1<Tensor, Tensor> WRONG =
      Engram.customJvp(
          (Tensor x) -> x.square(), (x, dx) -> new Pair<>(x.square(), x.mul(2.02).mul(dx)));

  private static Tensor normal(int seed, int... dims) {
    return RandomTensors.normal(RandomKey.of(seed), Shape.of(dims), DType.F64);
  }

  private static void fails(String words, Runnable check) {
    AssertionError e = assertThrows(AssertionError.class, check::run);
    assertTrue(e.getMessage().contains(words), e.getMessage());
  }

  @Test
  void functions() {
    Fn1<Tensor, Tensor> f = x -> x.tanh().mul(x.sum());
    FunctionChecks.derivatives(f, X);
    FunctionChecks.derivatives(x -> x.exp().sum(), X);
    FunctionChecks.batches(f, XS.get(0));
    FunctionChecks.backends(f, X);
    fails("against differences: element", () -> FunctionChecks.derivatives(WRONG, X));
    assertThrows(EngramException.class, () -> FunctionChecks.derivatives(f, X.cast(DType.F32)));
  }

  /** Gradient descent, with a fault. */
  private static final class Faulty extends Optimizer {
    private final Fault fault;
    private int calls;

    Faulty(Fault fault) {
      super(LearningRate.constant(0.1), 0);
      this.fault = fault;
    }

    @Override
    protected void registered(String path, State weight) {}

    @Override
    protected Tensor direction(String path, Tensor weight, Tensor grad) {
      return switch (fault) {
        case NONE -> grad;
        case UPHILL -> grad.neg();
        case FIELD -> grad.mul(1 + ++calls);
        case NAN -> grad.div(grad.abs()).add(grad);
        case STATIC -> grad.mul(1 + ALL.incrementAndGet());
        case TYPES -> grad.dtype() == DType.F64 ? grad : grad.mul(1.1);
        case STANDS -> grad.mul(0);
      };
    }
  }

  private enum Fault {
    NONE,
    UPHILL,
    FIELD,
    NAN,
    STATIC,
    TYPES,
    STANDS
  }

  private static final AtomicInteger ALL = new AtomicInteger();

  private static OptimizerChecks optimizer(Fault fault) {
    return new OptimizerChecks(() -> new Faulty(fault));
  }

  private static void resume(OptimizerChecks checks) {
    try {
      checks.resuming();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void optimizers() {
    OptimizerChecks sound = optimizer(Fault.NONE);
    sound.repeats();
    resume(sound);
    sound.zeroGradients();
    sound.descends(10);
    sound.types();
    sound.backends();
    fails("the same updates again", () -> optimizer(Fault.STATIC).repeats());
    fails("after loading", () -> resume(optimizer(Fault.FIELD)));
    fails("after gradients of 0", () -> optimizer(Fault.NAN).zeroGradients());
    fails("after 10 updates, expected less than", () -> optimizer(Fault.UPHILL).descends(10));
    fails("f32 ", () -> optimizer(Fault.TYPES).types());
    fails("has not moved", () -> optimizer(Fault.STANDS).types());
    fails(": element", () -> optimizer(Fault.FIELD).backends());
    Faulty one = new Faulty(Fault.NONE);
    assertThrows(EngramException.class, () -> new OptimizerChecks(() -> one));
  }

  @Test
  void aFunctionOfTheWholeBatchIsFound() {
    int[] calls = {0};
    // each call gives something else, so that a batch is no loop
    Fn1<Tensor, Tensor> f = x -> x.add(calls[0]++);
    fails("the batch: element", () -> FunctionChecks.batches(f, XS.get(0)));
    fails("element", () -> FunctionChecks.backends(f, X));
  }

  private static Layer gru() {
    return new GruCell(2, 3, RandomKey.of(3), DType.F64);
  }

  private static ModelChecks<Tensor, Tensor> checks(Supplier<? extends Layer> model) {
    return new ModelChecks<>(model, XS, LOSS);
  }

  @Test
  void aRightModelPassesAll() throws IOException {
    ModelChecks<Tensor, Tensor> checks = checks(ChecksTest::gru);
    checks.gradients();
    checks.batches();
    checks.backends();
    checks.resuming();
    assertEquals(List.of(), checks.learning(Rule.rtrl()));
    assertTrue(checks.learning(Rule.dRtrl()).contains("Wh.weight"));
  }

  /** {@code h ← f(w x + h)}. */
  private static final class Accumulator extends Layer {
    private final State w = parameter(normal(4, 2));
    private final State h = hidden(() -> HostTensor.of(new double[2], 2));
    private final Fn1<Tensor, Tensor> f;
    private final double noise;

    Accumulator(Fn1<Tensor, Tensor> f, double noise) {
      this.f = f;
      this.noise = noise;
    }

    @Override
    public Tensor update(Tensor x) {
      h.set(f.apply(w.value().mul(x).add(h.value())));
      return h.value().add(noise);
    }
  }

  @Test
  void aWrongDerivativeOfAModelIsFound() {
    checks(() -> new Accumulator(Tensor::square, 0)).gradients();
    fails(
        "the gradient of w against differences",
        () -> checks(() -> new Accumulator(WRONG, 0)).gradients());
  }

  @Test
  void aModelThatIsAnotherEachTimeIsFound() {
    int[] made = {0};
    Supplier<Layer> model = () -> new Accumulator(Tensor::tanh, 0.1 * made[0]++);
    fails("the outputs of example 0", () -> checks(model).batches());
    fails("element", () -> checks(model).backends());
    assertThrows(AssertionError.class, () -> checks(model).resuming());
  }

  @Test
  void smallAndUndefinedDerivativesAreCompared() {
    Fn1<Tensor, Tensor> small = x -> x.stopGradient().mul(5e-8).add(x.mul(1e-3));
    fails("against differences: element", () -> FunctionChecks.derivatives(small, X));
    Tensor positive = X.abs().add(1);
    fails(
        "expected a finite number",
        () -> FunctionChecks.derivatives(x -> x.neg().sqrt(), positive));
    assertThrows(
        EngramException.class,
        () -> FunctionChecks.derivatives(Tensor::tanh, HostTensor.of(new double[0], 0)));
    fails(
        "element 0 is",
        () ->
            Close.check(
                "integers",
                HostTensor.of(new long[] {(1L << 53) + 1}, 1),
                HostTensor.of(new long[] {1L << 53}, 1)));
  }

  @Test
  void aModelThatIsMadeOnceIsRefused() {
    Layer one = gru();
    EngramException e = assertThrows(EngramException.class, () -> checks(() -> one));
    assertTrue(e.getMessage().contains("the same model twice"), e.getMessage());
  }

  @Test
  void inputsNeedStepsAndExamples() {
    assertThrows(
        EngramException.class, () -> new ModelChecks<>(ChecksTest::gru, XS.get(0).get(0), LOSS));
    Supplier<Network<Tensor, Tensor>> narrow = () -> new GruCell(2, 3, RandomKey.of(3));
    assertThrows(
        EngramException.class,
        () -> new ModelChecks<>(narrow, XS.cast(DType.F32), LOSS).gradients());
  }
}
