package dev.engram.ir.passes.rewrite;

import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.op.Effect;
import dev.engram.ir.op.Op;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * One rule of a table of rewritings.
 *
 * @param name by which it is counted and shown; no other rule has it
 * @param says what it does, as an equation where it is one
 */
public record RewriteRule(String name, String says, Attempt attempt) {

  /**
   * An op about to be added to a graph.
   *
   * @param types of the results
   */
  public record Site(Op op, List<Value> in, List<TensorType> types) {
    public Value in(int i) {
      return in.get(i);
    }

    /** What the op does besides giving results. */
    public Set<Effect> effects() {
      return op.effects(in.stream().map(Value::type).toList());
    }
  }

  /** What stands in the place of the results where the rule fits, else nothing. */
  @FunctionalInterface
  public interface Attempt {
    Optional<List<Value>> at(RuleRewriter r, Site site);
  }

  /** The same of an op with one result, whose kind is known. */
  @FunctionalInterface
  public interface OfOne<O extends Op> {
    Optional<Value> at(RuleRewriter r, O op, Site site);
  }

  /** A rule for ops of one kind, which have one result. */
  public static <O extends Op> RewriteRule of(
      String name, String says, Class<O> kind, OfOne<O> attempt) {
    return new RewriteRule(
        name, says, (r, site) -> attempt.at(r, kind.cast(site.op()), site).map(List::of));
  }

  /** A rule that gives the first operand, where {@code holds}. */
  public static RewriteRule operand(String name, String says, Predicate<Site> holds) {
    return new RewriteRule(
        name,
        says,
        (_, site) -> holds.test(site) ? Optional.of(List.of(site.in(0))) : Optional.empty());
  }
}
