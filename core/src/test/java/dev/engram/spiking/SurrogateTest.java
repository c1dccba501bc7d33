package dev.engram.spiking;

import static dev.engram.nn.Plain.sigmoid;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Engram;
import dev.engram.Fn1;
import dev.engram.Pair;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;
import org.apache.commons.math3.distribution.NormalDistribution;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Surrogate derivatives against their published formulas; where a formula is the slope of a smooth
 * step, against the slope of that step, by differences.
 */
class SurrogateTest {
  private static final double[] AT = {-6, -2.3, -1.1, -0.7, -0.2, -1e-3, 1e-3, 0.3, 0.8, 1.4, 5};

  /**
   * @param want the published derivative
   */
  private record Case(Surrogate surrogate, DoubleUnaryOperator want) {}

  private static final Map<String, Case> CASES = new LinkedHashMap<>();

  private static void add(String name, Surrogate s, DoubleUnaryOperator want) {
    CASES.put(name, new Case(s, want));
  }

  static {
    add("straight through", Surrogate.straightThrough(), x -> 1);
    add("boxcar", Surrogate.boxcar(1.5), x -> Math.abs(x) < 0.75 ? 1 / 1.5 : 0);
    add("triangle", Surrogate.triangle(0.3, 2), x -> 0.3 * Math.max(0, 1 - Math.abs(x) / 2));
    add("sigmoid", Surrogate.sigmoid(4), slope(x -> sigmoid(4 * x)));
    add("arctan", Surrogate.arctan(2), slope(x -> Math.atan(Math.PI / 2 * 2 * x) / Math.PI));
    add("SuperSpike", Surrogate.superSpike(10), slope(x -> x / (1 + 10 * Math.abs(x))));
    add(
        "Gaussian",
        Surrogate.gaussian(0.5),
        slope(x -> new NormalDistribution(0, 0.5).cumulativeProbability(x)));
    add(
        "multi-Gaussian",
        Surrogate.multiGaussian(0.15, 6, 0.5),
        x ->
            1.15 * new NormalDistribution(0, 0.5).density(x)
                - 0.15 * new NormalDistribution(0.5, 3).density(x)
                - 0.15 * new NormalDistribution(-0.5, 3).density(x));
    add(
        "exponential",
        Surrogate.exponential(3),
        slope(x -> x < 0 ? Math.exp(3 * x) / 2 : 1 - Math.exp(-3 * x) / 2));
    add(
        "q-pseudo-spike",
        Surrogate.pseudoSpike(0.7, 3),
        x -> Math.pow(1 + 2.0 / (3 - 1) * Math.abs(0.7 * x), -3));
    add("leaky ReLU", Surrogate.leakyRelu(0.1), slope(x -> x > 0 ? x : 0.1 * x));
    add(
        "log-tailed ReLU",
        Surrogate.logTailedRelu(0.2),
        slope(x -> x <= 0 ? 0.2 * x : x <= 1 ? x : 1 + Math.log(x)));
    add(
        "S2NN",
        Surrogate.s2nn(4, 0.5),
        slope(x -> x < 0 ? sigmoid(4 * x) : 0.5 * Math.log1p(x) + 0.5));
    add("sign-log", Surrogate.signLog(2), slope(x -> Math.signum(x) * Math.log1p(Math.abs(2 * x))));
    add(
        "square wave",
        Surrogate.squareWave(3, 8),
        slope(
            x -> {
              double sum = 0;
              for (int k = 1; k <= 5; k += 2) {
                sum += Math.sin(2 * Math.PI * k * x / 8) / k;
              }
              return 0.5 + 2 / Math.PI * sum;
            }));
  }

  private static DoubleUnaryOperator slope(DoubleUnaryOperator step) {
    return x -> (step.applyAsDouble(x + 1e-5) - step.applyAsDouble(x - 1e-5)) / 2e-5;
  }

  @TestFactory
  List<DynamicTest> derivativesAreThePublishedOnes() {
    return CASES.entrySet().stream()
        .map(e -> DynamicTest.dynamicTest(e.getKey(), () -> check(e.getValue())))
        .toList();
  }

  private static void check(Case c) {
    HostTensor x = HostTensor.of(AT.clone(), AT.length);
    double[] want = new double[AT.length];
    double[] fired = new double[AT.length];
    for (int i = 0; i < AT.length; i++) {
      want[i] = c.want.applyAsDouble(AT[i]);
      fired[i] = AT[i] > 0 ? 1 : 0;
    }
    Tensor scale = HostTensor.of(new double[] {3});
    assertArrayEquals(fired, c.surrogate.spike(x).host().toDoubles());
    Tensor reverse = Engram.grad((Tensor y) -> c.surrogate.spike(y).mul(scale).sum()).apply(x);
    Tensor forward = Engram.jvp(c.surrogate::spike, x, x.like(2)).tangent();
    for (int i = 0; i < AT.length; i++) {
      assertEquals(3 * want[i], reverse.host().getDouble(i), 1e-5, "at " + AT[i]);
      assertEquals(2 * want[i], forward.host().getDouble(i), 1e-5, "at " + AT[i]);
    }
  }

  @Test
  void thereAreFifteenAndNoTwoAreTheSame() {
    assertEquals(15, CASES.size());
    HostTensor x = HostTensor.of(AT.clone(), AT.length);
    List<double[]> all =
        CASES.values().stream().map(c -> c.surrogate.derivative(x).host().toDoubles()).toList();
    for (int i = 0; i < all.size(); i++) {
      for (int j = 0; j < i; j++) {
        assertTrue(!Arrays.equals(all.get(i), all.get(j)));
      }
    }
  }

  @Test
  void theyScale() {
    HostTensor x = HostTensor.of(new double[] {0.5}, 1);
    assertEquals(0.6, Surrogate.straightThrough().times(0.6).derivative(x).host().item());
  }

  /** H' is used for the derivative of H wherever it occurs, also in the derivative of x H'. */
  @TestFactory
  List<DynamicTest> secondDerivativesHaveTheSpikesToo() {
    return CASES.keySet().stream()
        .map(name -> DynamicTest.dynamicTest(name, () -> second(CASES.get(name).surrogate())))
        .toList();
  }

  private static void second(Surrogate s) {
    // (x H)'' = 2 H' + x H''
    Fn1<Tensor, Tensor> f = x -> s.spike(x).mul(x);
    Fn1<Tensor, Tensor> first = Engram.grad(f);
    Fn1<Tensor, Tensor> reverse = Engram.grad((Tensor x) -> first.apply(x));
    Fn1<Tensor, Tensor> forward = Engram.jacfwd((Tensor x) -> first.apply(x));
    double h = 1e-5;
    for (double x : AT) {
      double bend = (at(s::derivative, x + h) - at(s::derivative, x - h)) / (2 * h);
      double slope = at(s::derivative, x);
      assertEquals((x > 0 ? 1 : 0) + x * slope, at(first, x), 1e-12);
      assertEquals(2 * slope + x * bend, at(reverse, x), 1e-6, "at " + x);
      assertEquals(2 * slope + x * bend, at(forward, x), 1e-6, "at " + x);
    }
  }

  private static double at(Fn1<Tensor, Tensor> f, double x) {
    return f.apply(HostTensor.of(new double[] {x})).host().item();
  }

  /** The same for any function with a custom derivative. */
  @Test
  void aRuleHoldsForTheValueInsideItself() {
    // A custom derivative of the constant 5 that is not its true derivative.
    Fn1<Tensor, Tensor> five =
        Engram.customJvp(
            (Tensor x) -> x.like(5), (Tensor x, Tensor dx) -> new Pair<>(x.like(5), dx.mul(3)));
    Fn1<Tensor, Tensor> square = x -> five.apply(x).square();
    Fn1<Tensor, Tensor> first = Engram.grad(square);
    assertEquals(2 * 5 * 3, at(first, 1));
    assertEquals(2 * 3 * 3, at(Engram.grad((Tensor x) -> first.apply(x)), 1));
  }
}
