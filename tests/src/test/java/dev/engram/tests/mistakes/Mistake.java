package dev.engram.tests.mistakes;

/**
 * A mistake of a user.
 *
 * @param what in a few words
 * @param kind what comes of it
 * @param file name of the source file with the mistake
 * @param line where its row begins; it goes on to the next row's
 */
record Mistake(String what, Kind kind, Body body, String file, int line) {

  /** What comes of a mistake. */
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
