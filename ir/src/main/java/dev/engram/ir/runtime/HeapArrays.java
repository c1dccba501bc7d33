package dev.engram.ir.runtime;

import java.util.function.IntFunction;

/** Arrays of the Java heap that are as large as the user's data. */
public final class HeapArrays {
  private HeapArrays() {}

  /**
   * An array.
   *
   * @param what it holds, such as {@code the elements of f32[7]}
   * @param n its length
   * @param each bytes of an element
   * @throws OutOfMemoryError when the heap has no room for it; says what the user has called, the
   *     line, what was asked for, and how to have more
   */
  public static <A> A make(String what, int n, int each, IntFunction<A> make) {
    try {
      return make.apply(n);
    } catch (OutOfMemoryError full) {
      UserCall call = UserCall.here();
      OutOfMemoryError e =
          new OutOfMemoryError(
              "%s (%s): no %s for an array of %s in the heap: %s; do it in parts, or start Java with a larger -Xmx"
                  .formatted(
                      call.name(),
                      call.where(),
                      Bytes.text((long) n * each),
                      what,
                      full.getMessage()));
      e.initCause(full);
      throw e;
    }
  }
}
