package dev.engram.autodiff;

import dev.engram.ir.Graph;
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
import dev.engram.ir.op.Reduce;
import dev.engram.ir.op.Source;
import dev.engram.ir.passes.GraphRewriter;

/** Writes every {@link Control.Transposed} out, so that a linear map can be run as it is. */
public final class ExpandTransposes {
  private ExpandTransposes() {}

  /** {@code g}, which computes the same, without transposes of others. */
  public static Graph run(Graph g) {
    Given.given("ExpandTransposes.run", "g", g);
    return GraphRewriter.walk(
        g,
        (to, e, in) ->
            switch (e.op()) {
              case Control.Transposed t -> to.inline(Transpose.of(t.backward(), t.residuals()), in);
              // its rule is no part of what it computes
              case Control.Call c -> {
                Graph body = run(c.body());
                yield body.equals(c.body())
                    ? to.keep(e)
                    : to.emit(e, new Control.Call(body, c.derivative()), in);
              }
              case Control.Scan _, Control.While _, Control.Cond _ ->
                  to.keep(e, ExpandTransposes::run);
              case Elementwise _, Cast _, Reduce _, Dot _, Move _, Index _ -> to.keep(e);
              case Source _, Check _, HostEffect _, Custom _ -> to.keep(e);
            });
  }
}
