package dev.engram.tests.random;

import dev.engram.ir.Graph;
import dev.engram.ir.GraphEquality;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Verifier;
import dev.engram.ir.interpret.Interpreter;
import dev.engram.ir.text.OpTable;
import dev.engram.ir.text.Parser;
import dev.engram.ir.text.Printer;
import dev.engram.sparse.EventProduct;
import dev.engram.testkit.Close;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * Laws that hold for every program. Each takes the thing under test as an argument, so that it can
 * be tested on one with a planted fault. A law returns false if it does not apply to the program,
 * and throws an {@link AssertionError} if it is broken.
 */
public final class Laws {
  private static final OpTable OPS = EventProduct.in(OpTable.standard());

  private Laws() {}

  public static AssertionError broken(Program p, String what) {
    return new AssertionError(what + "\n" + p);
  }

  /** The verifier accepts it. */
  public static boolean verifies(Program p) {
    List<Verifier.Finding> findings = Verifier.findings(p.graph());
    if (!findings.isEmpty()) {
      throw broken(p, findings.toString());
    }
    return true;
  }

  /** The text parses to the same graph, which prints the same text. */
  public static boolean roundTrip(Program p, Function<Graph, String> printer) {
    String text = printer.apply(p.graph());
    Graph back = Parser.parse(text, OPS);
    Optional<String> difference = GraphEquality.difference(p.graph(), back);
    if (difference.isPresent()) {
      throw broken(p, "read back: " + difference.get());
    }
    if (!printer.apply(back).equals(text)) {
      throw broken(p, "printed again: " + Printer.print(back));
    }
    return true;
  }

  /** The pass preserves every bit of every result. */
  public static boolean keepsBits(Program p, UnaryOperator<Graph> pass) {
    Graph after = Verifier.verify(pass.apply(p.graph()));
    List<HostTensor> want = Interpreter.run(p.graph(), p.args());
    List<HostTensor> got = Interpreter.run(after, p.args());
    for (int i = 0; i < want.size(); i++) {
      if (!want.get(i).sameBits(got.get(i))) {
        throw broken(p, differs(i, got.get(i), want.get(i)) + "\nafter " + Printer.print(after));
      }
    }
    return true;
  }

  /** The pass preserves the results up to rounding. */
  public static boolean keepsValues(Program p, UnaryOperator<Graph> pass) {
    return agrees(p, (g, args) -> Interpreter.run(Verifier.verify(pass.apply(g)), args));
  }

  /** Another way to run the program has the results of the interpreter, up to rounding. */
  public static boolean agrees(Program p, Ways.Way way) {
    close(p, "", way.run(p.graph(), p.args()), Interpreter.run(p.graph(), p.args()));
    return true;
  }

  /** Two ways to run the program yield the same bits. */
  public static boolean sameBits(Program p, Ways.Way one, Ways.Way other) {
    List<HostTensor> want = one.run(p.graph(), p.args());
    List<HostTensor> got = other.run(p.graph(), p.args());
    for (int i = 0; i < want.size(); i++) {
      if (!want.get(i).sameBits(got.get(i))) {
        throw broken(p, differs(i, got.get(i), want.get(i)));
      }
    }
    return true;
  }

  public static void close(Program p, String what, List<HostTensor> got, List<HostTensor> want) {
    if (got.size() != want.size()) {
      throw broken(p, what + "got " + got.size() + " results, expected " + want.size());
    }
    for (int i = 0; i < want.size(); i++) {
      boolean same =
          got.get(i).type().equals(want.get(i).type()) && got.get(i).sameBits(want.get(i));
      if (!same && !want.get(i).dtype().isFloat()) {
        throw broken(p, what + differs(i, got.get(i), want.get(i)));
      }
      try {
        Close.check(what + "result " + i, got.get(i), want.get(i));
      } catch (AssertionError e) {
        throw broken(p, e.getMessage());
      }
    }
  }

  private static String differs(int result, HostTensor got, HostTensor want) {
    return "result "
        + result
        + " is "
        + Printer.elements(got)
        + ", expected "
        + Printer.elements(want);
  }
}
