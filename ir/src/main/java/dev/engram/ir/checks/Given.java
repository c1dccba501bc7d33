package dev.engram.ir.checks;

import dev.engram.ir.SourceLocation;
import dev.engram.ir.TypeException;
import java.util.Collection;
import java.util.Map;
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
    C there = given(who, name, all);
    int i = 0;
    for (Object x : there) {
      if (x == null) {
        throw missing(who + ": " + name + "[" + i + "]");
      }
      i++;
    }
    return there;
  }

  /**
   * {@code all}, which must be there, and each of its elements.
   *
   * @throws TypeException when it or one of them is null
   */
  public static <T> T[] all(String who, String name, T @Nullable [] all) {
    T[] there = given(who, name, all);
    for (int i = 0; i < there.length; i++) {
      if (there[i] == null) {
        throw missing(who + ": " + name + "[" + i + "]");
      }
    }
    return there;
  }

  /**
   * {@code all}, which must be there, and each of its values.
   *
   * @throws TypeException when it or one of them is null
   */
  public static <M extends Map<?, ?>> M all(String who, String name, @Nullable M all) {
    M there = given(who, name, all);
    there.forEach(
        (key, x) -> {
          if (x == null) {
            throw missing(who + ": " + name + " at " + key);
          }
        });
    return there;
  }

  private static TypeException missing(String what) {
    return new TypeException(what + " is null, expected one (" + SourceLocation.here() + ")");
  }
}
