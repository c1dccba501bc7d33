package dev.engram.ir.passes;

import dev.engram.ir.Builder;
import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.GraphException;
import dev.engram.ir.Param;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import dev.engram.ir.checks.Given;
import dev.engram.ir.op.Op;
import dev.engram.ir.passes.rewrite.Graphs;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * One walk over the equations of a graph that builds another one, the shape that most passes have:
 * what an equation becomes is a {@link Step}, and all else is here.
 *
 * <pre>{@code
 * // x + x becomes 2 x
 * static Graph run(Graph g) {
 *   return GraphRewriter.walk(
 *       g,
 *       (to, e, in) ->
 *           isSumOfSame(e)
 *               ? List.of(to.builder().emit1(MUL, in.get(0), Lit.of(e.out().type(), 2)))
 *               : to.keep(e, Twice::run));
 * }
 * }</pre>
 *
 * <p>Not thread-safe; one walk builds one graph.
 */
public final class GraphRewriter {

  /** What a pass does with one equation. */
  @FunctionalInterface
  public interface Step {
    /**
     * A value of the new graph for each result of {@code e}: those of {@link #keep}, or others,
     * made by {@link #builder} at the line of {@code e}.
     *
     * @param e as it stands in the old graph
     * @param in its operands in the new graph
     */
    List<? extends Value> results(GraphRewriter to, Eqn e, List<Value> in);
  }

  private final Builder builder;
  private final Step step;
  private Map<Value, Value> map = new HashMap<>();

  /** The equation that the step is asked about, and its operands in the new graph. */
  private @Nullable Eqn current;

  private List<Value> operands = List.of();

  /** What {@link #keep} gave for the current equation; null where it was not asked. */
  private @Nullable List<? extends Value> kept;

  private boolean changed;

  /**
   * For a graph whose parameters are not those of the old one; {@link #inline} walks.
   *
   * @param builder of the new graph
   */
  public GraphRewriter(Builder builder, Step step) {
    Given.given("GraphRewriter", "builder", builder);
    Given.given("GraphRewriter", "step", step);
    this.builder = builder;
    this.step = step;
  }

  /**
   * The graph with the parameters of {@code g} in which every equation is what {@code step} says;
   * {@code g} itself where every equation was kept as it is.
   */
  public static Graph walk(Graph g, Step step) {
    Given.given("GraphRewriter.walk", "g", g);
    GraphRewriter to = new GraphRewriter(new Builder(g.name()), step);
    List<Value> params = new ArrayList<>();
    for (Param p : g.params()) {
      params.add(to.builder.param(p));
    }
    List<Value> outs = to.results(g, params);
    return to.changed ? to.builder.build(outs) : g;
  }

  /** The graph that is built. */
  public Builder builder() {
    return builder;
  }

  /** What {@code old} is in the new graph. */
  public Value mapped(Value old) {
    return Builder.mapped(map, old);
  }

  /**
   * The equation, or another on the same operands with as many results of the same types, with its
   * operands in the new graph.
   */
  public List<? extends Value> keep(Eqn e) {
    Given.given("GraphRewriter.keep", "e", e);
    changed |= current == null || !Graphs.isSame(e, current);
    boolean known = current != null && Graphs.isSame(e.inputs(), current.inputs());
    List<? extends Value> copied = builder.copy(e, known ? operands : mapped(e.inputs()));
    kept = copied;
    return copied;
  }

  private List<Value> mapped(List<Value> olds) {
    return olds.stream().map(this::mapped).toList();
  }

  /** The equation with {@code inner} applied to the graphs in it. */
  public List<? extends Value> keep(Eqn e, UnaryOperator<Graph> inner) {
    Given.given("GraphRewriter.keep", "e", e);
    Given.given("GraphRewriter.keep", "inner", inner);
    return keep(Graphs.mapInner(e, inner));
  }

  /** {@code op} on these operands, at the line of {@code e}. */
  public List<Var> emit(Eqn e, Op op, List<? extends Value> in) {
    Given.given("GraphRewriter.emit", "e", e);
    return builder.at(e.where()).emit(op, in);
  }

  /** The results of {@code g} on these operands, every equation of it being what the step says. */
  public List<Value> inline(Graph g, List<? extends Value> args) {
    Given.given("GraphRewriter.inline", "g", g);
    Given.all("GraphRewriter.inline", "args", args);
    Map<Value, Value> outerMap = map;
    Eqn outer = current;
    List<Value> outerOperands = operands;
    map = new HashMap<>();
    List<Value> outs = results(g, args);
    map = outerMap;
    operands = outerOperands;
    current = outer;
    if (outer != null) {
      builder.at(outer.where());
    }
    changed = true;
    return outs;
  }

  private List<Value> results(Graph g, List<? extends Value> args) {
    if (args.size() != g.params().size()) {
      throw new GraphException(
          "the walk over @%s: got %d arguments, expected %d"
              .formatted(g.name(), args.size(), g.params().size()));
    }
    for (int i = 0; i < args.size(); i++) {
      map.put(g.params().get(i).var(), args.get(i));
    }
    for (Eqn e : g.eqns()) {
      builder.at(e.where());
      current = e;
      operands = mapped(e.inputs());
      kept = null;
      List<? extends Value> out = step.results(this, e, operands);
      if (out.size() != e.outputs().size()) {
        throw new GraphException(
            e.where()
                .in(
                    "the walk over @%s: %s has %d results, got %d values for them"
                        .formatted(g.name(), e.op().mnemonic(), e.outputs().size(), out.size())));
      }
      // Lists without elements may be the same one, whoever made them.
      changed |= kept == null || !Graphs.isSame(out, kept);
      for (int i = 0; i < out.size(); i++) {
        map.put(e.outputs().get(i), out.get(i));
      }
    }
    return mapped(g.outs());
  }
}
