package dev.engram.ir.op;

import dev.engram.ir.EngramException;
import dev.engram.ir.Graph;
import dev.engram.ir.GraphException;
import dev.engram.ir.Role;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.Trace;
import dev.engram.ir.Value;
import dev.engram.ir.checks.Given;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The door for outside authors: an op of their own. Implementations are records whose components
 * are the attributes, named by {@link #mnemonic()}.
 *
 * <p>Every transformation and backend works on {@link #expand}. An op that knows better brings
 * rules of its own along: {@link Linear} or {@link Differentiable} for derivatives, {@link
 * Batchable} for batches. A rule that gives the wrong types is an error that names op and rule.
 */
public non-sealed interface Custom extends Op {

  /**
   * The op in terms of others; must be pure and give results of {@link #typeOf}'s types.
   *
   * <p>An op without one can be differentiated and batched by rules of its own, but not run.
   */
  default List<Tensor> expand(List<Tensor> inputs) {
    Given.all("Custom.expand", "inputs", inputs);
    throw new GraphException(
        mnemonic()
            + " has no expansion, and something needs it; implement expand(...) of "
            + getClass().getName()
            + ", with other ops");
  }

  /**
   * Those of {@link #expand}. An author may say them here, where tracing the expansion takes long;
   * what is left out here may be lost when nobody reads the results.
   *
   * <p>An op without an expansion cannot run, so it has none.
   */
  @Override
  default Set<Effect> effects(List<TensorType> operands) {
    Given.all("Custom.effects", "operands", operands);
    try {
      return Effect.of(expansion(operands, SourceLocation.UNKNOWN));
    } catch (EngramException _) {
      return Set.of();
    }
  }

  /** An op that is linear in all its operands together, which are float. */
  interface Linear extends Custom {

    /**
     * The transpose of the op: one cotangent for each operand.
     *
     * @param inputs types of the operands
     * @param cotangents one for each result
     */
    List<Tensor> transpose(List<TensorType> inputs, List<Tensor> cotangents);
  }

  /** An op with a derivative rule. */
  interface Differentiable extends Custom {

    /**
     * The tangents of the results, one for each; linear in {@code tangents}.
     *
     * @param in the operands
     * @param out the results
     * @param tangents one for each operand, zeros where it has none or is not float
     */
    List<Tensor> tangents(List<Tensor> in, List<Tensor> out, List<Tensor> tangents);
  }

  /** An op with a rule for batches. */
  interface Batchable extends Custom {

    /**
     * The results for all examples at once, with the new axis in front of each.
     *
     * @param in the operands of all examples, axis 0 of each being the examples
     * @param size number of examples
     */
    List<Tensor> batch(List<Tensor> in, int size);

    /**
     * As {@link #batch(List, int)}, for an op that need not repeat what is the same for all
     * examples.
     *
     * @param batched for each operand, whether it has the axis of examples
     */
    default List<Tensor> batch(List<Tensor> in, List<Boolean> batched, int size) {
      Given.all("Custom.batch", "in", in);
      Given.all("Custom.batch", "batched", batched);
      List<Tensor> wide = new ArrayList<>();
      for (int i = 0; i < in.size(); i++) {
        Tensor t = in.get(i);
        wide.add(batched.get(i) ? t : t.broadcastTo(t.shape().insert(0, size)));
      }
      return batch(wide, size);
    }
  }

  /**
   * An op {@code y = x · w} with one result, linear in the data x, its first operand, and in the
   * weights w, its second one: each weight multiplies one element of the data, and adds to at most
   * one of the result. The other operands are tables that say which. Online learning rules follow
   * such a product by traces of the size of the weights, or of the data and of the result, for as
   * long as the tables stay the same.
   */
  interface Connecting extends Custom {

    /** True when this is so for operands of these types. */
    default boolean connects(List<TensorType> in) {
      Given.all("Custom.connects", "in", in);
      return true;
    }

    /**
     * For each weight the element of x that it multiplies.
     *
     * @param x of the type of the data
     * @param tables the operands behind the weights
     */
    Tensor dataAtWeights(Tensor x, List<Tensor> tables);

    /**
     * For each weight the element of y that it adds to, 0 if none.
     *
     * @param y of the type of the result
     * @param tables the operands behind the weights
     */
    Tensor resultAtWeights(Tensor y, List<Tensor> tables);
  }

  /**
   * {@link #expand} traced into a graph, for operands of these types.
   *
   * @param where the line of the use, for errors
   * @throws GraphException when the expansion's types are not those of {@link #typeOf}, or when it
   *     uses a traced value that is not one of its operands
   */
  default Graph expansion(List<TensorType> types, SourceLocation where) {
    Given.given("Custom.expansion", "types", types);
    Given.given("Custom.expansion", "where", where);
    try {
      return expansion(types);
    } catch (GraphException e) {
      throw new GraphException(where.in(e.getMessage()), e);
    }
  }

  private Graph expansion(List<TensorType> types) {
    Trace trace = new Trace(mnemonic());
    List<Tensor> in = types.stream().<Tensor>map(t -> trace.input(t, Role.INPUT, "")).toList();
    List<Value> outs = trace.run(() -> expand(in).stream().map(trace::lift).toList());
    Graph g = trace.build(outs);
    if (!trace.captures().isEmpty()) {
      throw new GraphException(
          mnemonic()
              + ": the expansion uses a traced value that is not an operand; pass it as one");
    }
    if (!g.outTypes().equals(typeOf(types))) {
      throw new GraphException(
          mnemonic()
              + ": the expansion gives "
              + g.outTypes()
              + ", expected "
              + typeOf(types)
              + " as typeOf says");
    }
    return g;
  }
}
