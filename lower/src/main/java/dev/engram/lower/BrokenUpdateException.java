package dev.engram.lower;

import dev.engram.ir.EngramException;
import dev.engram.ir.checks.Given;

/**
 * A run has failed, other than by a check or an interrupt, after it had begun to write results over
 * its inputs: these hold neither the values before the run nor those after it.
 */
public final class BrokenUpdateException extends EngramException {
  private static final long serialVersionUID = 1L;

  /**
   * @param program the name of what ran
   */
  public BrokenUpdateException(String program, Throwable cause) {
    super(
        "@"
            + Given.given("BrokenUpdateException", "program", program)
            + " failed while it wrote over its inputs: "
            + Given.given("BrokenUpdateException", "cause", cause),
        cause);
  }
}
