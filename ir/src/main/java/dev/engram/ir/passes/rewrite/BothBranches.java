package dev.engram.ir.passes.rewrite;

import dev.engram.ir.Graph;
import dev.engram.ir.checks.Given;
import dev.engram.ir.op.Control;
import dev.engram.ir.passes.EffectTokens;
import java.util.ArrayList;
import java.util.List;

/**
 * A {@link Control.Cond} as both of its branches and a choice among their results, for those who
 * cannot run one branch alone.
 *
 * <p>The branch that is not taken tells nothing, and the order of what is told is not chosen: the
 * false branch tells after the true one.
 *
 * @param <V> what stands for a value
 */
public interface BothBranches<V> {

  /** Where {@code predicate} is false. */
  V not(V predicate);

  /**
   * An operand of the branch that is taken where {@code predicate} is {@code when}. Elsewhere it
   * has no derivative: one of the branch may be infinite there, and infinity times nothing is NaN.
   */
  V guarded(V predicate, V operand, boolean when);

  /** The results of {@code branch}. */
  List<V> run(Graph branch, List<V> operands);

  /** {@code onTrue} where {@code predicate} holds, else {@code onFalse}. */
  V choose(V predicate, V onTrue, V onFalse);

  /**
   * The results of {@code op}.
   *
   * @param tokens of {@code op}
   * @param operands of the branches
   */
  default List<V> results(Control.Cond op, EffectTokens tokens, V predicate, List<V> operands) {
    Given.given("BothBranches.results", "op", op);
    Given.given("BothBranches.results", "tokens", tokens);
    Given.given("BothBranches.results", "predicate", predicate);
    Given.all("BothBranches.results", "operands", operands);
    List<V> first = new ArrayList<>();
    operands.forEach(v -> first.add(guarded(predicate, v, true)));
    List<V> second = new ArrayList<>();
    operands.forEach(v -> second.add(guarded(predicate, v, false)));
    boolean tells = !tokens.isEmpty();
    if (tells) {
      first.add(predicate);
      second.add(not(predicate));
    }
    int mask = operands.size();
    List<V> yes = run(tells ? EffectTokens.masked(op.onTrue(), mask) : op.onTrue(), first);
    for (int i = 0; i < yes.size(); i++) {
      if (tokens.isOrder(i)) {
        second.set(tokens.results().get(i), yes.get(i));
      }
    }
    List<V> no = run(tells ? EffectTokens.masked(op.onFalse(), mask) : op.onFalse(), second);
    List<V> outs = new ArrayList<>();
    for (int i = 0; i < yes.size(); i++) {
      outs.add(tokens.isOrder(i) ? no.get(i) : choose(predicate, yes.get(i), no.get(i)));
    }
    return outs;
  }
}
