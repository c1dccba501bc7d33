package dev.engram.autodiff;

import static dev.engram.autodiff.Oracle.f64;
import static dev.engram.autodiff.Oracle.graph;
import static dev.engram.autodiff.Oracle.random;
import static dev.engram.autodiff.Oracle.requireClose;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.interpret.Interpreter;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.ElementwiseRow;
import dev.engram.ir.op.RowSignature;
import dev.engram.ir.op.Rows;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.stream.Stream;
import org.apache.commons.math3.analysis.differentiation.DerivativeStructure;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every elementwise row with a derivative, against differences and against Commons Math. */
class RowsTest {
  private static final int SAMPLES = 64;
  private static int rows;
  private static int peers;

  /** The same function in Commons Math. */
  private static final Map<String, Function<List<DerivativeStructure>, DerivativeStructure>> PEER =
      Map.ofEntries(
          peer("add", x -> x.get(0).add(x.get(1))),
          peer("sub", x -> x.get(0).subtract(x.get(1))),
          peer("mul", x -> x.get(0).multiply(x.get(1))),
          peer("div", x -> x.get(0).divide(x.get(1))),
          peer("pow", x -> x.get(0).pow(x.get(1))),
          peer("atan2", x -> DerivativeStructure.atan2(x.get(0), x.get(1))),
          peer("neg", x -> x.get(0).negate()),
          peer("abs", x -> x.get(0).abs()),
          peer("exp", x -> x.get(0).exp()),
          peer("expm1", x -> x.get(0).expm1()),
          peer("log", x -> x.get(0).log()),
          peer("log1p", x -> x.get(0).log1p()),
          peer("sqrt", x -> x.get(0).sqrt()),
          peer("rsqrt", x -> x.get(0).sqrt().reciprocal()),
          peer("sin", x -> x.get(0).sin()),
          peer("cos", x -> x.get(0).cos()),
          peer("tan", x -> x.get(0).tan()),
          peer("exp2", x -> x.get(0).multiply(Math.log(2)).exp()),
          peer("log2", x -> x.get(0).log().divide(Math.log(2))),
          peer("log10", x -> x.get(0).log10()),
          peer("cbrt", x -> x.get(0).cbrt()),
          peer("hypot", x -> DerivativeStructure.hypot(x.get(0), x.get(1))),
          peer("asin", x -> x.get(0).asin()),
          peer("acos", x -> x.get(0).acos()),
          peer("atan", x -> x.get(0).atan()),
          peer("sinh", x -> x.get(0).sinh()),
          peer("cosh", x -> x.get(0).cosh()),
          peer("asinh", x -> x.get(0).asinh()),
          peer("acosh", x -> x.get(0).acosh()),
          peer("atanh", x -> x.get(0).atanh()),
          peer("tanh", x -> x.get(0).tanh()),
          peer("sigmoid", x -> x.get(0).negate().exp().add(1).reciprocal()),
          peer("softplus", x -> x.get(0).exp().log1p()),
          peer("max", x -> x.get(0).getValue() > x.get(1).getValue() ? x.get(0) : x.get(1)),
          peer("min", x -> x.get(0).getValue() < x.get(1).getValue() ? x.get(0) : x.get(1)));

  private static Map.Entry<String, Function<List<DerivativeStructure>, DerivativeStructure>> peer(
      String name, Function<List<DerivativeStructure>, DerivativeStructure> f) {
    return Map.entry(name, f);
  }

  static Stream<ElementwiseRow> rows() {
    return Rows.all().stream().filter(r -> !r.partials().isEmpty());
  }

  private static Graph graphOf(ElementwiseRow row) {
    List<TensorType> types = Collections.nCopies(row.arity(), f64(SAMPLES));
    return graph(row.name(), types, x -> Tensor.apply(new Elementwise(row), x));
  }

  private static List<HostTensor> samples(ElementwiseRow row) {
    SplittableRandom random = new SplittableRandom(row.name().hashCode());
    return Collections.nCopies(row.arity(), f64(SAMPLES)).stream()
        .map(t -> random(random, t, row.domain().low(), row.domain().high()))
        .toList();
  }

  @ParameterizedTest
  @MethodSource("rows")
  void derivative(ElementwiseRow row) {
    rows++;
    Trial t = Trial.of(row.name(), graphOf(row), samples(row)).sampledFrom(row.domain());
    t.first();
    if (!row.equals(Rows.REM)) { // its partial jumps wherever a/b passes an integer
      t.second();
    }
    t.batches();
    t.batchAndDifferentiate();
    if (PEER.containsKey(row.name())) {
      peers++;
      requireClose(row.name() + " in Commons Math", partials(row), commons(row), 1e-13);
    }
  }

  /** All partials, one after the other. */
  private static List<HostTensor> partials(ElementwiseRow row) {
    Graph v = Vjp.of(graphOf(row), Collections.nCopies(row.arity(), true));
    List<HostTensor> args = new ArrayList<>(samples(row));
    args.add(HostTensor.full(f64(SAMPLES), 1));
    List<HostTensor> out = Interpreter.run(v, args);
    return out.subList(1, out.size());
  }

  private static List<HostTensor> commons(ElementwiseRow row) {
    List<HostTensor> args = samples(row);
    List<HostTensor> out = new ArrayList<>();
    args.forEach(_ -> out.add(HostTensor.allocate(f64(SAMPLES))));
    for (int k = 0; k < SAMPLES; k++) {
      List<DerivativeStructure> x = new ArrayList<>();
      for (int i = 0; i < args.size(); i++) {
        x.add(new DerivativeStructure(args.size(), 1, i, args.get(i).getDouble(k)));
      }
      DerivativeStructure y = PEER.get(row.name()).apply(x);
      for (int i = 0; i < args.size(); i++) {
        int[] orders = new int[args.size()];
        orders[i] = 1;
        out.get(i).setDouble(k, y.getPartialDerivative(orders));
      }
    }
    return out;
  }

  @Test
  void everyFloatRowHasADerivativeOrNone() {
    List<String> without =
        Rows.all().stream()
            .filter(r -> !r.isDifferentiable() && !r.equals(Rows.SELECT))
            .map(ElementwiseRow::name)
            .toList();
    assertTrue(without.isEmpty(), () -> "rows without a rule: " + without);
  }

  /** Control: a wrong partial is found, by differences and by the peer. */
  @Test
  void aWrongPartialIsFound() {
    ElementwiseRow wrong =
        ElementwiseRow.of(
            "tanh",
            1,
            (a, _, _) -> Math.tanh(a),
            Rows.TANH.domain(),
            List.of((_, y) -> y.mul(y).sub(1)));
    Trial t = Trial.of("wrong tanh", graphOf(wrong), samples(wrong));
    assertThrows(Oracle.Disagreement.class, t::jvpIsDifference);
    assertThrows(
        Oracle.Disagreement.class,
        () -> requireClose("wrong", partials(wrong), commons(wrong), 1e-13));
  }

  /** Control: differences see through stopGradient, derivatives must not. */
  @Test
  void stoppedGradientDiffersFromDifferences() {
    Graph g = graph(List.of(f64(3)), x -> List.of(x.get(0).stopGradient().mul(x.get(0))));
    Trial t = Trial.of("stopped", g, 1);
    t.vjpIsTransposedJvp().linearizeIsJvp();
    assertThrows(Oracle.Disagreement.class, t::jvpIsDifference);
  }

  @Test
  void aRowWithoutPartialsIsAnErrorNotAZero() {
    ElementwiseRow bare =
        new ElementwiseRow(
            "mystery",
            1,
            RowSignature.FLOAT,
            (a, _, _) -> a,
            (a, _, _) -> a,
            List.of(),
            java.util.Optional.empty(),
            Rows.TANH.domain(),
            java.util.Set.of());
    Graph g = graphOf(bare);
    AutodiffException e = assertThrows(AutodiffException.class, () -> Vjp.of(g, List.of(true)));
    assertTrue(e.getMessage().contains("mystery") && e.getMessage().contains("partials"));
  }

  @AfterAll
  static void count() {
    System.out.println("rows: " + rows + " with partials, " + peers + " of them in Commons Math");
  }
}
