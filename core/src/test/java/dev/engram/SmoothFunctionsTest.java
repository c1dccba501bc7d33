package dev.engram;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.loss.Losses;
import dev.engram.nn.Activations;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Smooth functions that are composed of nonsmooth pieces: at the joints their derivatives of first,
 * second and third order are those of the mathematical function.
 */
class SmoothFunctionsTest {
  /**
   * @param slope the first derivative on paper
   * @param orders how many derivatives the function has at 0
   */
  private record Case(Fn1<Tensor, Tensor> f, DoubleUnaryOperator slope, int orders) {}

  private static final Map<String, Case> CASES = new LinkedHashMap<>();

  private static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  private static void put(String name, Fn1<Tensor, Tensor> f, DoubleUnaryOperator slope) {
    CASES.put(name, new Case(f, slope, 3));
  }

  static {
    put("softplus", Tensor::softplus, SmoothFunctionsTest::sigmoid);
    put("logSigmoid", Activations::logSigmoid, x -> sigmoid(-x));
    put("logAddExp(x, 0)", x -> x.logAddExp(x.like(0)), SmoothFunctionsTest::sigmoid);
    put("logAddExp(0, x)", x -> x.like(0).logAddExp(x), SmoothFunctionsTest::sigmoid);
    put(
        "logAddExp of three",
        x -> x.logAddExp(x.like(0)).logAddExp(x.neg()),
        x -> (Math.exp(x) - Math.exp(-x)) / (Math.exp(x) + 1 + Math.exp(-x)));
    put(
        "logSumExp",
        x -> Tensor.concat(0, x.reshape(1), x.reshape(1).like(0)).logSumExp(),
        SmoothFunctionsTest::sigmoid);
    put(
        "cumLogSumExp",
        x -> Tensor.concat(0, x.reshape(1), x.reshape(1).like(0)).cumLogSumExp(0).get(1),
        SmoothFunctionsTest::sigmoid);
    put(
        "binaryCrossEntropy with 1",
        x -> Losses.binaryCrossEntropy(x, x.like(1)),
        x -> sigmoid(x) - 1);
    put(
        "binaryCrossEntropy with 0.3",
        x -> Losses.binaryCrossEntropy(x, x.like(0.3)),
        x -> sigmoid(x) - 0.3);
    put("sigmoid", Tensor::sigmoid, x -> sigmoid(x) * sigmoid(-x));
    put("tanh", Tensor::tanh, x -> 1 / (Math.cosh(x) * Math.cosh(x)));
    put("silu", Activations::silu, x -> sigmoid(x) * (1 + x * sigmoid(-x)));
    put(
        "softmax",
        x -> Tensor.concat(0, x.reshape(1), x.reshape(1).like(0)).softmax(0).get(0),
        x -> sigmoid(x) * sigmoid(-x));
    put(
        "mish",
        Activations::mish,
        x -> {
          double t = Math.tanh(Math.log1p(Math.exp(x)));
          return t + x * (1 - t * t) * sigmoid(x);
        });
    put(
        "gelu",
        Activations::gelu,
        x -> {
          double c = Math.sqrt(2 / Math.PI);
          double t = Math.tanh(c * (x + 0.044715 * x * x * x));
          return (1 + t) / 2 + x * (1 - t * t) / 2 * c * (1 + 3 * 0.044715 * x * x);
        });
    put("huber", x -> Losses.huber(x, x.like(0), 2), x -> Math.max(-2, Math.min(x, 2)));
    put("squaredError", x -> Losses.squaredError(x, x.like(0)), x -> 2 * x);
    put(
        "logSumExp of equals",
        x -> x.expandDims(0).mul(HostTensor.of(new double[] {1, 1}, 2)).logSumExp(),
        x -> 1);
    // elu and softsign are differentiable only once at 0.
    CASES.put("elu", new Case(x -> Activations.elu(x, 1), x -> x > 0 ? 1 : Math.exp(x), 1));
    CASES.put(
        "softsign",
        new Case(Activations::softsign, x -> 1 / ((1 + Math.abs(x)) * (1 + Math.abs(x))), 1));
  }

  static Stream<String> names() {
    return CASES.keySet().stream();
  }

  private static double at(Fn1<Tensor, Tensor> f, double x) {
    return f.apply(HostTensor.of(new double[] {x})).host().item();
  }

  @ParameterizedTest
  @MethodSource("names")
  void derivatives(String name) {
    Case c = CASES.get(name);
    Fn1<Tensor, Tensor> first = Engram.grad((Tensor x) -> c.f.apply(x));
    Fn1<Tensor, Tensor> second = Engram.grad((Tensor x) -> first.apply(x));
    Fn1<Tensor, Tensor> forward = Engram.jacfwd((Tensor x) -> first.apply(x));
    Fn1<Tensor, Tensor> third = Engram.grad((Tensor x) -> second.apply(x));
    double h = 1e-4;
    for (double x : new double[] {0, 1e-3, -1e-3, 1.3, -1.3, 30, -30}) {
      DoubleUnaryOperator s = c.slope;
      assertEquals(s.applyAsDouble(x), at(first, x), 1e-12, name + "' at " + x);
      if (x != 0 || c.orders > 1) {
        double bend = (s.applyAsDouble(x + h) - s.applyAsDouble(x - h)) / (2 * h);
        assertEquals(bend, at(second, x), 1e-7, name + "'' at " + x);
        assertEquals(bend, at(forward, x), 1e-7, name + "'', forward, at " + x);
        double more =
            (s.applyAsDouble(x + h) - 2 * s.applyAsDouble(x) + s.applyAsDouble(x - h)) / (h * h);
        assertEquals(more, at(third, x), 1e-6, name + "''' at " + x);
      }
    }
  }

  /** Control: the same value, from pieces that disagree about the tie. */
  @Test
  void piecesByMaxAndAbsLoseTheirSecondDerivative() {
    Fn1<Tensor, Tensor> pieces = x -> x.relu().add(x.abs().neg().exp().log1p());
    Fn1<Tensor, Tensor> first = Engram.grad(pieces);
    Fn1<Tensor, Tensor> second = Engram.grad((Tensor x) -> first.apply(x));
    assertEquals(Math.log(2), at(pieces, 0), 1e-12);
    assertEquals(0.5, at(first, 0), 1e-12);
    assertNotEquals(0.25, at(second, 0), 1e-3);
  }

  @Test
  void hessianOfATie() {
    Tensor three = HostTensor.of(new double[] {0, 0, 0}, 3);
    Tensor h =
        Engram.hessian((Tensor x) -> x.get(0).logAddExp(x.get(1)).logAddExp(x.get(2))).apply(three);
    for (int i = 0; i < 9; i++) {
      assertEquals(i % 4 == 0 ? 2 / 9.0 : -1 / 9.0, h.host().getDouble(i), 1e-15);
    }
  }
}
