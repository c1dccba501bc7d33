package dev.engram.lower;

import dev.engram.ir.Check;
import dev.engram.ir.Control;
import dev.engram.ir.Eqn;
import dev.engram.ir.Lit;
import dev.engram.ir.Move;
import dev.engram.ir.Source;
import dev.engram.ir.Value;
import dev.engram.ir.Where;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A scan's memory: where its carries live, and whether they are updated in place. */
final class ScanPlan {
  private final BlockEmitter outside;
  private final Node node;
  private final Eqn eqn;
  private final Control.Scan op;
  private final Block body;
  private final List<Carry> carries = new ArrayList<>();

  /**
   * @param next where the step writes it, exchanged with {@code now} after each step; null when in
   *     place
   * @param arrives true when its initial value is computed right there
   */
  private record Carry(View now, @Nullable View next, boolean arrives) {}

  private ScanPlan(BlockEmitter outside, Node node, Eqn eqn, Control.Scan op) {
    this.outside = outside;
    this.node = node;
    this.eqn = eqn;
    this.op = op;
    this.body = outside.block().inner(op);
  }

  static ScanPlan plan(BlockEmitter outside, Node node, Eqn eqn, Control.Scan op) {
    ScanPlan p = new ScanPlan(outside, node, eqn, op);
    for (int i = 0; i < op.carry(); i++) {
      p.carries.add(p.carry(i));
    }
    for (Value y : eqn.outputs().subList(op.carry(), eqn.outputs().size())) {
      outside.settle(y);
    }
    return p;
  }

  private Carry carry(int i) {
    Value out = eqn.outputs().get(i);
    Value param = op.body().params().get(op.consts() + i).var();
    boolean inPlace = body.inPlace(i, param);
    List<View> wanted = outside.wanted(out);
    boolean own = !inPlace || wanted.isEmpty();
    View now = own ? outside.allocate(out.type()) : wanted.getFirst();
    outside.read(out, wanted.isEmpty() ? now : wanted.getFirst());
    // Inside a loop the place may be a carry's, whose old value is still to be read.
    boolean arrives = (own || outside.depth() == 0) && arrives(i);
    if (arrives) {
      outside.want(init(i), now);
    }
    return new Carry(now, inPlace ? null : outside.allocate(out.type()), arrives);
  }

  private Value init(int i) {
    return eqn.in(op.consts() + i);
  }

  // The initial value can be computed into the carry's memory when nothing reads it later.
  private boolean arrives(int i) {
    Value v = init(i);
    Node n = v instanceof Lit ? null : outside.block().node(v);
    if (n == null || !outside.wanted(v).isEmpty() || n.eqn == null) {
      return false;
    }
    // The parts of a concat or pad are read from the whole, also by others.
    boolean fixed =
        n.eqn.op() instanceof Source.Const
            || (n.kind == Reads.Kind.OPAQUE && n.eqn.op() instanceof Move)
            || n.eqn.op() instanceof Check;
    if (fixed || outside.block().graph.outs().contains(v)) {
      return false;
    }
    return outside.block().diesIn(v, node.kernel(), op.consts() + i);
  }

  void emit() {
    Where line = eqn.where();
    for (int i = 0; i < op.carry(); i++) {
      if (!carries.get(i).arrives()) {
        outside.copy(init(i), carries.get(i).now(), line);
      }
    }
    if (op.length() > 0) {
      List<Step.Swap> swaps = new ArrayList<>();
      for (Carry c : carries) {
        if (c.next() != null) {
          swaps.add(new Step.Swap(c.now().buffer(), c.next().buffer()));
        }
      }
      BlockEmitter inside = new BlockEmitter(body, outside.target());
      // Views are made outside of the loop, so that copies for them are, too.
      List<Runnable> bindings = bindings(inside);
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
    for (int i = 0; i < op.carry(); i++) {
      View now = carries.get(i).now();
      List<View> wanted = outside.wanted(eqn.outputs().get(i));
      if (!wanted.isEmpty()) {
        outside.copy(eqn.outputs().get(i).type(), now, wanted.getFirst(), line);
      }
    }
  }

  private List<Runnable> bindings(BlockEmitter inside) {
    List<Runnable> all = new ArrayList<>();
    int fixed = op.consts() + op.carry();
    int depth = outside.depth() + 1;
    for (int i = 0; i < eqn.inputs().size(); i++) {
      dev.engram.ir.Param p = op.body().params().get(i);
      Value v = eqn.in(i);
      Lit lit = outside.literal(v);
      if (i >= op.consts() && i < fixed) {
        View now = carries.get(i - op.consts()).now();
        all.add(() -> inside.bind(p, now));
      } else if (lit != null) {
        all.add(() -> inside.bind(p, new Lit(p.type(), lit.bits())));
      } else {
        View view = outside.located(v);
        View slice = i < op.consts() ? view : view.slice(depth);
        all.add(() -> inside.bind(p, slice));
      }
    }
    for (int i = 0; i < op.body().outs().size(); i++) {
      View to;
      if (i < op.carry()) {
        Carry c = carries.get(i);
        to = c.next() == null ? c.now() : c.next();
      } else {
        to = Objects.requireNonNull(outside.stored(eqn.outputs().get(i))).slice(depth);
      }
      int at = i;
      all.add(() -> inside.deliver(at, to));
    }
    return all;
  }
}
