package dev.engram.tests.random;

import dev.engram.ir.Builder;
import dev.engram.ir.DType;
import dev.engram.ir.Graph;
import dev.engram.ir.Lit;
import dev.engram.ir.Role;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import dev.engram.ir.op.Control;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** While loops that count up to a number known only at run time. */
final class WhileSteps {
  /** Maximum number of steps of a loop. */
  private static final int MOST = 4;

  private static final TensorType COUNT = TensorType.scalar(DType.I32);

  private WhileSteps() {}

  /** Operands: the limit and other constants, the count, and carries that the steps change. */
  static void loop(Draft d, Choices c) {
    List<Value> consts = new ArrayList<>(List.of(d.want(COUNT, c)));
    consts.addAll(ControlSteps.draw(d, c.next(3), c));
    List<Value> carry = ControlSteps.draw(d, 1 + c.next(2), c);
    Draft step = d.inner("step");
    consts.forEach(v -> step.param(v.type(), d.facts(v)));
    Value count = step.param(COUNT, Facts.WHOLE);
    List<Facts> before = new ArrayList<>();
    for (Value v : carry) {
      Facts f = d.facts(v);
      double eps = Facts.rounding(v.type().dtype());
      before.add(new Facts(Math.max(1, f.bound()), Math.max(2 * eps, f.noise())));
      step.param(v.type(), before.getLast());
    }
    Steps.steps(step, c);
    List<Value> outs = new ArrayList<>();
    for (int i = 0; i < carry.size(); i++) {
      Value next = ControlSteps.mixed(step, step.param(consts.size() + 1 + i), c);
      double bound = before.get(i).bound();
      boolean isFloat = next.type().dtype().isFloat();
      outs.add(isFloat ? step.within(next, -bound, bound, false) : next);
    }
    double growth = ControlSteps.growth(step, outs, before, MOST);
    List<Value> nexts = new ArrayList<>(List.of(step.lift(step.tensor(count).add(1))));
    nexts.addAll(outs);
    List<Value> operands = new ArrayList<>(consts);
    operands.add(Lit.ofLong(COUNT, c.next(2)));
    operands.addAll(carry);
    Control.While op =
        new Control.While(
            belowLimit(operands, consts.size()),
            step.build(nexts),
            consts.size(),
            bound(d.profile, c));
    List<Var> made = d.emitQuietly(op, operands);
    d.offer(made.getFirst(), Facts.WHOLE);
    for (int i = 0; i < carry.size(); i++) {
      Facts one = before.get(i).or(step.facts(outs.get(i)));
      d.offer(made.get(i + 1), new Facts(one.bound(), one.noise() * growth));
    }
  }

  /** Reverse mode needs a bound; some are too small for the limit, some are missing. */
  private static Optional<Integer> bound(Profile profile, Choices c) {
    int kind = c.next(4);
    return kind == 3 && profile.equals(Profile.ANY) ? Optional.empty() : Optional.of(kind + 2);
  }

  /** True for a loop that reverse mode refuses, because the number of its steps is unknown. */
  static boolean isUnbounded(Graph g) {
    return g.eqns().stream()
        .anyMatch(
            e ->
                switch (e.op()) {
                  case Control.While w -> w.bound().isEmpty() || isUnbounded(w.body());
                  case Control.Scan s -> isUnbounded(s.body());
                  case Control.Cond c -> isUnbounded(c.onTrue()) || isUnbounded(c.onFalse());
                  case Control.Call c -> isUnbounded(c.body());
                  default -> false;
                });
  }

  /** The count is the parameter after the constants, the limit the first. */
  private static Graph belowLimit(List<Value> operands, int count) {
    Builder b = new Builder("goesOn");
    List<Var> in = operands.stream().map(v -> b.param(v.type(), Role.INPUT, "")).toList();
    Tensor limit = b.tracer(in.getFirst()).clip(0, MOST);
    return b.build(List.of(b.lift(b.tracer(in.get(count)).lt(limit))));
  }
}
