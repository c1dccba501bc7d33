package dev.engram.autodiff;

import dev.engram.ir.EngramException;

/**
 * A function cannot be differentiated or batched; the message names the op, the rule and the fix.
 */
public final class AutodiffException extends EngramException {
  private static final long serialVersionUID = 1L;

  /** An error with this message: what was got, what is expected, the user's line and the fix. */
  public AutodiffException(String message) {
    super(message);
  }
}
