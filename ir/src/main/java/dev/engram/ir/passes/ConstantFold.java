package dev.engram.ir.passes;

import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Lit;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.checks.Given;
import dev.engram.ir.interpret.Interpreter;
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
import dev.engram.ir.passes.rewrite.RewriteRule;
import dev.engram.ir.passes.rewrite.RuleRewriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * Computes what is known before the run, with the interpreter: rows and casts of literals of any
 * size, other ops on literals and constants while operands and results have at most {@link #LIMIT}
 * elements. A result whose elements are all one is a literal.
 */
public final class ConstantFold {
  /** The most elements of a tensor that is computed here. */
  public static final int LIMIT = 4096;

  private ConstantFold() {}

  /** Returns {@code g} without what is known; {@code g} itself where nothing is. */
  public static Graph run(Graph g) {
    return run(g, RuleListener.NONE);
  }

  /**
   * {@code g} without what is known; {@code g} itself where nothing is.
   *
   * @param listener hears which rule fires where
   */
  public static Graph run(Graph g, RuleListener listener) {
    Given.given("ConstantFold.run", "g", g);
    Given.given("ConstantFold.run", "listener", listener);
    return RuleRewriter.run(g, ConstantFold::of, listener);
  }

  private static final RewriteRule UNIFORM =
      RewriteRule.of(
          "uniformConstant",
          "a constant of equal elements = a literal",
          Source.Const.class,
          (_, op, s) -> op.value().uniform().map(bits -> new Lit(s.types().getFirst(), bits)));

  private static final RewriteRule LITERALS =
      new RewriteRule(
          "foldLiterals",
          "f(c, d) = its value, of rows and casts",
          (r, s) ->
              s.in().stream().allMatch(Lit.class::isInstance)
                  ? Optional.of(List.of(literal(r, s)))
                  : Optional.empty());

  private static final RewriteRule CONSTANTS =
      new RewriteRule(
          "foldConstants",
          "op(c, d) = its value, while it has at most %d elements".formatted(LIMIT),
          ConstantFold::computed);

  static final List<RewriteRule> RULES = List.of(UNIFORM, LITERALS, CONSTANTS);

  private static final List<RewriteRule> CONST = List.of(UNIFORM);
  private static final List<RewriteRule> ROW = List.of(LITERALS, CONSTANTS);
  private static final List<RewriteRule> PURE = List.of(CONSTANTS);

  private static List<RewriteRule> of(Op op) {
    return switch (op) {
      case Elementwise _, Cast _ -> ROW;
      case Reduce _, Dot _, Move _, Index _ -> PURE;
      case Custom _ -> PURE;
      case Source.Const _ -> CONST;
      case Source.RandomBits _ -> PURE;
      // An index is cheaper to make than to load.
      case Source.Iota _ -> List.of();
      case Check _, HostEffect _ -> List.of();
      case Control _ -> List.of();
    };
  }

  private static Lit literal(RuleRewriter r, RewriteRule.Site s) {
    List<HostTensor> one =
        s.in().stream()
            .map(v -> HostTensor.fill(TensorType.scalar(v.type().dtype()), ((Lit) v).bits()))
            .toList();
    HostTensor y = Interpreter.eval(s.op(), one, r.where()).getFirst();
    return new Lit(s.types().getFirst(), y.bits(0));
  }

  private static Optional<List<Value>> computed(RuleRewriter r, RewriteRule.Site s) {
    boolean known =
        s.in().stream().allMatch(v -> isSmall(v.type()) && isKnown(r, v))
            && s.types().stream().allMatch(ConstantFold::isSmall)
            // errors and notices belong to the run
            && s.effects().isEmpty();
    if (!known) {
      return Optional.empty();
    }
    List<HostTensor> args = s.in().stream().map(v -> value(r, v)).toList();
    List<Value> results = new ArrayList<>();
    for (HostTensor t : Interpreter.eval(s.op(), args, r.where())) {
      results.add(r.apply1(new Source.Const(t)));
    }
    return Optional.of(results);
  }

  private static boolean isSmall(TensorType type) {
    return type.size() <= LIMIT;
  }

  private static boolean isKnown(RuleRewriter r, Value v) {
    return v instanceof Lit || r.op(v) instanceof Source.Const;
  }

  private static HostTensor value(RuleRewriter r, Value v) {
    return v instanceof Lit c
        ? HostTensor.fill(c.type(), c.bits())
        : ((Source.Const) Objects.requireNonNull(r.op(v))).value();
  }
}
