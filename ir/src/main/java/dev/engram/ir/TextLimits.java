package dev.engram.ir;

import dev.engram.ir.text.Parser;
import dev.engram.ir.text.Printer;

/**
 * How large a text may be that {@link Parser} reads, so that a text from a stranger costs memory
 * and time in proportion to its length. {@link #standard} reads whatever {@link Printer} writes of
 * programs that a machine can hold; raise one limit with {@code TextLimits.standard().with…}.
 *
 * @param depth graphs inside of graphs, at most {@value #DEEPEST}, for the stack's sake
 * @param equations in all graphs of a text
 * @param name characters of a variable's or a graph's name, and of a parameter's path
 * @param string characters of another string
 * @param number characters of a number
 * @param rank axes of a shape, at most {@value #DEEPEST}
 * @param elements of a type: nothing is allocated for it, until the graph is run
 * @param constant elements of a constant whose data stands in the text
 */
public record TextLimits(
    int depth,
    int equations,
    int name,
    int string,
    int number,
    int rank,
    long elements,
    long constant) {
  private static final int DEEPEST = 250;

  private static final TextLimits STANDARD =
      new TextLimits(100, 1_000_000, 4096, 65_536, 400, 64, Long.MAX_VALUE, 1L << 30);

  public TextLimits {
    check("depth", depth, DEEPEST);
    check("equations", equations, Integer.MAX_VALUE);
    check("name", name, Integer.MAX_VALUE);
    check("string", string, Integer.MAX_VALUE);
    check("number", number, Integer.MAX_VALUE);
    check("rank", rank, DEEPEST);
    check("elements", elements, Long.MAX_VALUE);
    check("constant", constant, Long.MAX_VALUE);
  }

  private static void check(String name, long limit, long most) {
    if (limit < 0 || limit > most) {
      throw new EngramException(
          "TextLimits: %s is %d, expected 0 to %d (%s)"
              .formatted(name, limit, most, SourceLocation.here()));
    }
  }

  /**
   * 100 graphs inside of graphs, a million equations, names of 4096, strings of 65,536 and numbers
   * of 400 characters, 64 axes, constants of 2<sup>30</sup> elements.
   */
  public static TextLimits standard() {
    return STANDARD;
  }

  /** At most {@code n} graphs inside of graphs. */
  public TextLimits withDepth(int n) {
    return new TextLimits(n, equations, name, string, number, rank, elements, constant);
  }

  /** At most {@code n} equations. */
  public TextLimits withEquations(int n) {
    return new TextLimits(depth, n, name, string, number, rank, elements, constant);
  }

  /** At most {@code n} characters of a name or a path. */
  public TextLimits withName(int n) {
    return new TextLimits(depth, equations, n, string, number, rank, elements, constant);
  }

  /** At most {@code n} characters of another string. */
  public TextLimits withString(int n) {
    return new TextLimits(depth, equations, name, n, number, rank, elements, constant);
  }

  /** At most {@code n} characters of a number. */
  public TextLimits withNumber(int n) {
    return new TextLimits(depth, equations, name, string, n, rank, elements, constant);
  }

  /** At most {@code n} axes. */
  public TextLimits withRank(int n) {
    return new TextLimits(depth, equations, name, string, number, n, elements, constant);
  }

  /** At most {@code n} elements of a type. */
  public TextLimits withElements(long n) {
    return new TextLimits(depth, equations, name, string, number, rank, n, constant);
  }

  /** At most {@code n} elements of a constant. */
  public TextLimits withConstant(long n) {
    return new TextLimits(depth, equations, name, string, number, rank, elements, n);
  }
}
