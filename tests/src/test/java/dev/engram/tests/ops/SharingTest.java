package dev.engram.tests.ops;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.Builder;
import dev.engram.ir.Graph;
import dev.engram.ir.Value;
import dev.engram.ir.op.Effect;
import dev.engram.ir.passes.Cse;
import dev.engram.ir.passes.Dce;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Of every op of the language: whether it is shared, and left out, is what its effects say. */
class SharingTest {

  /** The equations of {@code s}, and once more on the same operands. */
  private static Graph twice(Sample s) {
    Builder b = new Builder("twice");
    List<? extends Value> in = s.graph().params().stream().map(b::param).toList();
    List<Value> outs = new ArrayList<>(b.inline(s.graph(), in));
    outs.addAll(b.inline(s.graph(), in));
    return b.build(outs);
  }

  /** Those of one op, without what leads to it. */
  private static List<Sample> samples() {
    return Samples.ofOps().values().stream()
        .flatMap(Collection::stream)
        .filter(s -> s.graph().eqns().size() == 1)
        .toList();
  }

  @Test
  void whatTellsTheHostIsNotShared() {
    Set<String> told = new TreeSet<>();
    for (Sample s : samples()) {
      boolean tells = Effect.of(s.graph()).contains(Effect.HOST);
      assertEquals(tells ? 2 : 1, Cse.run(twice(s)).eqns().size(), s::toString);
      if (tells) {
        told.add(s.op());
      }
    }
    assertTrue(told.containsAll(Set.of("print", "progress")), told::toString);
  }

  @Test
  void whatCanStopTheRunIsNotLeftOut() {
    Set<String> stopping = new TreeSet<>();
    for (Sample s : samples()) {
      boolean stops = Effect.of(s.graph()).contains(Effect.CHECK);
      Graph unread = new Graph("unread", s.graph().params(), s.graph().eqns(), List.of());
      assertEquals(stops ? 1 : 0, Dce.run(unread).eqns().size(), s::toString);
      if (stops) {
        stopping.add(s.op());
      }
    }
    assertTrue(stopping.containsAll(Set.of("check", "checkFinite")), stopping::toString);
  }
}
