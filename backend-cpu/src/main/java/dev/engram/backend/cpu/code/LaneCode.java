package dev.engram.backend.cpu.code;

import dev.engram.lower.lanes.LaneProgram;
import dev.engram.lower.lanes.LaneProgram.Node;
import dev.engram.lower.lanes.LaneProgram.Op;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.TypeKind;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Emits a lane program into a method: nodes that are used more than once are computed into locals,
 * the others where they are used.
 */
public abstract class LaneCode {
  public final CodeBuilder code;
  public final LaneProgram lanes;
  private final int[] uses;
  private final Map<Node, Integer> locals = new HashMap<>();

  public LaneCode(CodeBuilder code, LaneProgram lanes, List<Node> outputs) {
    this.code = code;
    this.lanes = lanes;
    uses = new int[lanes.nodes().size()];
    outputs.forEach(this::count);
  }

  private void count(Node n) {
    if (uses[n.id]++ == 0) {
      n.args.forEach(this::count);
    }
  }

  public final boolean isLive(Node n) {
    return uses[n.id] > 0;
  }

  /** Binds a node to a local that holds its value. */
  public final void bind(Node n, int local) {
    locals.put(n, local);
  }

  public final boolean isBound(Node n) {
    return locals.containsKey(n);
  }

  public final int local(Node n) {
    return locals.get(n);
  }

  /** Emits code that computes every shared node into a local, once for each group of lanes. */
  public final void shared() {
    for (Node n : lanes.nodes()) {
      boolean early = n.op == Op.GATHER && isLive(n);
      if ((uses[n.id] > 1 || early) && !isBound(n) && !isInline(n)) {
        compute(n);
        int slot = code.allocateLocal(kindOf(n));
        code.storeLocal(kindOf(n), slot);
        bind(n, slot);
      }
    }
  }

  public final void push(Node n) {
    Integer slot = locals.get(n);
    if (slot != null) {
      code.loadLocal(kindOf(n), slot);
    } else {
      compute(n);
    }
  }

  public final void pushArgs(Node n) {
    n.args.forEach(this::push);
  }

  /** True when a node is cheaper to compute again than to keep in a local. */
  public abstract boolean isInline(Node n);

  public abstract TypeKind kindOf(Node n);

  /** Emits code that leaves the node's value on the stack. */
  public abstract void compute(Node n);
}
