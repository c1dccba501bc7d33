package dev.engram.tests.online;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Layer;
import dev.engram.RandomKey;
import dev.engram.etrace.Diagnostic;
import dev.engram.etrace.EtraceException;
import dev.engram.etrace.Exclusion;
import dev.engram.etrace.Rule;
import dev.engram.etrace.Strictness;
import dev.engram.ir.DType;
import dev.engram.ir.Tensor;
import dev.engram.nn.Linear;
import dev.engram.nn.MinGruCell;
import dev.engram.online.DRtrl;
import dev.engram.online.Learner;
import dev.engram.online.Rtrl;
import dev.engram.online.SnAp;
import dev.engram.spiking.Delay;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the strict modes refuse and accept. */
class StrictnessTest {
  private static Learner<Tensor, Tensor> strict(Job job, Strictness strictness) {
    return Learner.compile(job.model().get(), m -> new DRtrl<>(m, strictness), job.xs().get(0));
  }

  private static String refused(Job job, Strictness strictness) {
    String why = assertThrows(EtraceException.class, () -> strict(job, strictness)).getMessage();
    assertTrue(why.startsWith("strict mode: weights without a trace"), why);
    return why;
  }

  @Test
  void aReadoutIsExactAndAccepted() {
    Job rnn = RecurrentJobs.named("rnn");
    Learner<Tensor, Tensor> ok = strict(rnn, Strictness.TEMPORAL);
    List<Exclusion> readout = ok.report().excluded();
    assertEquals(
        List.of("layers.1.weight", "layers.1.bias"),
        readout.stream().flatMap(e -> e.weights().stream()).toList());
    assertEquals(Diagnostic.Kind.RELATION_EXCLUDED_NON_TEMPORAL, readout.getFirst().reason());
    List<String> off = Job.different(rnn.online(Rule.dRtrl()), rnn.bptt());
    assertEquals(List.of("layers.0.W.weight", "layers.0.W.bias"), off);

    String why = refused(rnn, Strictness.ALL);
    assertTrue(why.contains("layers.1.weight") && why.contains("StrictnessTest.java:"), why);
  }

  @Test
  void aWeightBehindAnotherIsRefused() {
    Job gru = RecurrentJobs.named("gru");
    String why = refused(gru, Strictness.TEMPORAL);
    assertTrue(why.contains("layers.0.Wr.weight") && why.contains("StrictnessTest.java:"), why);
    assertTrue(!why.contains("layers.1.weight"), why);
    // And so is one with a second path.
    assertTrue(refused(RecurrentJobs.named("mgu"), Strictness.TEMPORAL).contains("Wf.weight"));
  }

  @Test
  void whatIsNotExactIsRefused() {
    for (String exact : List.of("minGRU", "minLSTM", "lru", "leaky readout")) {
      Learner<Tensor, Tensor> l = strict(RecurrentJobs.named(exact), Strictness.EXACT);
      assertTrue(l.report().isExact());
    }
    String why =
        assertThrows(
                EtraceException.class, () -> strict(RecurrentJobs.named("rnn"), Strictness.EXACT))
            .getMessage();
    assertTrue(why.startsWith("strict mode: gradients that are not exact:\n  layers.0.W."), why);
    assertTrue(why.contains("leaves out how layers.0.h comes back through"), why);
    assertTrue(why.contains("\n  SnAp(n) with n steps that reach every position, or Rtrl"), why);
    assertTrue(!why.contains("layers.1"), why);
    // With which it is accepted.
    Job rnn = RecurrentJobs.named("rnn");
    Learner.compile(rnn.model().get(), m -> new SnAp<>(m, 2, Strictness.EXACT), rnn.xs().get(0));
    Learner.compile(rnn.model().get(), m -> new Rtrl<>(m, Strictness.EXACT), rnn.xs().get(0));
  }

  /** A GRU whose reset gate is marked. */
  private static final class Marked extends Layer {
    private final MinGruCell cell = new MinGruCell(4, 4, RandomKey.of(1), DType.F64);
    private final Linear before = new Linear(3, 4, RandomKey.of(2), DType.F64);

    @Override
    public Tensor update(Tensor x) {
      Tensor w = before.weight().value().untraced();
      return cell.update(x.matmul(w).add(before.bias().orElseThrow().value().untraced()));
    }
  }

  @Test
  void whatTheUserMarksIsNoSurprise() {
    Job marked = Job.of("marked", 3, 4, Marked::new);
    for (Strictness s : Strictness.values()) {
      assertEquals(
          List.of(
              Diagnostic.Kind.RELATION_EXCLUDED_UNTRACED,
              Diagnostic.Kind.RELATION_EXCLUDED_UNTRACED),
          strict(marked, s).report().excluded().stream().map(Exclusion::reason).toList());
    }
  }

  /** The output of a delay without traces is new data for each rule. */
  private static final class Late extends Layer {
    private final MinGruCell cell = new MinGruCell(3, 4, RandomKey.of(1), DType.F64);
    private final Delay delay = new Delay(4, 2, DType.F64, Delay.Traces.NONE);
    private final boolean detached;

    Late(boolean detached) {
      this.detached = detached;
    }

    @Override
    public Tensor update(Tensor x) {
      Tensor h = cell.update(x);
      return delay.update(detached ? h.stopGradient() : h).add(h);
    }
  }

  @Test
  void aStateThatIsNotHiddenAndHandsDerivativesOnIsNamed() {
    Job late = Job.of("late", 3, 4, () -> new Late(false));
    List<Diagnostic> found =
        late.learner(Rule.rtrl()).report().warnings().stream()
            .filter(d -> d.kind() == Diagnostic.Kind.STATE_NOT_FOLLOWED)
            .toList();
    assertEquals(List.of("delay.past"), found.getFirst().hidden());
    assertTrue(found.getFirst().message().contains("cell.Wh.weight"), found::toString);
    assertTrue(!Job.different(late.online(Rule.rtrl()), late.bptt()).isEmpty());
    assertTrue(refused(late, Strictness.TEMPORAL).contains("delay.past"));

    Job detached = Job.of("detached", 3, 4, () -> new Late(true));
    assertEquals(List.of(), strict(detached, Strictness.ALL).report().warnings());
    Job.same("detached", detached.online(Rule.dRtrl()), detached.bptt());
  }
}
