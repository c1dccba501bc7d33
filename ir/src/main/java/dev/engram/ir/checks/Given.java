package dev.engram.ir.checks;

import dev.engram.ir.TypeException;
import dev.engram.ir.Where;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** Checks that what a user gives is there. */
public final class Given {
  private Given() {}

  /**
   * {@code x}, which must be there.
   *
   * @param who the class or method that takes it, for the error
   * @param name its name there
   * @throws TypeException when it is null
   */
  public static <T> T given(String who, String name, @Nullable T x) {
    if (x == null) {
      throw missing(who + ": " + name);
    }
    return x;
  }

  /**
   * {@code x}, which must be there.
   *
   * @param what names it in the error
   * @throws TypeException when it is null
   */
  public static <T> T given(String what, @Nullable T x) {
    if (x == null) {
      throw missing(what);
    }
    return x;
  }

  /**
   * {@code all}, which must be there, and each of its elements.
   *
   * @throws TypeException when it or one of them is null
   */
  public static <C extends Collection<?>> C all(String who, String name, @Nullable C all) {
    if (all == null) {
      throw missing(who + ": " + name);
    }
    int i = 0;
    for (Object x : all) {
      if (x == null) {
        throw missing(who + ": " + name + "[" + i + "]");
      }
      i++;
    }
    return all;
  }

  private static TypeException missing(String what) {
    return new TypeException(what + " is null, expected one (" + Where.here() + ")");
  }
}
