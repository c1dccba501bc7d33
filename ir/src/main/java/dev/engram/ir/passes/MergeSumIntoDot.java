package dev.engram.ir.passes;

import dev.engram.ir.Graph;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.checks.Given;
import dev.engram.ir.op.Dot;
import dev.engram.ir.op.Move;
import dev.engram.ir.op.Op;
import dev.engram.ir.op.Reduce;
import dev.engram.ir.passes.rewrite.RewriteRule;
import dev.engram.ir.passes.rewrite.RuleRewriter;
import dev.engram.ir.passes.simplify.ContractWindows;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Sums over the batch of a contraction become part of it: {@code Σ_b (Σ_k x[b,i,k] y[b,k,j])} is
 * one contraction over b and k. It is how the gradient of a weight that a batch shares comes out as
 * one matrix product instead of one outer product for each example. So do sums over the windows of
 * a convolution, see {@link ContractWindows}. A contraction with ones is a sum.
 *
 * <p>The terms are the same and are added in another order, so floats may round differently.
 */
public final class MergeSumIntoDot {
  private MergeSumIntoDot() {}

  /** Returns {@code g} with such sums inside contractions; {@code g} itself where there is none. */
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
    return sums ? SUMS : op instanceof Dot ? OF_DOT : List.of();
  }

  private static final List<RewriteRule> SUMS =
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

  private static final List<RewriteRule> OF_DOT =
      List.of(
          RewriteRule.of(
              "dotWithOnes",
              "Σ_k x[i,k] 1 = Σ_k x[i,k], the same for all columns of the ones",
              Dot.class,
              (r, dot, s) -> withOnes(r, dot, s)));

  /** All rules of the pass. */
  static final List<RewriteRule> RULES = Stream.concat(SUMS.stream(), OF_DOT.stream()).toList();

  /** As where a bias' trace is taken for one of weights whose input is always one. */
  private static Optional<Value> withOnes(RuleRewriter r, Dot dot, RewriteRule.Site s) {
    boolean right = RuleRewriter.is(s.in(1), 1);
    if ((!right && !RuleRewriter.is(s.in(0), 1)) || dot.lhsContract().isEmpty()) {
      return Optional.empty();
    }
    Value x = s.in(right ? 0 : 1);
    int rank = x.type().rank();
    List<Integer> summed = right ? dot.lhsContract() : dot.rhsContract();
    List<Integer> batch = right ? dot.lhsBatch() : dot.rhsBatch();
    List<Integer> free = right ? dot.lhsFree(rank) : dot.rhsFree(rank);
    List<Integer> kept = new ArrayList<>(batch);
    kept.addAll(free);
    if (!kept.stream().sorted().toList().equals(kept)) {
      return Optional.empty(); // axes of a batch that trade places
    }
    TensorType out = s.types().getFirst();
    int first = right ? batch.size() : out.rank() - free.size();
    List<Integer> axes = new ArrayList<>();
    for (int i = 0; i < kept.size(); i++) {
      axes.add(i < batch.size() ? i : first + i - batch.size());
    }
    Value sum = r.apply1(new Reduce(Reduce.Kind.SUM, summed), x);
    return Optional.of(
        axes.size() == out.rank() ? sum : r.apply1(new Move.Broadcast(out.shape(), axes), sum));
  }

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
