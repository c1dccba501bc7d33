package dev.engram.ir.passes;

import dev.engram.ir.Builder;
import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.Value;
import dev.engram.ir.checks.Given;
import dev.engram.ir.op.Check;
import java.util.List;

/**
 * Checks every float result of every equation, inner graphs included: a NaN or an infinity stops
 * the run with the op that made it, its position, and the user's line.
 */
public final class CheckNumerics {
  private CheckNumerics() {}

  /** Returns {@code g} with these checks. */
  public static Graph run(Graph g) {
    Given.given("CheckNumerics.run", "g", g);
    return GraphRewriter.walk(
        g,
        (to, e, _) -> {
          List<? extends Value> out = to.keep(e, CheckNumerics::run);
          return e.op() instanceof Check || out.stream().noneMatch(CheckNumerics::isFloat)
              ? out
              : out.stream().map(y -> isFloat(y) ? checked(to.builder(), e, y) : y).toList();
        });
  }

  private static boolean isFloat(Value v) {
    return v.type().dtype().isFloat();
  }

  private static Value checked(Builder b, Eqn e, Value y) {
    return b.emit1(new Check.Finite(e.op().mnemonic()), y);
  }
}
