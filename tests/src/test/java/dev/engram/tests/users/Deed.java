package dev.engram.tests.users;

/** Something that a user does; the numbers say with what, each modulo how many there are. */
record Deed(Kind kind, int a, int b, int c) {
  enum Kind {
    /** Function a, with an argument from source b. */
    CALL,
    /** The same, a few times. */
    CALLS,
    /** The same, while the thread is interrupted. */
    CALL_INTERRUPTED,
    /** The lines of function a, outside of {@code jit}. */
    LINES,
    /** Reads state a, and keeps the value. */
    READ,
    /** Sets state b to the value of state a. */
    WRITE_BACK,
    /** Sets state b to view c of the value of state a. */
    WRITE_VIEW,
    /** Sets state a to a new tensor, which is kept. */
    SET,
    /** Sets state a to a kept tensor. */
    SET_KEPT,
    /** Closes a kept tensor, and keeps a new one. */
    CLOSE,
    /** Keeps the values of all states. */
    SNAPSHOT,
    /** State k gets the value of state k + c. */
    COPY_FROM,
    SAVE,
    LOAD,
    /** Forgets half of what was kept. */
    FORGET
  }
}
