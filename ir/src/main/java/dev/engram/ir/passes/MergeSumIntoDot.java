package dev.engram.ir.passes;

import dev.engram.ir.Graph;
import dev.engram.ir.Value;
import dev.engram.ir.checks.Given;
import dev.engram.ir.op.Dot;
import dev.engram.ir.op.Op;
import dev.engram.ir.op.Reduce;
import dev.engram.ir.passes.rewrite.RewriteRule;
import dev.engram.ir.passes.rewrite.RuleRewriter;
import dev.engram.ir.passes.simplify.ContractWindows;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Sums over the batch of a contraction become part of it: {@code Σ_b (Σ_k x[b,i,k] y[b,k,j])} is
 * one contraction over b and k. It is how the gradient of a weight that a batch shares comes out as
 * one matrix product instead of one outer product for each example. So do sums over the windows of
 * a convolution, see {@link ContractWindows}.
 *
 * <p>The terms are the same and are added in another order, so floats may round differently.
 */
public final class MergeSumIntoDot {
  private MergeSumIntoDot() {}

  public static Graph run(Graph g) {
    return run(g, RuleListener.NONE);
  }

  /**
   * {@code g} with such sums inside contractions; {@code g} itself where there is none.
   *
   * @param listener hears which rule fires where
   */
  public static Graph run(Graph g, RuleListener listener) {
    Given.given("MergeSumIntoDot.run", "g", g);
    Given.given("MergeSumIntoDot.run", "listener", listener);
    return RuleRewriter.run(g, MergeSumIntoDot::of, listener);
  }

  private static List<RewriteRule> of(Op op) {
    boolean sums =
        op instanceof Reduce sum && sum.kind() == Reduce.Kind.SUM && !sum.axes().isEmpty();
    return sums ? RULES : List.of();
  }

  static final List<RewriteRule> RULES =
      List.of(
          RewriteRule.of(
              "sumOverBatch",
              "Σ_b Σ_k x[b,i,k] y[b,k,j] = one contraction over b and k",
              Reduce.class,
              (r, sum, s) ->
                  r.op(s.in(0)) instanceof Dot dot && sum.axes().getLast() < dot.lhsBatch().size()
                      ? Optional.of(contracted(r, dot, sum.axes(), r.args(s.in(0))))
                      : Optional.empty()),
          RewriteRule.of(
              "sumOverWindows",
              "Σ_k Σ_f y[p-k,f] w[k,c,f] = one contraction over k and f of windows of y",
              Reduce.class,
              (r, sum, s) -> ContractWindows.rule(r, sum, s.in(0))));

  private static Value contracted(RuleRewriter r, Dot dot, List<Integer> summed, List<Value> in) {
    List<Integer> lhsContract = new ArrayList<>();
    List<Integer> rhsContract = new ArrayList<>();
    List<Integer> lhsBatch = new ArrayList<>();
    List<Integer> rhsBatch = new ArrayList<>();
    for (int i = 0; i < dot.lhsBatch().size(); i++) {
      (summed.contains(i) ? lhsContract : lhsBatch).add(dot.lhsBatch().get(i));
      (summed.contains(i) ? rhsContract : rhsBatch).add(dot.rhsBatch().get(i));
    }
    lhsContract.addAll(dot.lhsContract());
    rhsContract.addAll(dot.rhsContract());
    return r.apply1(new Dot(lhsContract, rhsContract, lhsBatch, rhsBatch), in.get(0), in.get(1));
  }
}
