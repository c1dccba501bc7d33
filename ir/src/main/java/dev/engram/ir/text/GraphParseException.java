package dev.engram.ir.text;

import dev.engram.ir.EngramException;

/** Text that is not a graph: says where, what was found, and what was expected. */
public final class GraphParseException extends EngramException {
  private static final long serialVersionUID = 1L;

  private final int line;
  private final int column;

  /**
   * @param line 1-based
   * @param column 1-based, in UTF-16 units
   */
  public GraphParseException(int line, int column, String problem) {
    super("line " + line + ", column " + column + ": " + problem);
    this.line = line;
    this.column = column;
  }

  /** The line of the fault, 1-based. */
  public int line() {
    return line;
  }

  /** The column of the fault, 1-based. */
  public int column() {
    return column;
  }
}
