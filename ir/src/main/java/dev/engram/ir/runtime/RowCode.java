package dev.engram.ir.runtime;

import dev.engram.ir.RunException;
import dev.engram.ir.SourceLocation;

/**
 * Marks the threads that run functions of users' rows. They do so in the middle of a program, in
 * any of its threads, so they may use their operands alone: a state that the program writes, or a
 * program that is running, would be waited for until the function has ended, which it never has.
 */
public final class RowCode implements AutoCloseable {
  private static final ThreadLocal<RowCode> OF_THREAD = ThreadLocal.withInitial(RowCode::new);

  /**
   * False until this thread, or maybe another, has run a row of a user, so that programs without
   * any pay nothing. Not volatile: each thread asks only about itself.
   */
  private static boolean some;

  private int depth;

  private RowCode() {}

  /** From here on this thread runs such functions, until what is returned is closed. */
  public static RowCode enter() {
    if (!some) {
      some = true;
    }
    RowCode mine = OF_THREAD.get();
    mine.depth++;
    return mine;
  }

  @Override
  public void close() {
    depth--;
  }

  /** True where this thread is in such a function. */
  public static boolean isRunning() {
    return some && OF_THREAD.get().depth > 0;
  }

  /**
   * The error of who has done there what it must not.
   *
   * @param what it is, such as {@code state h is read}
   */
  public static RunException refused(String what) {
    return new RunException(
        what
            + " by the function of a row ("
            + SourceLocation.here()
            + "), which may use its operands alone; make what it needs one of them");
  }
}
