package dev.engram.tests.online;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Layer;
import dev.engram.State;
import dev.engram.etrace.Factorization;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.online.Learner;
import dev.engram.online.PpProp;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** pp-prop's correction {@code 1 - αⁿ} where α is so close to 1 that f32 rounds it to 1. */
class DecayNearOneTest {
  private static final double LEAK = 0.75;
  private static final double[] XS = {0.5, -1, 2, 0.25, 1.5, -0.5};

  /** {@code h ← 3/4 h + x w}, of one position. */
  private static final class Leaky extends Layer {
    private final State w;
    private final State h;

    Leaky(DType dtype) {
      w = parameter(HostTensor.full(TensorType.of(dtype, 1, 1), 0.5));
      h = hidden(() -> HostTensor.full(TensorType.of(dtype, 1), 0));
    }

    @Override
    public Tensor update(Tensor x) {
      Tensor next = h.value().mul(LEAK).add(x.matmul(w.value()));
      h.set(next);
      return next;
    }
  }

  /**
   * The rule by hand, for the loss h of each step: with α only for the output side, {@code εx ← x},
   * {@code εf ← α 3/4 εf + (1 - α)}, and the gradient is {@code Σ εf εx / (1 - αⁿ)}. The quotients
   * are sums of positive terms: {@code εf / (1-α) = Σ (α 3/4)ⁱ}, {@code (1 - αⁿ) / (1-α) = Σ αⁱ}.
   */
  private static double byHand(double alpha) {
    double sum = 0;
    double follows = 0;
    double weights = 0;
    for (double x : XS) {
      follows = alpha * LEAK * follows + 1;
      weights = alpha * weights + 1;
      sum += follows / weights * x;
    }
    return sum;
  }

  @TestFactory
  Stream<DynamicTest> theGradientIsTheRulesByHand() {
    return DoubleStream.of(0.5, 0.9, 0.9998, 1 - 1e-7, 1 - 0x1p-25, 1 - 1e-9, 1 - 1e-15)
        .boxed()
        .flatMap(
            alpha ->
                Stream.of(DType.F32, DType.F64)
                    .map(t -> DynamicTest.dynamicTest(alpha + " " + t, () -> check(alpha, t))));
  }

  private static void check(double alpha, DType dtype) {
    Leaky model = new Leaky(dtype);
    Tensor xs = HostTensor.of(XS, XS.length, 1, 1).cast(dtype);
    Factorization.InputOutput decays = new Factorization.InputOutput(1e-300, alpha);
    PpProp<Tensor, Tensor> learner =
        Learner.compile(model, m -> new PpProp<>(m, decays, d -> {}), xs.get(0));
    Tensor g = learner.grad(xs, xs, (out, x) -> out.sum()).grads().get("w");
    double want = byHand(alpha);
    double error = Math.abs(g.host().getDouble(0) - want) / Math.abs(want);
    assertTrue(error < (dtype == DType.F32 ? 2e-6 : 2e-14), g + " for " + want);
  }
}
