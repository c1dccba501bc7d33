package dev.engram.ir;

import dev.engram.ir.checks.Given;

/**
 * A run that ended in a loop because its thread was interrupted. States keep the values that they
 * had before the run, and the thread's interrupt status stays set.
 */
public final class InterruptedRunException extends RunException {
  private static final long serialVersionUID = 1L;

  private InterruptedRunException(String message) {
    super(message);
  }

  /**
   * Called before each step of a loop.
   *
   * @param program the name of what runs
   * @param step of the loop
   * @throws InterruptedRunException when the calling thread is interrupted
   */
  public static void check(String program, long step) {
    check(Thread.currentThread(), program, step);
  }

  /**
   * The same for a thread that works for another one.
   *
   * @param caller the thread that runs the program
   * @throws InterruptedRunException when {@code caller} is interrupted
   */
  public static void check(Thread caller, String program, long step) {
    Given.given("InterruptedRunException.check", "caller", caller);
    if (caller.isInterrupted()) {
      Given.given("InterruptedRunException.check", "program", program);
      throw new InterruptedRunException(
          "@"
              + program
              + ": the calling thread was interrupted, so the run ended before step "
              + step
              + " of a loop; states have the values from before the run");
    }
  }

  /** For a thread that was interrupted while it waited to write {@code state}. */
  public static InterruptedRunException waiting(String state) {
    Given.given("InterruptedRunException.waiting", "state", state);
    return new InterruptedRunException(
        "the calling thread was interrupted while it waited to set "
            + state
            + ", which another thread is setting; nothing was changed");
  }
}
