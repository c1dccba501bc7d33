package dev.engram.etrace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.etrace.Exactness.Argument;
import dev.engram.etrace.Omission.Kind;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** What is said of each weight's gradient, for each way in which a rule can leave something out. */
class VerdictsTest {
  private static final int N = 4;

  private static Report report(Rule rule, Consumer<Steps> model) {
    Steps s = new Steps();
    model.accept(s);
    return s.online(rule).report();
  }

  private static String of(String weight, Rule rule, Consumer<Steps> model) {
    return report(rule, model).exactnessOf(weight).orElseThrow().toString();
  }

  private static Kind kind(String weight, Rule rule, Consumer<Steps> model) {
    return switch (report(rule, model).exactnessOf(weight).orElseThrow()) {
      case Exactness.Approximate(String _, List<Omission> o) -> o.getFirst().kind();
      case Exactness.Exact e -> throw new AssertionError(e.toString());
    };
  }

  private static List<Argument> arguments(String weight, Rule rule, Consumer<Steps> model) {
    return switch (report(rule, model).exactnessOf(weight).orElseThrow()) {
      case Exactness.Exact(String _, List<Argument> a) -> a;
      case Exactness.Approximate a -> throw new AssertionError(a.toString());
    };
  }

  /** One leaky state, which a readout reads. */
  private static void leaky(Steps s) {
    Tensor x = s.input(3);
    Tensor fresh = s.hidden("h", N).mul(0.5).add(x.matmul(s.weight("w", 3, N)).tanh());
    s.result(fresh.matmul(s.weight("out", N, 2))).set("h", fresh);
  }

  /** Two leaky states, the second of which sees the first through a weight. */
  private static void stacked(Steps s) {
    Tensor x = s.input(3);
    Tensor low = s.hidden("low", N).mul(0.5).add(x.matmul(s.weight("w", 3, N)));
    Tensor high = s.hidden("high", N).mul(0.8).add(low.tanh().matmul(s.weight("u", N, N)));
    s.result(high.sin()).set("low", low).set("high", high);
  }

  private static void recurrent(Steps s) {
    Tensor x = s.input(3);
    Tensor h = s.hidden("h", N);
    Tensor data = Tensor.concat(0, x, h);
    s.set("h", h.mul(0.5).add(data.matmul(s.weight("w", 3 + N, N)).tanh()));
  }

  @Test
  void aDiagonalRecurrenceIsExact() {
    assertEquals(
        "w: exact, each position of its states comes back to itself alone",
        of("w", Rule.dRtrl(), VerdictsTest::leaky));
    assertEquals(
        "out: exact, its influence ends with the step",
        of("out", Rule.dRtrl(), VerdictsTest::leaky));
    Report r = report(Rule.dRtrl(), VerdictsTest::leaky);
    assertTrue(r.isExact());
    r.require(Strictness.EXACT);
    assertEquals(Optional.empty(), r.exactnessOf("nobody"));
  }

  @Test
  void theLayerAboveRemembers() {
    Report r = report(Rule.dRtrl(), VerdictsTest::stacked);
    assertEquals(
        List.of(
            "w: approximate, leaves out the memory of high (Model.java:7)",
            "u: exact, each position of its states comes back to itself alone"),
        r.gradients().stream().map(Exactness::toString).toList());
    assertTrue(r.isComplete(), "it has a trace, and no exclusion says so");
    assertTrue(r.toString().contains("\ngradient of w: approximate, leaves out"), r::toString);
    String why =
        assertThrows(EtraceException.class, () -> r.require(Strictness.EXACT)).getMessage();
    assertEquals(
        """
        strict mode: gradients that are not exact:
          w: approximate, leaves out the memory of high (Model.java:7)
        exact instead:
          Rtrl, or BPTT by Engram.grad over the sequence
        or accept a use as it is with .untraced()\
        """,
        why);
    r.require(Strictness.ALL);
    assertEquals(List.of(Argument.FULL), arguments("w", Rule.rtrl(), VerdictsTest::stacked));
  }

  @Test
  void aWeightSharedByTwoLayersLeavesOutTheUpperOne() {
    assertEquals(
        "w: approximate, leaves out the memory of high (Model.java:7)",
        of(
            "w",
            Rule.dRtrl(),
            s -> {
              Tensor w = s.weight("w", N, N);
              Tensor low = s.hidden("low", N).mul(0.5).add(s.input(N).matmul(w));
              Tensor high = s.hidden("high", N).mul(0.8).add(low.tanh().matmul(w));
              s.set("low", low).set("high", high);
            }));
  }

  @Test
  void aRecurrentWeightMixesPositions() {
    assertEquals(
        "w: approximate, leaves out how h comes back through dot at Model.java:7",
        of("w", Rule.dRtrl(), VerdictsTest::recurrent));
    assertEquals(
        "w: approximate, leaves out how positions of h reach each other",
        of("w", Rule.ostlRecurrent(), VerdictsTest::recurrent));
    assertEquals(
        "w: approximate, leaves out positions of h that are more steps away",
        of("w", Rule.snAp(1), VerdictsTest::recurrent));
    assertEquals(
        List.of(Argument.SATURATED), arguments("w", Rule.snAp(2), VerdictsTest::recurrent));
  }

  /** h[i] sees h[i+1] alone, so that the last one is 3 steps away from the first. */
  @Test
  void aPatternIsSaturatedWhenNoStepReachesMore() {
    Consumer<Steps> chain =
        s -> {
          double[] ones = new double[N * N];
          for (int i = 1; i < N; i++) {
            ones[i * N + i - 1] = 1;
          }
          Tensor h = s.hidden("h", N);
          Tensor w = s.weight("w", N, N).mul(HostTensor.of(ones, N, N));
          s.set("h", h.mul(0.5).add(h.matmul(w).add(s.input(N)).tanh()));
        };
    for (int n = 1; n <= N; n++) {
      Report r = report(Rule.snAp(n), chain);
      assertEquals(n == N, r.isExact(), "n=" + n + ": " + r);
    }
  }

  @Test
  void pathsWithoutATrace() {
    assertEquals(
        Kind.SECOND_PATH,
        kind(
            "w",
            Rule.snAp(2),
            s -> {
              Tensor y = s.input(3).matmul(s.weight("w", 3, N));
              Tensor h = s.hidden("h", N);
              s.set("h", h.mul(0.5).add(y).add(y.sin().matmul(s.weight("u", N, N))));
            }));
    Consumer<Steps> behind =
        s -> {
          Tensor y = s.input(3).matmul(s.weight("w", 3, N)).tanh();
          s.set("h", s.hidden("h", N).mul(0.5).add(y.matmul(s.weight("u", N, N))));
        };
    assertEquals(
        "w: approximate, leaves out its memory in h, reached through dot at Model.java:7",
        of("w", Rule.dRtrl(), behind));
    assertEquals(List.of(Argument.DIAGONAL), arguments("u", Rule.dRtrl(), behind));
    assertEquals(
        Kind.KEPT_WEIGHT,
        kind(
            "w",
            Rule.dRtrl(),
            s -> {
              Tensor h = s.hidden("h", N);
              Tensor v = s.hidden("v", N);
              Tensor w = s.weight("w", N);
              s.set("h", h.mul(0.5).add(v).add(s.input(N).mul(s.weight("u", N))));
              s.set("v", w.abs());
            }));
  }

  @Test
  void aMarkedUseIsAccepted() {
    Consumer<Steps> marked =
        s -> {
          Tensor y = s.input(3).matmul(s.weight("w", 3, N).untraced());
          s.set("h", s.hidden("h", N).mul(0.5).add(y).add(s.weight("b", N)));
        };
    assertEquals(
        "w: approximate, leaves out its memory in h, being marked untraced at Model.java:7",
        of("w", Rule.dRtrl(), marked));
    assertFalse(report(Rule.dRtrl(), marked).isExact());
    report(Rule.dRtrl(), marked).require(Strictness.EXACT);
    // Where it reaches no state nothing is left out.
    assertEquals(
        List.of(Argument.ENDS_WITH_STEP),
        arguments(
            "out",
            Rule.dRtrl(),
            s -> {
              Tensor h = s.hidden("h", N).mul(0.5).add(s.input(N).mul(s.weight("w", N)));
              s.result(h.matmul(s.weight("out", N, 2).untraced())).set("h", h);
            }));
  }

  @Test
  void aResultOfTheOldState() {
    Consumer<Steps> old =
        s -> {
          Tensor h = s.hidden("h", N);
          s.result(h.sin()).set("h", h.mul(0.5).add(s.input(3).matmul(s.weight("w", 3, N))));
        };
    assertEquals(
        "w: approximate, leaves out what results take from h as it was before the step"
            + " (Model.java:7)",
        of("w", Rule.dRtrl(), old));
    assertEquals(
        List.of(Argument.DIAGONAL), arguments("w", Rule.dRtrl().with(new Schedule.Window(1)), old));
    assertEquals(List.of(Argument.FULL), arguments("w", Rule.rtrl(), old));
  }

  @Test
  void aStateThatIsNotHiddenHandsOn() {
    Consumer<Steps> twoInARow =
        s -> {
          Tensor h = s.hidden("h", N);
          Tensor first = s.other("first", N);
          Tensor second = s.other("second", N);
          Tensor fresh = h.mul(0.5).add(s.input(3).matmul(s.weight("w", 3, N)));
          s.result(fresh.add(second)).set("h", fresh).set("first", fresh).set("second", first);
        };
    for (Rule rule : List.of(Rule.dRtrl(), Rule.rtrl())) {
      assertEquals(
          "w: approximate, leaves out what first hands on, which is no hidden state",
          of("w", rule, twoInARow));
    }
    // And a warning names it, as it does one alone.
    assertEquals(
        List.of(List.of("first")),
        report(Rule.dRtrl(), twoInARow).warnings().stream().map(Diagnostic::hidden).toList());
  }

  @Test
  void nothingIsLeftOutOfNothing() {
    assertEquals(
        List.of(Argument.NO_DERIVATIVE),
        arguments(
            "v",
            Rule.dRtrl(),
            s -> {
              Tensor y = s.input(3).matmul(s.weight("v", 3, N).stopGradient());
              s.set("h", s.hidden("h", N).mul(0.5).add(y).add(s.weight("b", N)));
            }));
    Consumer<Steps> forgetful =
        s -> {
          Tensor h = s.hidden("h", N).stopGradient();
          s.set("h", h.mul(0.5).add(s.input(3).matmul(s.weight("w", 3, N))));
        };
    for (Rule rule : List.of(Rule.dRtrl(), Rule.dRtrl().with(new Recursion.None()))) {
      assertEquals(List.of(Argument.NOT_REMEMBERED), arguments("w", rule, forgetful));
    }
  }

  @Test
  void rulesThatPutSomethingInThePlaceOfAPart() {
    Rule d = Rule.dRtrl();
    assertEquals(Kind.NO_RECURSION, replaced(d.with(new Recursion.None())));
    assertEquals(Kind.LEAK, replaced(d.with(new Recursion.Leak(0.5))));
    assertEquals(Kind.FACTORIZATION, replaced(Rule.ppProp(Factorization.InputOutput.decay(0.9))));
    assertEquals(Kind.PROJECTION, replaced(Rule.uoro()));
    assertEquals(Kind.PROJECTION, replaced(d.with(new Factorization.RandomProjection())));
    assertEquals(Kind.FEEDBACK, replaced(d.with(new LearningSignal.RandomFeedback())));
    assertEquals(Kind.MODULATOR, replaced(Rule.threeFactor()));
    LearningSignal.Custom signs = x -> x.derivative().sign();
    assertEquals(Kind.SIGNAL, replaced(d.with(signs)));
    assertEquals(Kind.PREDICTION, replaced(Rule.dni()));
    assertEquals(Kind.FILTER, replaced(Rule.eProp(0.5)));
    assertEquals(List.of(Argument.DIAGONAL), arguments("w", Rule.eProp(0), VerdictsTest::leaky));
  }

  private static Kind replaced(Rule rule) {
    // A readout is exact under each rule.
    assertEquals(List.of(Argument.ENDS_WITH_STEP), arguments("out", rule, VerdictsTest::leaky));
    return kind("w", rule, VerdictsTest::leaky);
  }

  @Test
  void everyKindHasWordsAndAFix() {
    Set<String> words = new java.util.HashSet<>();
    for (Kind kind : EnumSet.allOf(Kind.class)) {
      words.add(Omission.of(kind, List.of("h")).words());
      assertFalse(kind.fix().isEmpty());
    }
    assertEquals(Kind.values().length, words.size());
  }

  /** A derivative of its own that mixes positions makes a path that traces cannot follow. */
  @Test
  void aDerivativeThatMixesPositionsIsNoCleanPath() {
    Steps s = new Steps();
    TensorType t = TensorType.of(DType.F64, N);
    Tensor h = s.hidden("h", N);
    Tensor fresh = s.mixingDerivative(h.mul(0.5), t);
    s.set("h", fresh.add(s.input(3).matmul(s.weight("w", 3, N))));
    Report r = s.online(Rule.dRtrl()).report();
    assertFalse(r.isExact(), r::toString);
  }
}
