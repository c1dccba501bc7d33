package dev.engram.etrace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.etrace.Diagnostic.Kind;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.op.Index;
import dev.engram.ir.op.Op;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** Groups, relations, exclusions and diagnostics of small steps. */
class AnalysisTest {
  private static final int N = 4;

  private final Steps s = new Steps();
  private final Tensor x = s.input(3);

  private static List<List<String>> groups(Report r) {
    return r.groups().stream().map(HiddenGroup::paths).toList();
  }

  private static List<Kind> kinds(List<Diagnostic> all) {
    return all.stream().map(Diagnostic::kind).toList();
  }

  @Test
  void statesTiedByPositionShareAGroup() {
    Tensor a = s.hidden("a", N);
    Tensor c = s.hidden("c", N);
    Tensor w = s.weight("w", 3, N);
    // a reads c across steps, d reads a's new value within the step, e stands alone
    Tensor d = s.hidden("d", N);
    Tensor e = s.hidden("e", N);
    Tensor fresh = a.mul(0.5).add(c.mul(0.1)).add(x.matmul(w));
    s.set("a", fresh).set("c", c.mul(0.9)).set("d", d.mul(0.3).add(fresh.sin()));
    s.set("e", e.mul(0.2).add(x.matmul(w)));
    Report r = s.report();
    assertEquals(List.of(List.of("a", "c", "d"), List.of("e")), groups(r));
    assertTrue(kinds(r.diagnostics()).contains(Kind.HIDDEN_GROUP_MERGED));
    assertTrue(r.isComplete());
  }

  @Test
  void aWeightBetweenStatesKeepsThemApart() {
    Tensor a = s.hidden("a", N);
    Tensor c = s.hidden("c", N);
    Tensor w = s.weight("w", 3, N);
    Tensor u = s.weight("u", N, N);
    Tensor fresh = a.mul(0.5).add(x.matmul(w));
    s.set("a", fresh).set("c", c.mul(0.9).add(fresh.matmul(u)));
    Report r = s.report();
    assertEquals(List.of(List.of("a"), List.of("c")), groups(r));
    // What w does to c goes through u's product.
    assertEquals(List.of("a"), r.relationsOf("w").getFirst().hidden());
    assertEquals(List.of("c"), r.relationsOf("u").getFirst().hidden());
  }

  @Test
  void aSecondPathThroughAnotherWeightIsNamed() {
    Tensor h = s.hidden("h", N);
    Tensor w = s.weight("w", 3, N);
    Tensor u = s.weight("u", N, N);
    Tensor y = x.matmul(w);
    s.set("h", h.mul(0.5).add(y).add(y.sin().matmul(u)));
    Report r = s.report();
    assertTrue(r.relationsOf("w").getFirst().partial());
    assertFalse(r.relationsOf("u").getFirst().partial());
    assertEquals(List.of(Kind.RELATION_PARTIAL_PATH), kinds(r.warnings()));
    assertFalse(r.isComplete());
  }

  @Test
  void aBiasRidesAlongWithItsProduct() {
    Tensor h = s.hidden("h", N);
    Tensor w = s.weight("w", 3, N);
    Tensor bias = s.weight("b", N);
    Tensor gain = s.weight("g", N);
    s.set("h", h.mul(0.5).add(x.matmul(w).add(bias).tanh().mul(gain)));
    Report r = s.report();
    assertEquals(
        List.of(List.of("w", "b"), List.of("g")),
        r.relations().stream().map(Relation::weights).toList());
    assertEquals(List.of("dot", "mul"), r.relations().stream().map(Relation::op).toList());
    assertEquals(Steps.LINE, r.relations().getFirst().where());
  }

  private Report excluded(UnaryOperator<Tensor> drive) {
    Tensor h = s.hidden("h", N);
    Tensor u = s.weight("u", 3, N);
    s.set("h", h.mul(0.5).add(x.matmul(u)).add(drive.apply(h)));
    return s.report();
  }

  private static Diagnostic of(Report r, Kind kind, String weight) {
    assertEquals(kind, r.exclusionsOf(weight).getFirst().reason());
    Diagnostic d = r.diagnostics().stream().filter(y -> y.kind() == kind).findFirst().orElseThrow();
    assertEquals(List.of(weight), d.weights());
    assertTrue(d.toString().contains("Model.java:7"), d::toString);
    assertFalse(r.isComplete());
    return d;
  }

  @Test
  void aWeightBehindAnotherHasNoTrace() {
    Tensor w = s.weight("w", 3, N);
    Tensor v = s.weight("v", N, N);
    Report r = excluded(h -> x.matmul(w).tanh().matmul(v));
    Diagnostic d = of(r, Kind.RELATION_EXCLUDED_WEIGHT_TO_WEIGHT, "w");
    assertEquals(
        "w reaches a hidden state only through another weight (dot), so it learns from each step's"
            + " own gradient (Model.java:7); use BPTT, let its output flow directly into a hidden"
            + " state, or accept that with .untraced()",
        d.toString());
    assertEquals(1, r.relationsOf("v").size());
  }

  @Test
  void warningsOfSeveralWeightsAreInThePlural() {
    Tensor w = s.weight("w", 3, N);
    Tensor b = s.weight("b", N);
    Tensor v = s.weight("v", N, N);
    Tensor r = s.weight("r", N, 2);
    Tensor c = s.weight("c", 2);
    Tensor h = s.hidden("h", N);
    Tensor low = x.matmul(w).add(b);
    s.result(h.matmul(r).add(c)).set("h", h.mul(0.5).add(low).add(low.tanh().matmul(v)));
    List<String> told = s.report().warnings().stream().map(Diagnostic::toString).toList();
    assertEquals(
        List.of(
            "w, b reach h directly and also through dot, a path without a trace, along which they"
                + " learn from each step's own gradient (Model.java:7); learn that path by BPTT, or"
                + " use the weight there with .untraced()",
            "r, c reach no hidden state, so they learn from each step's own gradient, which is"
                + " exact for a readout (Model.java:7); accept that with .untraced(), or let their"
                + " output flow into a hidden state"),
        told);
    told.forEach(t -> assertTrue(t.length() < 230, t));
  }

  @Test
  void aWeightWhosePositionsMixHasNoTrace() {
    Tensor w = s.weight("w", 3, N);
    Diagnostic d =
        of(
            excluded(h -> h.mul(0).add(x.matmul(w).tanh().sum())),
            Kind.RELATION_EXCLUDED_SHAPE,
            "w");
    assertEquals(
        "w reaches a hidden state only through reduce_sum, which mixes positions, so it learns from"
            + " each step's own gradient (Model.java:7); use one weight for each state instead of"
            + " moving its output, or accept that with .untraced()",
        d.toString());
    assertEquals(Diagnostic.Level.WARNING, d.level());
  }

  @Test
  void aReadoutIsNoPartOfTime() {
    Tensor w = s.weight("w", N, 2);
    Report r =
        excluded(
            h -> {
              s.result(h.matmul(w));
              return h.sin();
            });
    Diagnostic d = of(r, Kind.RELATION_EXCLUDED_NON_TEMPORAL, "w");
    assertTrue(Strictness.ALL.refuses(d));
    assertFalse(Strictness.TEMPORAL.refuses(d));
    r.require(Strictness.TEMPORAL);
    assertThrows(EtraceException.class, () -> r.require(Strictness.ALL));
  }

  @Test
  void aMarkedUseIsNoWarning() {
    Tensor w = s.weight("w", 3, N);
    Report r = excluded(h -> x.matmul(w.untraced()));
    Diagnostic d = of(r, Kind.RELATION_EXCLUDED_UNTRACED, "w");
    assertEquals(Diagnostic.Level.INFO, d.level());
    assertEquals(List.of(), r.warnings());
    r.require(Strictness.ALL);
  }

  @Test
  void relabelledTailsAreFollowed() {
    for (UnaryOperator<Tensor> relabel :
        List.<UnaryOperator<Tensor>>of(
            t -> Tensor.concat(0, t.slice(0, 1, N), t.slice(0, 0, 1)),
            t -> t.reshape(2, 2).transpose(1, 0).reshape(N),
            t -> t.reverse(0).sin(),
            t -> t.tanh().take(HostTensor.of(new int[] {2, 2, 0, 3}, N), 0))) {
      Steps each = new Steps();
      Tensor in = each.input(3);
      Tensor h = each.hidden("h", N);
      Tensor w = each.weight("w", 3, N);
      each.set("h", h.mul(0.5).add(relabel.apply(in.matmul(w))));
      Report r = each.report();
      assertTrue(r.isComplete(), r::toString);
      assertEquals(List.of(), r.warnings());
      assertTrue(r.relations().stream().allMatch(y -> y.hidden().equals(List.of("h"))));
    }
  }

  @Test
  void aRelabelledRecurrenceIsNamed() {
    Tensor h = s.hidden("h", N);
    Tensor w = s.weight("w", 3, N);
    s.set("h", h.reverse(0).mul(0.5).add(x.matmul(w)));
    Diagnostic d = s.report().warnings().getFirst();
    assertEquals(Kind.RECURRENCE_NOT_ELEMENTWISE, d.kind());
    assertEquals("reverse", d.op());
    assertTrue(d.toString().contains("Model.java:7"), d::toString);
  }

  /** A trace of each weight of a sparse matrix, with as many to a row as the fullest one has. */
  @Test
  void aSparseProductIsOneSite() {
    Tensor h = s.hidden("h", N);
    Tensor w = s.weight("w", 5);
    HostTensor rows = HostTensor.of(new int[] {0, 2, 2, 3, 9}, 5); // the last does not count
    HostTensor columns = HostTensor.of(new int[] {1, 0, 2, 1, 0}, 5);
    Tensor zeros = HostTensor.full(TensorType.of(DType.F64, N), 0);
    Op add = new Index.Scatter(0, 0, Index.Combine.ADD);
    Tensor sent = x.take(columns, 0).mul(w);
    Tensor sums = Tensor.apply(add, List.of(zeros, rows, sent)).getFirst();
    s.set("h", h.mul(0.5).add(sums.tanh()));
    OnlineStep online = s.online(Rule.dRtrl());
    assertTrue(online.report().isComplete(), online.report()::toString);
    assertEquals(List.of("dot"), online.report().relations().stream().map(Relation::op).toList());
    assertEquals(TensorType.of(DType.F64, N, 2), online.traces().getFirst().type());
  }

  /** Positions that only the run knows stay, and are named. */
  @Test
  void aScatterToPositionsOfTheDataIsNamed() {
    Tensor w = s.weight("w", 3, N);
    HostTensor four = HostTensor.of(new int[] {0, 1, 2, 0}, N);
    Report r = excluded(h -> h.mul(0).addAt(0, x.take(four, 0).cast(DType.I32), x.matmul(w)));
    assertTrue(of(r, Kind.RELATION_EXCLUDED_SHAPE, "w").message().contains("scatter"), r::toString);
  }

  @Test
  void aStateThatIsNotHiddenAndHandsDerivativesOnIsNamed() {
    Tensor h = s.hidden("h", N);
    Tensor past = s.other("past", N);
    Tensor w = s.weight("w", 3, N);
    s.set("h", h.mul(0.5).add(x.matmul(w)).add(past)).set("past", h);
    Diagnostic d = s.report().warnings().getFirst();
    assertEquals(Kind.STATE_NOT_FOLLOWED, d.kind());
    assertTrue(Strictness.TEMPORAL.refuses(d));

    // One that is only kept, and one that takes no derivative, are no matter.
    Steps kept = new Steps();
    Tensor in = kept.input(3);
    Tensor g = kept.hidden("h", N);
    Tensor mean = kept.other("mean", N);
    Tensor last = kept.other("last", N);
    Tensor v = kept.weight("w", 3, N);
    kept.set("h", g.mul(0.5).add(in.matmul(v)).add(last));
    kept.set("mean", mean.mul(0.9).add(g)).set("last", g.stopGradient());
    assertEquals(List.of(), kept.report().warnings());
  }

  @Test
  void aModelWithoutMemoryIsRefused() {
    Tensor w = s.weight("w", 3, N);
    s.result(x.matmul(w));
    String why = assertThrows(EtraceException.class, () -> s.online(Rule.rtrl())).getMessage();
    assertTrue(why.contains("@step has no hidden state"), why);
  }

  @Test
  void aModelWithNothingToLearnThroughTracesIsRefused() {
    Tensor h = s.hidden("h", N);
    Tensor w = s.weight("w", N, 2);
    s.set("h", h.mul(0.5)).result(h.matmul(w));
    String why = assertThrows(EtraceException.class, s::report).getMessage();
    assertTrue(why.contains("no weight of the model @step can be learned through traces"), why);
    assertTrue(why.contains("w reaches no hidden state"), why);
  }
}
