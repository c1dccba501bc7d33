package dev.engram.ir.passes.simplify;

import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Lit;
import dev.engram.ir.TensorType;
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
import dev.engram.ir.passes.RuleListener;
import dev.engram.ir.passes.rewrite.RewriteRule;
import dev.engram.ir.passes.rewrite.RuleRewriter;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Rewrites expressions into simpler ones of the same value, bit for bit (any NaN equals any other).
 * Equations that become unused stay, for {@link Dce} to remove.
 */
public final class Simplify {
  private Simplify() {}

  public static Graph run(Graph g) {
    return run(g, RuleListener.NONE);
  }

  /**
   * {@code g} in simpler words; {@code g} itself where no rule fires.
   *
   * @param listener hears which rule fires where
   */
  public static Graph run(Graph g, RuleListener listener) {
    Given.given("Simplify.run", "g", g);
    return RuleRewriter.run(g, Simplify::of, listener);
  }

  /** All rules, each once. */
  public static List<RewriteRule> rules() {
    return Stream.of(
            List.of(NoElements.RULE),
            SimplifyElementwise.RULES,
            SimplifyCast.RULES,
            SimplifyMove.rules(),
            SimplifyReduce.rules(),
            SimplifyDot.RULES,
            SimplifyIndex.rules(),
            IOTA,
            CHECK,
            SimplifyCond.RULES,
            SimplifyScan.RULES,
            SimplifyWhile.RULES,
            CALL)
        .flatMap(List::stream)
        .distinct()
        .toList();
  }

  private static List<RewriteRule> of(Op op) {
    return switch (op) {
      case Elementwise e -> SimplifyElementwise.of(e.row());
      case Cast _ -> SimplifyCast.RULES;
      case Reduce r -> SimplifyReduce.of(r);
      case Dot _ -> SimplifyDot.RULES;
      case Move m -> SimplifyMove.of(m);
      case Index i -> SimplifyIndex.of(i);
      case Source.Const _, Source.RandomBits _ -> OTHERS;
      case Source.Iota _ -> IOTA;
      case Check _ -> CHECK;
      case Control.Scan _ -> SimplifyScan.RULES;
      case Control.While _ -> SimplifyWhile.RULES;
      case Control.Cond _ -> SimplifyCond.RULES;
      case Control.Call _ -> CALL;
      case Control.Transposed _, HostEffect _, Custom _ -> OTHERS;
    };
  }

  private static final List<RewriteRule> OTHERS = NoElements.and();

  private static final List<RewriteRule> IOTA =
      NoElements.and(
          RewriteRule.of(
              "iotaOfOne",
              "iota of one position = 0",
              Source.Iota.class,
              (_, op, _) ->
                  op.type().shape().dim(op.axis()) == 1
                      ? Optional.of(Lit.zero(op.type()))
                      : Optional.empty()));

  private static final List<RewriteRule> CHECK =
      NoElements.and(
          RewriteRule.operand(
              "checkKnown",
              "check(c) = c, where c passes",
              s -> s.op() instanceof Check c && s.in(0) instanceof Lit x && passes(c, x)));

  private static final List<RewriteRule> CALL =
      NoElements.and(
          new RewriteRule(
              "callPlain",
              "call without a derivative of its own = its body",
              (r, s) ->
                  s.op() instanceof Control.Call c
                          && c.derivative() instanceof Control.Derivative.Plain
                      ? Optional.of(r.inline(c.body(), s.in()))
                      : Optional.empty()));

  private static boolean passes(Check c, Lit lit) {
    long code = c.code(HostTensor.fill(TensorType.scalar(lit.type().dtype()), lit.bits()), 0);
    return c.low() <= code && code < c.high();
  }
}
