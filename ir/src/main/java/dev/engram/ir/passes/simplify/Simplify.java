package dev.engram.ir.passes.simplify;

import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Lit;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.checks.Given;
import dev.engram.ir.op.Cast;
import dev.engram.ir.op.Check;
import dev.engram.ir.op.Control;
import dev.engram.ir.op.Custom;
import dev.engram.ir.op.Dot;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.HostEffect;
import dev.engram.ir.op.Index;
import dev.engram.ir.op.Move;
import dev.engram.ir.op.Op;
import dev.engram.ir.op.Reduce;
import dev.engram.ir.op.Source;
import dev.engram.ir.passes.Dce;
import dev.engram.ir.passes.rewrite.RuleRewriter;
import java.util.List;
import java.util.Optional;

/**
 * Rewrites expressions into simpler ones of the same value, bit for bit (any NaN equals any other).
 * Equations that become unused stay, for {@link Dce} to remove.
 */
public final class Simplify {
  private Simplify() {}

  public static Graph run(Graph g) {
    Given.given("Simplify.run", "g", g);
    return RuleRewriter.run(g, Simplify::rules);
  }

  private static Optional<List<Value>> rules(RuleRewriter r, Op op, List<Value> in) {
    List<TensorType> operands = in.stream().map(Value::type).toList();
    List<TensorType> types = op.typeOf(operands);
    boolean nothing = !types.isEmpty() && types.stream().allMatch(t -> t.size() == 0);
    boolean holdsOps = op instanceof Control || op instanceof Custom;
    if (nothing && !(holdsOps && Dce.stops(op, operands))) {
      return Optional.of(types.stream().<Value>map(Lit::zero).toList());
    }
    return switch (op) {
      case Elementwise e -> SimplifyElementwise.row(r, e.row(), in).map(List::of);
      case Cast c -> SimplifyElementwise.cast(r, c.to(), in.getFirst()).map(List::of);
      case Reduce e -> SimplifyReduce.reduce(r, e, in.getFirst()).map(List::of);
      case Dot d -> SimplifyDot.dot(r, d, in.get(0), in.get(1)).map(List::of);
      case Move m -> SimplifyMove.move(r, m, in, types.getFirst()).map(List::of);
      case Index i -> SimplifyIndex.index(r, i, in, types.getFirst()).map(List::of);
      case Source.Const _, Source.RandomBits _ -> Optional.empty();
      case Source.Iota i ->
          i.type().shape().dim(i.axis()) == 1
              ? Optional.of(List.of(Lit.zero(i.type())))
              : Optional.empty();
      case Check c -> check(c, in.getFirst());
      case Control.Scan s -> SimplifyScan.scan(r, s, in, types);
      case Control.While w -> SimplifyWhile.loop(r, w, in);
      case Control.Cond c -> SimplifyCond.cond(r, c, in);
      case Control.Call c ->
          c.derivative() instanceof Control.Derivative.Plain
              ? Optional.of(r.inline(c.body(), in))
              : Optional.empty();
      case Control.Transposed _, HostEffect _, Custom _ -> Optional.empty();
    };
  }

  private static Optional<List<Value>> check(Check c, Value x) {
    return x instanceof Lit lit && passes(c, lit) ? Optional.of(List.of(x)) : Optional.empty();
  }

  private static boolean passes(Check c, Lit lit) {
    long code = c.code(HostTensor.fill(TensorType.scalar(lit.type().dtype()), lit.bits()), 0);
    return c.low() <= code && code < c.high();
  }
}
