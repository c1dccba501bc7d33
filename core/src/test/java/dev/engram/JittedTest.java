package dev.engram;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.DType;
import dev.engram.ir.EngramException;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TraceException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** {@code jit(f)} as an object. */
class JittedTest {
  private static final Compiler LOOPS = new Compiler("loops");

  private static Tensor f64(double... values) {
    return HostTensor.of(values, values.length);
  }

  private static double[] values(Tensor t) {
    return t.host().toDoubles();
  }

  private record Batch(Tensor x, int repeats) {}

  @Test
  void stagesLeadToACallableThatDoesNotCompileAgain() {
    int[] traced = {0};
    Jitted.Of2<Tensor, Tensor, Tensor> f =
        Engram.jit(
            LOOPS,
            (Tensor w, Tensor x) -> {
              traced[0]++;
              return x.matmul(w).tanh();
            });
    Stages.Traced<Fn2<Tensor, Tensor, Tensor>> graph =
        f.trace(TensorType.of(DType.F32, 6, 3), TensorType.of(DType.F32, 4, 6));
    assertTrue(graph.graph().toString().contains("dot{"), graph.graph().toString());
    Stages.Lowered<Fn2<Tensor, Tensor, Tensor>> loops = graph.lower();
    Stages.Memory m = loops.memory();
    assertEquals(4 * (6 * 3 + 4 * 6), m.arguments());
    assertEquals(4 * 4 * 3, m.results());
    assertEquals(loops.program().arenaBytes(), m.working());
    assertEquals(m.arguments() + m.results() + m.working(), m.peak());
    // A multiply-add for each term, and the tanh of each result.
    assertEquals(2 * 4 * 6 * 3 + 4 * 3, loops.cost().flops());
    assertTrue(loops.cost().bytes() >= m.arguments() + m.results());
    Fn2<Tensor, Tensor, Tensor> compiled = loops.compile();
    Tensor w = HostTensor.full(TensorType.of(DType.F32, 6, 3), 0.1);
    Tensor x = HostTensor.full(TensorType.of(DType.F32, 4, 6), 0.5);
    assertArrayEquals(values(f.apply(w, x)), values(compiled.apply(w, x)));
    assertEquals(2, traced[0], "once for the stages, once for the call");
    compiled.apply(w, x);
    assertEquals(2, traced[0]);
    String wrong = assertThrows(EngramException.class, () -> compiled.apply(w, w)).getMessage();
    assertTrue(wrong.contains("argument 1 has type f32[6,3], compiled for f32[4,6]"), wrong);
    assertTrue(wrong.contains("JittedTest.java:"), wrong);
    String none =
        assertThrows(
                EngramException.class,
                () ->
                    Engram.jit(new Compiler("interpreter"), (Tensor t) -> t.exp())
                        .trace(f64(1))
                        .lower())
            .getMessage();
    assertTrue(none.contains("has no loops"), none);
  }

  @Test
  void compiledFunctionsReadAndWriteStates() {
    State n = State.other(f64(1, 2));
    Jitted.Of1<Tensor, Tensor> f =
        Engram.jit(
            LOOPS,
            (Tensor x) -> {
              n.set(n.value().add(x));
              return n.value().sum();
            });
    Fn1<Tensor, Tensor> compiled = f.trace(f64(0, 0)).lower().compile();
    assertArrayEquals(new double[] {1, 2}, values(n.value()), "tracing leaves states alone");
    assertEquals(5, compiled.apply(f64(1, 1)).host().item());
    assertArrayEquals(new double[] {2, 3}, values(n.value()));
    n.replace(f64(1, 2, 3));
    String wrong =
        assertThrows(EngramException.class, () -> compiled.apply(f64(1, 1))).getMessage();
    assertTrue(wrong.contains("state"), wrong);
  }

  @Test
  void explainSaysWhichPartOfTheKeyMissed() {
    State scale = State.other(f64(2));
    Jitted.Of1<Batch, Tensor> f =
        Engram.jit(
            LOOPS,
            (Batch b) -> {
              Tensor y = b.x();
              for (int i = 0; i < b.repeats(); i++) {
                y = y.mul(scale.value());
              }
              return y;
            });
    assertEquals(16, f.apply(new Batch(f64(2), 3)).host().item());
    assertEquals(24, f.apply(new Batch(f64(3), 3)).host().item());
    f.apply(new Batch(f64(2), 4));
    f.apply(new Batch(f64(2, 3), 4));
    scale.replace(f64(2, 2));
    f.apply(new Batch(f64(2, 3), 4));
    List<String> lines = f.explain().lines().toList();
    assertEquals("jit: 4 programs in 5 calls", lines.get(0));
    assertTrue(
        lines.get(1).matches("  program 0 \\(JittedTest.java:\\d+\\): first call"), lines.get(1));
    assertTrue(lines.get(2).endsWith("): argument 0.repeats is 4, compiled for 3"), lines.get(2));
    assertTrue(
        lines.get(3).endsWith("): argument 0.x has type f64[2], compiled for f64[1]"),
        lines.get(3));
    assertTrue(lines.get(4).contains("state"), lines.get(4));
  }

  @Test
  void theProgramUsedLongestAgoIsGivenUp() {
    List<Integer> traced = new ArrayList<>();
    Jitted.Of1<Tensor, Tensor> f =
        Engram.jit(
                LOOPS,
                (Tensor x) -> {
                  traced.add(x.dim(0));
                  return x.mul(2);
                })
            .keeping(2);
    f.apply(f64(1));
    f.apply(f64(1, 2));
    f.apply(f64(1));
    f.apply(f64(1, 2, 3));
    assertEquals(List.of(1, 2, 3), traced);
    // of 1 and 2, the latter is the least recently used
    f.apply(f64(1));
    f.apply(f64(1, 2, 3));
    assertEquals(List.of(1, 2, 3), traced);
    assertArrayEquals(new double[] {2, 4}, values(f.apply(f64(1, 2))));
    assertEquals(List.of(1, 2, 3, 2), traced);
    List<String> lines = f.explain().lines().toList();
    assertEquals("jit: 4 programs in 7 calls", lines.get(0));
    assertEquals(
        "  2 evicted, least recently used first: at most 2 are kept; keeping(n) keeps more",
        lines.get(1));
    assertTrue(lines.get(2).startsWith("  program 2 ("), lines.get(2));
    assertTrue(
        lines
            .get(3)
            .matches("  program 3 .*: a program for such arguments was evicted; argument 0 has .*"),
        lines.get(3));
    assertEquals(4, lines.size());
    String none = assertThrows(EngramException.class, () -> f.keeping(0)).getMessage();
    assertTrue(none.startsWith("jit: keeping(0), expected at least 1 program (Jitted"), none);
  }

  @Test
  void programsForStatesThatAreNoMoreDoNotPileUp() {
    State s = State.other(f64(1));
    Jitted.Of1<Tensor, Tensor> f =
        Engram.jit(LOOPS, (Tensor x) -> x.mul(s.value().sum())).keeping(3);
    for (int n = 1; n <= 10; n++) {
      s.replace(HostTensor.full(TensorType.of(DType.F64, n), 1));
      assertEquals(n, f.apply(f64(1)).host().item());
    }
    assertTrue(f.explain().contains("7 evicted"), f.explain());
    assertEquals(5, f.explain().lines().count());
  }

  @Test
  void donatedMemoryIsUsedForLaterResults() {
    Jitted.Of2<Tensor, Tensor, Tensor> step =
        Engram.jit(LOOPS, (Tensor p, Tensor g) -> p.sub(g.mul(0.5))).donating(0);
    Tensor g = f64(1, 2);
    Tensor first = f64(10, 20);
    Tensor p = first;
    Set<Long> places = new HashSet<>();
    for (int i = 0; i < 10; i++) {
      p = step.apply(p, g);
      places.add(p.host().segment().address());
    }
    assertArrayEquals(new double[] {5, 10}, values(p));
    assertEquals(2, places.size(), "two places in turn");
    assertArrayEquals(new double[] {1, 2}, values(g), "not donated");
    String gone = assertThrows(TraceException.class, () -> values(first)).getMessage();
    assertTrue(gone.contains("read after its memory was donated"), gone);
    assertTrue(gone.contains("JittedTest.java:"), gone);
    Tensor kept = f64(1, 1);
    Engram.jit(LOOPS, (Tensor x, Tensor y) -> x.add(y)).apply(kept, kept);
    assertFalse(kept.host().isDonated(), "without donating");
    assertThrows(TraceException.class, () -> step.apply(first, g), "neither as an argument");
    String none =
        assertThrows(EngramException.class, () -> Engram.jit((Tensor x) -> x).donating(1))
            .getMessage();
    assertTrue(none.contains("argument 1 cannot be donated, expected 0 to 0"), none);
  }

  @Test
  void parametersLiveWithTheProgramUntilAStateChanges() {
    for (String backend : Compiler.backends()) {
      State w = State.parameter(f64(2, 3));
      State other = State.other(f64(0));
      Fn1<Tensor, Tensor> f = Engram.jit(new Compiler(backend), (Tensor x) -> x.mul(w.value()));
      for (int i = 0; i < 3; i++) {
        assertArrayEquals(new double[] {2, 6}, values(f.apply(f64(1, 2))), backend);
      }
      other.set(f64(1));
      assertArrayEquals(new double[] {4, 9}, values(f.apply(f64(2, 3))), backend);
      w.set(f64(5, 7));
      for (int i = 0; i < 3; i++) {
        assertArrayEquals(new double[] {5, 14}, values(f.apply(f64(1, 2))), backend);
      }
      w.replace(f64(1, 1, 1));
      assertArrayEquals(new double[] {1, 2, 3}, values(f.apply(f64(1, 2, 3))), backend);
    }
  }
}
