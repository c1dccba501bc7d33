package dev.engram.jit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Compiler;
import dev.engram.Engram;
import dev.engram.Fn0;
import dev.engram.Fn1;
import dev.engram.Pair;
import dev.engram.State;
import dev.engram.ir.DType;
import dev.engram.ir.EngramException;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TraceException;
import dev.engram.state.StateSlot;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class JitTest {
  private static Tensor f64(double... values) {
    return HostTensor.of(values, values.length);
  }

  private static double[] values(Tensor t) {
    return t.host().toDoubles();
  }

  record Batch(Tensor x, List<Tensor> ys, String note) {}

  @Test
  void computesAndCachesByStructureTypeAndStaticParts() {
    List<String> traced = new ArrayList<>();
    Fn1<Batch, Map<String, Tensor>> f =
        Engram.jit(
            (Batch b) -> {
              traced.add(b.note);
              return Map.of("sum", b.x.add(b.ys.getFirst()));
            });
    Batch one = new Batch(f64(1, 2), List.of(f64(3, 4)), "a");
    assertArrayEquals(new double[] {4, 6}, values(f.apply(one).get("sum")));
    assertArrayEquals(
        new double[] {11, 2},
        values(f.apply(new Batch(f64(10, 2), List.of(f64(1, 0)), "a")).get("sum")));
    assertEquals(List.of("a"), traced);
    f.apply(new Batch(f64(1, 2), List.of(f64(3, 4)), "b"));
    f.apply(new Batch(f64(1), List.of(f64(3)), "a"));
    f.apply(new Batch(f64(1, 2), List.of(f64(3, 4), f64(5)), "a"));
    assertEquals(List.of("a", "b", "a", "a"), traced);
  }

  @Test
  void readsAndWritesStates() {
    State counter = State.other(f64(0));
    State scale = State.parameter(f64(2));
    Fn1<Tensor, Tensor> f =
        Engram.jit(
            (Tensor x) -> {
              counter.set(counter.value().add(1));
              return x.mul(scale.value()).add(counter.value());
            });
    assertArrayEquals(new double[] {11}, values(f.apply(f64(5))));
    assertArrayEquals(new double[] {12}, values(f.apply(f64(5))));
    assertArrayEquals(new double[] {2}, values(counter.value()));
    scale.set(f64(3));
    assertArrayEquals(new double[] {18}, values(f.apply(f64(5))));
  }

  @Test
  void tracesAgainWhenAStateThatItAskedForIsThere() {
    State s = State.hidden(() -> f64(0));
    Fn0<Tensor> f =
        Engram.jit(
            () -> {
              if (!s.isInitialized()) {
                s.init();
              }
              s.set(s.value().add(1));
              return s.value();
            });
    for (int call = 1; call <= 3; call++) {
      assertArrayEquals(new double[] {call}, values(f.apply()), "call " + call);
    }
  }

  @Test
  void tracesAgainForAnotherTypeThatItOnlyAskedFor() {
    State s = State.other(f64(1));
    int[] traces = {0};
    Fn1<Tensor, Tensor> f =
        Engram.jit(
            (Tensor x) -> {
              traces[0]++;
              return x.mul(s.type().shape().size());
            });
    assertArrayEquals(new double[] {5}, values(f.apply(f64(5))));
    s.replace(f64(1, 2));
    assertArrayEquals(new double[] {10}, values(f.apply(f64(5))));
    s.set(f64(3, 4));
    assertArrayEquals(new double[] {10}, values(f.apply(f64(5))));
    assertEquals(2, traces[0], "another value is no reason");
  }

  @Test
  void tracesAgainWhenAStateThatItOnlyWritesIsMapped() {
    State s = State.other(f64(0, 0));
    Fn1<Tensor, Tensor> f =
        Engram.jit(
            (Tensor x) -> {
              s.set(x);
              return x;
            });
    f.apply(f64(1, 2));
    StateSlot.of(s).write(new StateSlot.Cell(f64(1, 2), 1));
    f.apply(f64(3, 4));
    assertEquals(1, StateSlot.of(s).stored().orElseThrow().mapped());
  }

  @Test
  void theInterpreterGivesNoStateAway() {
    Compiler interpreter = new Compiler("interpreter");
    State s = State.other(f64(1, 2));
    Fn0<Tensor> whole = Engram.jit(interpreter, () -> s.value().reshape(2));
    Fn0<Tensor> next =
        Engram.jit(
            () -> {
              s.set(s.value().add(1));
              return s.value().sum();
            });
    next.apply();
    Tensor seen = whole.apply();
    double[] before = values(seen);
    for (int i = 0; i < 3; i++) {
      next.apply();
    }
    assertArrayEquals(before, values(seen));
  }

  @Test
  void tracesAgainWhenAStateChangesItsType() {
    State s = State.other(f64(1));
    int[] traces = {0};
    Fn0<Tensor> f =
        Engram.jit(
            () -> {
              traces[0]++;
              return s.value().add(1);
            });
    f.apply();
    s.replace(f64(1, 2));
    assertArrayEquals(new double[] {2, 3}, values(f.apply()));
    s.replace(f64(7));
    assertArrayEquals(new double[] {8}, values(f.apply()));
    assertEquals(2, traces[0]);
  }

  @Test
  void aFailedTraceLeavesStatesAlone() {
    State s = State.other(f64(1));
    Fn1<Tensor, Tensor> f =
        Engram.jit(
            (Tensor x) -> {
              s.set(x);
              throw new IllegalStateException("user");
            });
    assertThrows(IllegalStateException.class, () -> f.apply(f64(9)));
    assertArrayEquals(new double[] {1}, values(s.value()));
    s.set(f64(4));
    assertArrayEquals(new double[] {4}, values(s.value()));
  }

  @Test
  void aLeakedTracerIsRefused() {
    List<Tensor> leaked = new ArrayList<>();
    Engram.jit(
            (Tensor x) -> {
              leaked.add(x.add(1));
              return x;
            })
        .apply(f64(1));
    State s = State.other(f64(1));
    TraceException set = assertThrows(TraceException.class, () -> s.set(leaked.getFirst()));
    assertTrue(set.getMessage().contains("JitTest.java"), set.getMessage());
    TraceException use = assertThrows(TraceException.class, () -> leaked.getFirst().add(1));
    assertTrue(use.getMessage().contains("after that trace has ended"), use.getMessage());
  }

  @Test
  void aTracerOfAnotherThreadIsRefused() {
    List<String> said = new ArrayList<>();
    Engram.jit(
            (Tensor x) -> {
              Thread other =
                  new Thread(
                      () -> {
                        try {
                          x.add(1);
                        } catch (TraceException e) {
                          said.add(e.getMessage());
                        }
                      },
                      "helper");
              other.start();
              try {
                other.join();
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
              return x;
            })
        .apply(f64(1));
    String here = Thread.currentThread().getName();
    assertEquals(1, said.size());
    assertTrue(
        said.getFirst().contains(" in the thread helper, while " + here + " traces; compute it in"),
        said.getFirst());
  }

  @Test
  void aStateMadeInsideEndsWithItsTrace() {
    List<State> made = new ArrayList<>();
    Fn1<Tensor, Tensor> f =
        Engram.jit(
            (Tensor x) -> {
              State s = State.other(x);
              made.add(s);
              s.set(s.value().mul(2));
              return s.value();
            });
    assertArrayEquals(new double[] {6}, values(f.apply(f64(3))));
    assertFalse(made.getFirst().isInitialized());
    TraceException e = assertThrows(TraceException.class, () -> made.getFirst().value());
    assertTrue(e.getMessage().contains("made in a traced function"), e.getMessage());
  }

  @Test
  void inlinesInsideAnotherJit() {
    Fn1<Tensor, Tensor> twice = Engram.jit((Tensor x) -> x.add(x));
    Fn1<Tensor, Tensor> f = Engram.jit((Tensor x) -> twice.apply(twice.apply(x)));
    assertArrayEquals(new double[] {12}, values(f.apply(f64(3))));
  }

  @Test
  void givesBackOuterConstantsAndStructures() {
    Tensor c = f64(1, 2);
    Fn1<Tensor, Pair<Tensor, Optional<Tensor>>> f =
        Engram.jit((Tensor x) -> new Pair<>(c, Optional.of(x)));
    Pair<Tensor, Optional<Tensor>> p = f.apply(f64(3));
    assertArrayEquals(new double[] {1, 2}, values(p.first()));
    assertArrayEquals(new double[] {3}, values(p.second().orElseThrow()));
    assertEquals(TensorType.of(DType.F64, 1), p.second().orElseThrow().type());
  }

  record Bad(Object x) {}

  @Test
  void namesThePathOfAnythingElse() {
    Fn1<Bad, Tensor> f = Engram.jit((Bad b) -> f64(1));
    String arg =
        assertThrows(EngramException.class, () -> f.apply(new Bad(List.of(f64(1), new Object()))))
            .getMessage();
    assertTrue(
        arg.startsWith("jit: argument 0.x[1] is a java.lang.Object, expected a Tensor"), arg);
    assertTrue(arg.contains("JitTest.java:"), arg);
    String state =
        assertThrows(EngramException.class, () -> f.apply(new Bad(State.other(f64(1)))))
            .getMessage();
    assertTrue(state.contains("pass its value()"), state);
    Fn1<Tensor, Object> g = Engram.jit((Tensor x) -> new Bad(new StringBuilder()));
    String result = assertThrows(EngramException.class, () -> g.apply(f64(1))).getMessage();
    assertTrue(result.startsWith("jit: the result.x is a java.lang.StringBuilder"), result);
  }

  @Test
  void recyclesOnlyWhatNobodyHasRead() {
    State s = State.other(f64(0, 10));
    Fn1<Tensor, Tensor> f =
        Engram.jit(
            new Compiler("loops"),
            (Tensor x) -> {
              s.set(s.value().add(x));
              return s.value().mul(2);
            });
    List<HostTensor> held = new ArrayList<>();
    for (int i = 1; i <= 6; i++) {
      assertArrayEquals(new double[] {2 * i, 20 + 2 * i}, values(f.apply(f64(1, 1))));
      if (i % 2 == 0) {
        held.add(s.value().host());
      }
    }
    for (int i = 0; i < held.size(); i++) {
      assertArrayEquals(new double[] {2 * i + 2, 12 + 2 * i}, values(held.get(i)));
    }
    // An unread value is written over.
    List<HostTensor> seen = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      f.apply(f64(1, 1));
      seen.add(StateSlot.of(s).lend().host());
    }
    assertSame(seen.get(0), seen.get(5));
    HostTensor read = s.value().host();
    assertArrayEquals(new double[] {12, 22}, values(read));
    f.apply(f64(1, 1));
    assertNotSame(read, StateSlot.of(s).lend());
    assertArrayEquals(new double[] {12, 22}, values(read));
  }

  /** What a program reads after it has written the new value cannot be written over. */
  @Test
  void valuesThatAreReadToTheEndAlternateBetweenTwoBuffers() {
    State s = State.other(f64(0, 10));
    Fn0<Tensor> f =
        Engram.jit(
            new Compiler("loops"),
            () -> {
              Tensor old = s.value();
              s.set(old.reverse(0).add(1));
              return old.sum();
            });
    List<HostTensor> seen = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      f.apply();
      seen.add(StateSlot.of(s).lend().host());
    }
    assertSame(seen.get(2), seen.get(4));
    assertSame(seen.get(3), seen.get(5));
    assertNotSame(seen.get(4), seen.get(5));
  }

  @Test
  void backendsAreFoundByName() {
    assertTrue(Compiler.backends().containsAll(List.of("loops", "interpreter")));
    String e = assertThrows(EngramException.class, () -> new Compiler("tpu")).getMessage();
    assertTrue(e.startsWith("no backend tpu, expected one of ["), e);
    String before = System.getProperty("engram.backend");
    System.setProperty("engram.backend", "tpu");
    try {
      e = assertThrows(EngramException.class, Compiler::standard).getMessage();
      assertTrue(e.startsWith("engram.backend is 'tpu', expected one of ["), e);
    } finally {
      if (before == null) {
        System.clearProperty("engram.backend");
      } else {
        System.setProperty("engram.backend", before);
      }
    }
  }
}
