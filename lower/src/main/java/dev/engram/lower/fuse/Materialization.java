package dev.engram.lower.fuse;

import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.Value;
import dev.engram.ir.op.Cast;
import dev.engram.ir.op.Check;
import dev.engram.ir.op.Control;
import dev.engram.ir.op.Custom;
import dev.engram.ir.op.Dot;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.HostEffect;
import dev.engram.ir.op.Index;
import dev.engram.ir.op.Move;
import dev.engram.ir.op.Reduce;
import dev.engram.ir.op.Source;
import dev.engram.lower.prepare.PackedOperand;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Decides which values are materialized, by how they are read: by how many readers, at repeated
 * points, from memory.
 */
final class Materialization {
  private final Map<Value, Eqn> defining = new HashMap<>();
  private final Map<Value, Integer> uses = new HashMap<>();
  private final Set<Value> repeated = new HashSet<>();
  private final Set<Value> stored = new HashSet<>();

  // Readers before what they read.
  Materialization(Graph graph) {
    for (Eqn e : graph.eqns()) {
      e.outputs().forEach(v -> defining.put(v, e));
    }
    graph.outs().forEach(this::store);
    for (Eqn e : graph.eqns().reversed()) {
      Value out = FusionPlan.first(e);
      if (e.op() instanceof PackedOperand) {
        store(out);
      }
      boolean passes = AccessMaps.kind(e) == AccessMaps.Kind.FREE && !stored.contains(out);
      int readers = passes ? Math.max(1, uses.getOrDefault(out, 0)) : 1;
      for (int i = 0; i < e.inputs().size(); i++) {
        Value v = e.in(i);
        uses.merge(v, readers, Integer::sum);
        if ((passes && repeated.contains(out)) || repeats(e, v)) {
          repeated.add(v);
        }
        if (memory(e, i)) {
          store(v);
        }
      }
      if (e.op() instanceof Move.Reshape
          && AffineIndex.at(0, new long[out.type().rank()])
                  .unreshape(out.type().shape(), e.in(0).type().shape())
              == null) {
        store(e.in(0));
      }
    }
  }

  /** True when a reader needs {@code v} in memory. */
  boolean isStored(Value v) {
    return stored.contains(v);
  }

  /** True when {@code v} would be computed more than once for each of its elements. */
  boolean isShared(Value v) {
    return uses.getOrDefault(v, 0) > 1 || repeated.contains(v);
  }

  private void store(Value v) {
    stored.add(v);
  }

  private static boolean repeats(Eqn e, Value v) {
    return switch (AccessMaps.kind(e)) {
      case FREE -> e.op() instanceof Move.Broadcast && e.out().type().size() > v.type().size();
      case MAP ->
          e.op() instanceof Dot
              ? e.out().type().size() > v.type().size() || AccessMaps.folded(e).size() > 1
              : (e.op() instanceof Index || e.op() instanceof Source)
                  && e.out().type().size() > v.type().size();
      case FOLD -> e.out().type().size() * AccessMaps.folded(e).size() > v.type().size();
      case OPAQUE -> e.op() instanceof Index;
    };
  }

  /** True when operand {@code i} must be in memory, or in a view of memory. */
  private boolean memory(Eqn e, int i) {
    Value v = e.in(i);
    return switch (e.op()) {
      case Index.Gather _, Index.DynamicSlice _ -> i == 0 && !isView(v);
      case Index.Scatter _, Index.DynamicUpdate _ -> i == 0 && !isView(v);
      case Index.ArgSort _, HostEffect _ -> !isView(v);
      case Move.Concat _ -> true;
      case Move.Pad p -> i == 0 && p.interior().stream().allMatch(k -> k == 0);
      case Control _ -> !isView(v) || strided(v);
      case Elementwise _, Cast _, Reduce _, Dot _, Move _, Source _, Check _, Custom _ -> false;
    };
  }

  // A chain of moves down to something in memory.
  private boolean isView(Value v) {
    Eqn e = defining.get(v);
    if (e == null || stored.contains(v)) {
      return true;
    }
    return switch (AccessMaps.kind(e)) {
      case FREE -> e.op() instanceof Move && isView(e.in(0));
      case MAP -> false;
      case FOLD, OPAQUE -> true;
    };
  }

  // Loops read their inputs repeatedly: keep the last axis contiguous.
  private boolean strided(Value v) {
    Eqn e = defining.get(v);
    if (e == null || stored.contains(v) || AccessMaps.kind(e) != AccessMaps.Kind.FREE) {
      return false;
    }
    boolean turns =
        e.op() instanceof Move.Transpose t
            && t.perm().size() > 1
            && t.perm().getLast() != t.perm().size() - 1
            && e.out().type().size() > 1;
    return turns || e.inputs().stream().anyMatch(this::strided);
  }
}
