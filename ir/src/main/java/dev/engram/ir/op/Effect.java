package dev.engram.ir.op;

import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.Value;
import dev.engram.ir.checks.Given;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * What an op does besides giving its results. Passes ask {@link Op#effects} and nobody else: an op
 * without effects may be left out, shared, moved, and computed before the run.
 */
public enum Effect {
  /** Can stop the run: it is kept though nobody reads it, and never done sooner than others. */
  CHECK,

  /**
   * Tells the host something, in the order of the tokens that it takes and gives, as often as it is
   * written. It is left out where nobody reads its token.
   */
  HOST,

  /** Asks the other examples of a batch: nobody else knows its results before the run. */
  COLLECTIVE,

  /** Holds other ops back: it gives what it gets, and what it waits for is kept. */
  ORDER;

  /** All that the equations of {@code g} do. */
  public static Set<Effect> of(Graph g) {
    Given.given("Effect.of", "g", g);
    Set<Effect> all = EnumSet.noneOf(Effect.class);
    g.eqns().forEach(e -> all.addAll(of(e)));
    return all;
  }

  /** All that one equation does. */
  public static Set<Effect> of(Eqn e) {
    Given.given("Effect.of", "e", e);
    return e.op().effects(e.inputs().stream().map(Value::type).toList());
  }

  /** All that the equations of these graphs do. */
  static Set<Effect> of(List<Graph> graphs) {
    Set<Effect> all = EnumSet.noneOf(Effect.class);
    graphs.forEach(g -> all.addAll(of(g)));
    return all;
  }
}
