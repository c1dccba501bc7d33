package dev.engram.lower.emit;

import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.Lit;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Value;
import dev.engram.ir.op.Control;
import dev.engram.ir.op.Move;
import dev.engram.ir.op.Source;
import dev.engram.lower.Stmt;
import dev.engram.lower.fuse.AccessMaps;
import dev.engram.lower.fuse.FusedValue;
import dev.engram.lower.fuse.FusionPlan;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A loop's memory: where its carries live, and whether they are updated in place. */
final class CarryPlan {
  private final GraphEmitter outside;
  private final FusedValue fused;
  private final Eqn eqn;
  private final Control op;
  private final Graph graph;
  private final int consts;
  private final int carry;
  private final FusionPlan body;
  private final List<Carry> carries = new ArrayList<>();

  /**
   * @param next where the step writes it, exchanged with {@code now} after each step; null when in
   *     place
   * @param arrives true when its initial value is computed right there
   */
  private record Carry(StridedView now, @Nullable StridedView next, boolean arrives) {}

  private CarryPlan(
      GraphEmitter outside, FusedValue fused, Eqn eqn, Control op, Graph graph, int consts) {
    this.outside = outside;
    this.fused = fused;
    this.eqn = eqn;
    this.op = op;
    this.graph = graph;
    this.consts = consts;
    this.carry = op instanceof Control.Scan s ? s.carry() : graph.outs().size();
    this.body =
        op instanceof Control.Scan s
            ? outside.plan().inner(s)
            : outside.plan().inner((Control.While) op);
    for (int i = 0; i < carry; i++) {
      carries.add(carry(i));
    }
    for (Value y : eqn.outputs().subList(carry, eqn.outputs().size())) {
      outside.settle(y);
    }
  }

  static CarryPlan plan(GraphEmitter outside, FusedValue fused, Eqn eqn, Control.Scan op) {
    return new CarryPlan(outside, fused, eqn, op, op.body(), op.consts());
  }

  static CarryPlan plan(GraphEmitter outside, FusedValue fused, Eqn eqn, Control.While op) {
    return new CarryPlan(outside, fused, eqn, op, op.body(), op.consts());
  }

  private Carry carry(int i) {
    Value out = eqn.outputs().get(i);
    Value param = graph.params().get(consts + i).var();
    boolean inPlace = body.inPlace(i, param);
    List<StridedView> wanted = outside.wanted(out);
    boolean own = !inPlace || wanted.isEmpty();
    StridedView now = own ? outside.allocate(out.type()) : wanted.getFirst();
    outside.read(out, wanted.isEmpty() ? now : wanted.getFirst());
    // Inside a loop the place may be a carry's, whose old value is still to be read.
    boolean arrives = (own || outside.depth() == 0) && arrives(i);
    if (arrives) {
      outside.want(init(i), now);
    }
    return new Carry(now, inPlace ? null : outside.allocate(out.type()), arrives);
  }

  private Value init(int i) {
    return eqn.in(consts + i);
  }

  // The initial value can be computed into the carry's memory when nothing reads it later.
  private boolean arrives(int i) {
    Value v = init(i);
    FusedValue n = v instanceof Lit ? null : outside.plan().fused(v);
    if (n == null || !outside.wanted(v).isEmpty() || n.eqn == null) {
      return false;
    }
    // The parts of a concat or pad are read from the whole, also by others.
    boolean fixed =
        n.eqn.op() instanceof Source.Const
            || (n.kind == AccessMaps.Kind.OPAQUE && n.eqn.op() instanceof Move)
            || AccessMaps.givesBack(n.eqn);
    if (fixed || outside.plan().graph.outs().contains(v)) {
      return false;
    }
    return outside.plan().diesIn(v, fused.group(), consts + i);
  }

  void emit() {
    SourceLocation line = eqn.where();
    for (int i = 0; i < carry; i++) {
      if (!carries.get(i).arrives()) {
        outside.copy(init(i), carries.get(i).now(), line);
      }
    }
    List<Stmt.Swap> swaps = new ArrayList<>();
    for (Carry c : carries) {
      if (c.next() != null) {
        swaps.add(new Stmt.Swap(c.now().buffer(), c.next().buffer()));
      }
    }
    switch (op) {
      case Control.Scan s when s.length() > 0 -> steps(s, swaps);
      case Control.While w -> steps(w, swaps);
      case Control _ -> {}
    }
    for (int i = 0; i < carry; i++) {
      StridedView now = carries.get(i).now();
      List<StridedView> wanted = outside.wanted(eqn.outputs().get(i));
      if (!wanted.isEmpty()) {
        outside.copy(eqn.outputs().get(i).type(), now, wanted.getFirst(), line);
      }
    }
  }

  private void steps(Control.Scan op, List<Stmt.Swap> swaps) {
    GraphEmitter inside = outside.inside(eqn, body);
    // Views are made outside of the loop, so that copies for them are, too.
    List<Runnable> bindings = bindings(inside, graph);
    deliver(inside, bindings);
    outside
        .target()
        .loop(
            op.length(),
            op.reverse(),
            () -> {
              bindings.forEach(Runnable::run);
              inside.emit();
            },
            swaps);
  }

  private void steps(Control.While op, List<Stmt.Swap> swaps) {
    LoopProgramBuilder target = outside.target();
    GraphEmitter decides = outside.inside(eqn, outside.plan().inner(op.condition()));
    GraphEmitter inside = outside.inside(eqn, body);
    List<Runnable> before = bindings(decides, op.condition());
    List<Runnable> bindings = bindings(inside, graph);
    deliver(inside, bindings);
    target.loop(
        () -> {
          before.forEach(Runnable::run);
          StridedView holds = target.allocate(op.condition().outs().getFirst().type());
          decides.deliver(0, holds);
          decides.emit();
          return holds.scalar(target.depth());
        },
        () -> {
          bindings.forEach(Runnable::run);
          inside.emit();
        },
        swaps,
        op.bound());
  }

  private List<Runnable> bindings(GraphEmitter inside, Graph g) {
    List<Runnable> all = new ArrayList<>();
    int fixed = consts + carry;
    int depth = outside.depth() + 1;
    for (int i = 0; i < eqn.inputs().size(); i++) {
      dev.engram.ir.Param p = g.params().get(i);
      Value v = eqn.in(i);
      Lit lit = outside.literal(v);
      if (i >= consts && i < fixed) {
        StridedView now = carries.get(i - consts).now();
        all.add(() -> inside.bind(p, now));
      } else if (lit != null) {
        all.add(() -> inside.bind(p, new Lit(p.type(), lit.bits())));
      } else {
        StridedView view = outside.located(v);
        StridedView slice = i < consts ? view : view.slice(depth);
        all.add(() -> inside.bind(p, slice));
      }
    }
    return all;
  }

  private void deliver(GraphEmitter inside, List<Runnable> all) {
    int depth = outside.depth() + 1;
    for (int i = 0; i < graph.outs().size(); i++) {
      StridedView to;
      if (i < carry) {
        Carry c = carries.get(i);
        to = c.next() == null ? c.now() : c.next();
      } else {
        to = Objects.requireNonNull(outside.stored(eqn.outputs().get(i))).slice(depth);
      }
      int at = i;
      all.add(() -> inside.deliver(at, to));
    }
  }
}
