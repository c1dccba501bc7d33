package dev.engram.ir.passes;

import dev.engram.ir.Graph;
import dev.engram.ir.checks.Given;
import dev.engram.ir.op.Control;

/** Puts the body of every call in its place, whatever its derivative: for after differentiation. */
public final class Inline {
  private Inline() {}

  /** Returns {@code g} without calls, inner graphs included. */
  public static Graph run(Graph g) {
    Given.given("Inline.run", "g", g);
    return GraphRewriter.walk(
        g,
        (to, e, in) ->
            e.op() instanceof Control.Call call
                ? to.inline(call.body(), in)
                : to.keep(e, Inline::run));
  }
}
