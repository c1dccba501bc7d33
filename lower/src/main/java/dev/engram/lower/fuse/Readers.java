package dev.engram.lower.fuse;

import dev.engram.ir.Eqn;
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
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Records which groups read a parameter or a fused value, and where. */
final class Readers {
  /**
   * @param at null when it is read from memory at any position
   * @param slot the operand index of the value in an opaque group, or -1
   */
  record Read(FusionGroup group, @Nullable AffineIndex at, int slot) {}

  private final Map<Value, List<Read>> reads = new HashMap<>();

  void add(Value v, FusionGroup k, @Nullable AffineIndex at, int slot) {
    reads.computeIfAbsent(v, _ -> new ArrayList<>()).add(new Read(k, at, slot));
  }

  private List<Read> of(Value v) {
    return reads.getOrDefault(v, List.of());
  }

  /** Returns a copy of the last {@code n} reads, latest first. */
  List<Read> latest(Value v, int n) {
    List<Read> all = of(v);
    return List.copyOf(all.subList(Math.max(0, all.size() - n), all.size()).reversed());
  }

  /** True when only the operand {@code slot} of {@code last} reads {@code v} so late. */
  boolean end(Value v, FusionGroup last, int slot) {
    return of(v).stream()
        .allMatch(r -> r.group() == last ? r.slot() == slot : GroupOrder.before(r.group(), last));
  }

  /**
   * True when {@code v}, computed by {@code n}, may overwrite the memory of {@code param}: nothing
   * reads the parameter afterwards, and the group that writes reads it at the same points.
   */
  boolean allowOverwriting(Value param, Value v, FusedValue n) {
    FusionGroup writer = n.group();
    for (Read r : of(param)) {
      if (r.group() == writer) {
        if (writer.isOpaque() ? !passesThrough(n, v, param, r) : !n.point().equals(r.at())) {
          return false;
        }
      } else if (GroupOrder.before(writer, r.group())) {
        return false;
      }
    }
    return !writer.isOpaque() || start(n.equation(), v) >= 0;
  }

  private static boolean passesThrough(FusedValue n, Value v, Value param, Read r) {
    Eqn e = n.equation();
    return r.slot() == start(e, v) && e.inputs().stream().filter(param::equals).count() == 1;
  }

  // The operand that an update, a notice, or the carry that a scan, starts from; -1 for other ops.
  private static int start(Eqn e, Value v) {
    return switch (e.op()) {
      case Index.Scatter _, Index.DynamicUpdate _, HostEffect _ -> 0;
      case Control.Scan s -> {
        int i = e.outputs().indexOf(v);
        yield i < s.carry() ? s.consts() + i : -1;
      }
      case Control.While w -> w.consts() + e.outputs().indexOf(v);
      case Elementwise _, Cast _, Reduce _, Dot _, Move _, Index _, Source _, Check _ -> -1;
      case Control _, Custom _ -> -1;
    };
  }
}
