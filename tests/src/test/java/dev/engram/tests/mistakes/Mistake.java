package dev.engram.tests.mistakes;

/**
 * A mistake of a user.
 *
 * @param what in a few words
 * @param kind the consequence
 * @param file name of the source file with the mistake
 * @param line where its row begins; it ends at the next row
 */
record Mistake(String what, Kind kind, Body body, String file, int line) {

  /** The consequence of a mistake. */
  enum Kind {
    /** An error. */
    REFUSED,
    /** A line in the log. */
    TOLD
  }

  /** Makes the mistake. */
  @FunctionalInterface
  interface Body {
    void run() throws Exception;
  }
}
