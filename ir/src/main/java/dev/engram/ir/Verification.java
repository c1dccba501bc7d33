package dev.engram.ir;

import dev.engram.ir.checks.Given;
import dev.engram.ir.op.Control;
import java.util.ArrayList;
import java.util.List;

/**
 * Verification of all that is made on the way from a program to code, on demand.
 *
 * <p>With the system property {@code engram.verify} set, to anything but {@code false}, the graph
 * is verified as it was traced, after every derivative, batch and learning rule, after every pass
 * and before lowering, and then the loop program and its arena. Without it nothing is looked at but
 * what passes from outside make.
 */
public final class Verification {
  private static final boolean ON =
      !System.getProperty("engram.verify", "false").equalsIgnoreCase("false");

  private Verification() {}

  /** Whether {@code engram.verify} is set; the same for the life of the JVM. */
  public static boolean on() {
    return ON;
  }

  /**
   * {@code g}, verified where {@link #on} says so.
   *
   * @param maker what made it, for the error, such as {@code reverse mode}
   * @throws GraphException naming the maker, the equation and the rule that it breaks
   */
  public static Graph of(String maker, Graph g) {
    Given.given("Verification.of", "maker", maker);
    Given.given("Verification.of", "g", g);
    return ON ? always(maker, g) : g;
  }

  /**
   * {@code call}, its body and its derivative verified where {@link #on} says so.
   *
   * @param maker what made it, for the error
   * @throws GraphException as {@link #of(String, Graph)}
   */
  public static Control.Call of(String maker, Control.Call call) {
    Given.given("Verification.of", "maker", maker);
    Given.given("Verification.of", "call", call);
    if (ON) {
      Builder b = new Builder(call.body().name());
      List<Value> in = new ArrayList<>();
      call.body().params().forEach(p -> in.add(b.param(p.type(), p.role(), p.path())));
      always(maker, b.build(b.emit(call, in)));
    }
    return call;
  }

  /** {@link #of}, whatever {@link #on} says. */
  static Graph always(String maker, Graph g) {
    try {
      return Verifier.verify(g);
    } catch (GraphException e) {
      throw new GraphException(
          maker
              + " made a graph @"
              + g.name()
              + " that breaks the rules of the IR:\n"
              + e.getMessage()
              + "\nthe fault is in "
              + maker
              + ", or in the rules of an op from outside that it called; mend those, or report it",
          e);
    }
  }
}
