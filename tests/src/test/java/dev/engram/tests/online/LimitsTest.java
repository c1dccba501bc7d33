package dev.engram.tests.online;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Engram;
import dev.engram.Layer;
import dev.engram.RandomKey;
import dev.engram.RandomTensors;
import dev.engram.State;
import dev.engram.StepResult;
import dev.engram.etrace.Diagnostic;
import dev.engram.etrace.Diagnostic.Kind;
import dev.engram.etrace.Rule;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Paths that traces cannot follow are reported with op and line; their weights keep this step's own
 * gradient, and are exact under rules that follow more.
 */
class LimitsTest {
  private static final int N = 4;

  /** {@code h ← next(h, w, x)}. */
  private static final class Cell extends Layer {
    private final State w =
        parameter(RandomTensors.normal(RandomKey.of(1), Shape.of(N, N), DType.F64).mul(0.5));
    private final State u =
        parameter(RandomTensors.normal(RandomKey.of(2), Shape.of(N, N), DType.F64).mul(0.5));
    private final State h = hidden(() -> HostTensor.full(TensorType.of(DType.F64, N), 0));
    private final Next next;

    Cell(Next next) {
      this.next = next;
    }

    @Override
    public Tensor update(Tensor x) {
      Tensor fresh = next.of(h.value(), w.value(), u.value(), x);
      h.set(fresh);
      return fresh.mul(1.5);
    }
  }

  private interface Next {
    Tensor of(Tensor h, Tensor w, Tensor u, Tensor x);
  }

  private record Limit(String name, Kind kind, String op, Next next) {}

  private static Tensor roll(Tensor t) {
    return Tensor.concat(0, t.slice(0, N - 1, N), t.slice(0, 0, N - 1));
  }

  private static final List<Limit> LIMITS =
      List.of(
          new Limit(
              "a rolled recurrence",
              Kind.RECURRENCE_NOT_ELEMENTWISE,
              "slice",
              (h, w, u, x) -> roll(h).mul(0.8).add(x.matmul(w).tanh())),
          new Limit(
              "a sum over positions",
              Kind.RELATION_EXCLUDED_SHAPE,
              "reduce_sum",
              (h, w, u, x) ->
                  h.mul(0.8).add(x.matmul(w).tanh().sum(0).broadcastTo(N)).add(x.matmul(u))),
          new Limit(
              "another weight's product",
              Kind.RELATION_EXCLUDED_WEIGHT_TO_WEIGHT,
              "dot",
              (h, w, u, x) -> h.mul(0.8).add(x.matmul(w).tanh().matmul(u))),
          new Limit(
              "positions that data choose",
              Kind.RELATION_EXCLUDED_SHAPE,
              "gather",
              (h, w, u, x) ->
                  h.mul(0.8)
                      .add(x.matmul(w).take(x.gt(0).cast(DType.I32), 0).tanh())
                      .add(x.matmul(u))),
          new Limit(
              "several products scattered to one position",
              Kind.RELATION_EXCLUDED_SHAPE,
              "scatter",
              (h, w, u, x) ->
                  h.mul(0.8)
                      .add(h.mul(0).addAt(0, HostTensor.of(new int[] {0, 2, 2, 1}, N), x.matmul(w)))
                      .add(x.matmul(u))),
          new Limit(
              "sorted positions",
              Kind.RELATION_EXCLUDED_SHAPE,
              "reduce_max",
              (h, w, u, x) -> h.mul(0.8).add(x.matmul(w).max(0).broadcastTo(N)).add(x.matmul(u))),
          new Limit(
              "a long inner loop",
              Kind.RELATION_EXCLUDED_SHAPE,
              "scan",
              (h, w, u, x) ->
                  Engram.<Tensor, Tensor>scan(
                          (Tensor s) ->
                              new StepResult<>(
                                  s.add(x.matmul(w).sub(s).mul(0.001).tanh()), s.sum()),
                          h.mul(0.8),
                          5000)
                      .carry()
                      .add(x.matmul(u))));

  @TestFactory
  Stream<DynamicTest> isNamedAndNeverSilentlyWrong() {
    return LIMITS.stream().map(l -> DynamicTest.dynamicTest(l.name, () -> check(l)));
  }

  private static void check(Limit limit) {
    Job whole = Job.of(limit.name, N, N, () -> new Cell(limit.next));
    boolean isLong = limit.op.equals("scan");
    Job job =
        isLong
            ? new Job(
                limit.name,
                whole.model(),
                whole.xs().slice(0, 0, 2).slice(1, 0, 1),
                whole.ys().slice(0, 0, 2).slice(1, 0, 1))
            : whole;
    List<Diagnostic> found =
        job.learner(Rule.dRtrl()).report().diagnostics().stream()
            .filter(d -> d.kind() == limit.kind)
            .toList();
    assertFalse(found.isEmpty(), () -> job.learner(Rule.dRtrl()).report().diagnostics().toString());
    Diagnostic d = found.getFirst();
    assertEquals(Diagnostic.Level.WARNING, d.level());
    assertTrue(
        d.message().contains(limit.op) || d.op().equals(limit.op), d.op() + ": " + d.message());
    assertTrue(d.toString().contains("LimitsTest.java:"), d::toString);
    // It is an approximation, not an exact rule with a needless warning.
    assertFalse(Job.different(job.online(Rule.dRtrl()), job.bptt()).isEmpty());
    if (!isLong) {
      Job.same("RTRL", job.online(Rule.rtrl()), job.bptt());
    }
    // With one step it is the gradient.
    Job one = new Job("one", job.model(), job.xs().slice(0, 0, 1), job.ys().slice(0, 0, 1));
    Job.same("one step", one.online(Rule.dRtrl()), one.bptt());
  }
}
