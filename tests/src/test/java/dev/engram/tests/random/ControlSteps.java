package dev.engram.tests.random;

import dev.engram.autodiff.Jvp;
import dev.engram.autodiff.Vjp;
import dev.engram.ir.Builder;
import dev.engram.ir.DType;
import dev.engram.ir.Graph;
import dev.engram.ir.Role;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import dev.engram.ir.op.Control;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Scans, conditions and calls; {@link WhileSteps} has the other loops. */
final class ControlSteps {
  private ControlSteps() {}

  static void control(Draft d, Choices c) {
    switch (c.next(6)) {
      case 0, 1, 2 -> scan(d, c);
      case 3 -> cond(d, c);
      case 4 -> WhileSteps.loop(d, c);
      default -> call(d, c);
    }
  }

  static List<Value> draw(Draft d, int n, Choices c) {
    List<Value> out = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      out.add(d.draw(c));
    }
    return out;
  }

  private static void params(Draft inner, Draft outer, List<Value> in) {
    in.forEach(v -> inner.param(v.type(), outer.facts(v)));
  }

  private static List<Value> results(Draft inner, int n) {
    List<Value> out = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      out.add(inner.late(i));
    }
    return out;
  }

  private static void offer(Draft d, List<Var> made, Draft inner, List<Value> results) {
    for (int i = 0; i < made.size(); i++) {
      d.offer(made.get(i), inner.facts(results.get(i)));
    }
  }

  // ---- cond

  private static void cond(Draft d, Choices c) {
    Value p = d.want(TensorType.scalar(DType.BOOL), c);
    List<Value> in = draw(d, 1 + c.next(3), c);
    Draft yes = d.inner("yes");
    params(yes, d, in);
    Steps.steps(yes, c);
    List<Value> first = results(yes, 1 + c.next(2));
    Draft no = d.inner("no");
    params(no, d, in);
    Steps.steps(no, c);
    List<Value> second = new ArrayList<>();
    for (Value v : first) {
      second.add(no.want(v.type(), c));
    }
    List<Value> operands = new ArrayList<>(in);
    operands.addFirst(p);
    List<Var> made = d.emitQuietly(new Control.Cond(yes.build(first), no.build(second)), operands);
    for (int i = 0; i < made.size(); i++) {
      d.offer(made.get(i), yes.facts(first.get(i)).or(no.facts(second.get(i))));
    }
  }

  // ---- call

  private static void call(Draft d, Choices c) {
    List<Value> in = draw(d, 1 + c.next(3), c);
    Draft inner = d.inner("f");
    params(inner, d, in);
    Steps.steps(inner, c);
    List<Value> outs = results(inner, 1 + c.next(2));
    Graph body = inner.build(outs);
    int kind = d.profile.rules() && !WhileSteps.isUnbounded(body) ? c.next(4) : 0;
    Control.Derivative derivative =
        switch (kind) {
          case 0 -> new Control.Derivative.Plain();
          case 1 -> new Control.Derivative.Jvp(Jvp.of(body, floats(body)));
          case 2 -> new Control.Derivative.Remat(List.of());
          default -> vjp(body);
        };
    offer(d, d.emitQuietly(new Control.Call(body, derivative), in), inner, outs);
  }

  private static List<Boolean> floats(Graph g) {
    return g.paramTypes().stream().map(t -> t.dtype().isFloat()).toList();
  }

  /** The residuals are the operands. */
  private static Control.Derivative vjp(Graph body) {
    Builder f = new Builder("f_forward");
    List<Value> args = new ArrayList<>();
    body.params().forEach(p -> args.add(f.param(p)));
    List<Value> outs = new ArrayList<>(f.inline(body, args));
    outs.addAll(args);
    Graph v = Vjp.of(body, floats(body));
    Builder b = new Builder("f_backward");
    List<Value> in = new ArrayList<>();
    v.params().forEach(p -> in.add(b.param(p.type(), Role.INPUT, "")));
    List<Value> all = b.inline(v, in);
    return new Control.Derivative.Vjp(
        f.build(outs), b.build(all.subList(body.outs().size(), all.size())));
  }

  // ---- scan

  private static void scan(Draft d, Choices c) {
    int length = c.of(List.of(2, 3, 1, 5, 0));
    List<Value> consts = draw(d, c.next(3), c);
    List<Value> carry = draw(d, (c.next(3) + 1) % 3, c);
    List<Value> xs = stacked(d, length, (c.next(3) + 1) % 3, c);
    Draft inner = d.inner("step");
    params(inner, d, consts);
    List<Facts> before = new ArrayList<>();
    for (Value v : carry) {
      Facts f = d.facts(v);
      double eps = Facts.rounding(v.type().dtype());
      before.add(new Facts(Math.max(1, f.bound()), Math.max(2 * eps, f.noise())));
      inner.param(v.type(), before.getLast());
    }
    for (Value v : xs) {
      TensorType t = v.type();
      inner.param(t.with(t.shape().range(1, t.rank())), d.facts(v));
    }
    Steps.steps(inner, c);
    List<Value> outs = new ArrayList<>();
    for (int i = 0; i < carry.size(); i++) {
      Value next =
          c.next(3) == 2
              ? inner.want(carry.get(i).type(), c)
              : mixed(inner, inner.param(consts.size() + i), c);
      Facts known = before.get(i);
      outs.add(
          next.type().dtype().isFloat()
              ? inner.within(next, -known.bound(), known.bound(), false)
              : next);
    }
    List<Value> ys = results(inner, (c.next(4) + 1) % 4);
    outs.addAll(ys);
    if (!ys.stream().allMatch(v -> Draft.fits(stack(v.type(), length)))) {
      return;
    }
    Graph body = inner.build(outs);
    List<Value> operands = Stream.of(consts, carry, xs).flatMap(List::stream).toList();
    Control.Scan op = new Control.Scan(body, consts.size(), carry.size(), length, c.next(2) == 1);
    List<Var> made = d.emitQuietly(op, operands);
    double growth = growth(inner, outs, before, length);
    for (int i = 0; i < made.size(); i++) {
      Facts one =
          i < carry.size() ? before.get(i).or(inner.facts(outs.get(i))) : inner.facts(outs.get(i));
      d.offer(made.get(i), new Facts(one.bound(), one.noise() * growth));
    }
  }

  /** Combines the carry with something that the step computes. */
  static Value mixed(Draft inner, Value carry, Choices c) {
    DType dtype = carry.type().dtype();
    Value from =
        inner.drawWhere(c, v -> v.type().dtype() == dtype && v.type().size() > 0).orElse(carry);
    Tensor x = inner.tensor(from);
    Tensor old = inner.tensor(carry);
    int[] axes = IntStream.range(0, from.type().rank()).toArray();
    boolean same = from.type().equals(carry.type());
    if (dtype == DType.BOOL) {
      return inner.lift(old.xor(same ? x : x.any(axes).broadcastTo(carry.type().shape())));
    }
    if (!dtype.isFloat()) {
      return inner.lift(old.add(same ? x : x.sum(axes).broadcastTo(carry.type().shape())));
    }
    Tensor mean = same ? x : x.mean(axes).broadcastTo(carry.type().shape());
    Value sum = inner.lift(old.mul(0.5).add(mean));
    Facts f = inner.facts(carry);
    Facts g = inner.facts(from);
    double bound = f.bound() / 2 + g.bound();
    inner.know(
        sum, new Facts(bound, f.noise() / 2 + g.noise() + 4 * Facts.rounding(dtype) * (1 + bound)));
    return sum;
  }

  /** How much more noise there is after all steps than after one. */
  static double growth(Draft inner, List<Value> outs, List<Facts> before, int length) {
    double factor = 1;
    for (int i = 0; i < before.size(); i++) {
      if (before.get(i).noise() > 0) {
        factor = Math.max(factor, inner.facts(outs.get(i)).noise() / before.get(i).noise());
      }
    }
    return Math.pow(factor, Math.max(0, length - 1));
  }

  private static TensorType stack(TensorType t, int length) {
    return t.with(t.shape().insert(0, length));
  }

  private static List<Value> stacked(Draft d, int length, int n, Choices c) {
    List<Value> out = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      int kind = c.next(3);
      Value v = d.draw(c);
      boolean fits = v.type().rank() > 0 && v.type().shape().dim(0) == length;
      TensorType wide = stack(v.type(), length);
      if (fits && kind > 0) {
        out.add(v);
      } else if (Draft.fits(wide)) {
        out.add(kind == 2 ? d.repeat(v, wide.shape()) : d.want(wide, c));
      }
    }
    return out;
  }
}
