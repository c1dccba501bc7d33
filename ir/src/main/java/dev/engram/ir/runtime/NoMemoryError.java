package dev.engram.ir.runtime;

import dev.engram.ir.SourceLocation;

/**
 * There is not the memory outside the heap that something needs: says what it is and for which of
 * the user's lines, how many bytes, what is held, and how to have more. Who knows better what the
 * memory was for, or whose line it is, throws {@link #asking} or {@link #in} instead.
 */
public final class NoMemoryError extends OutOfMemoryError {
  private static final long serialVersionUID = 1L;

  private final transient Need need;

  /**
   * What is said.
   *
   * @param op which op, or what the user called
   * @param known whether {@code op} is of the program that runs, and not only what was called
   * @param asked what the bytes are for
   * @param why what is held and how to have more
   */
  private record Need(
      String op, SourceLocation where, boolean known, long bytes, String asked, String why) {
    @Override
    public String toString() {
      String text = "no %s for %s outside the heap: %s".formatted(Bytes.text(bytes), asked, why);
      return op.isEmpty() ? text : "%s (%s): %s".formatted(op, where, text);
    }
  }

  private NoMemoryError(Need need, Throwable cause) {
    super(need.toString());
    this.need = need;
    initCause(cause);
  }

  /** In the name of what the user has called. */
  static NoMemoryError here(long bytes, String asked, String why, OutOfMemoryError cause) {
    UserCall call = UserCall.here();
    return new NoMemoryError(new Need(call.name(), call.where(), false, bytes, asked, why), cause);
  }

  /** The same, of memory for {@code what}. */
  public NoMemoryError asking(String what) {
    return with(new Need(need.op, need.where, need.known, need.bytes, what, need.why));
  }

  /** The same, with more said of what the memory is for. */
  public NoMemoryError adding(String more) {
    return asking(need.asked + more);
  }

  /** The same, in the name of an op of the user's program; inner ops have named themselves. */
  public NoMemoryError in(String op, SourceLocation at) {
    return need.known || !at.isKnown()
        ? this
        : with(new Need(op, at, true, need.bytes, need.asked, need.why));
  }

  /**
   * The same, in the name of what the user has called to come here: another thread, or a backend
   * that is not the library's, may have found it out.
   */
  public NoMemoryError here() {
    UserCall call = UserCall.here();
    return in(call.name(), call.where());
  }

  private NoMemoryError with(Need other) {
    return new NoMemoryError(other, getCause());
  }
}
