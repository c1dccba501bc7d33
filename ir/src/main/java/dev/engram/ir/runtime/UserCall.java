package dev.engram.ir.runtime;

import dev.engram.ir.SourceLocation;
import java.lang.StackWalker.StackFrame;
import java.util.Iterator;
import java.util.stream.Stream;

/**
 * The call by which the user's code has come into the library, for errors of what lies deep in it.
 *
 * @param name the method called, {@code eye}; a class where it is made; empty on a thread of the
 *     library
 * @param where the user's line
 */
record UserCall(String name, SourceLocation where) {
  private static final StackWalker WALKER =
      StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE);

  /** The innermost one of the calling thread. */
  static UserCall here() {
    return WALKER.walk(UserCall::innermost);
  }

  private static UserCall innermost(Stream<StackFrame> frames) {
    String name = "";
    for (Iterator<StackFrame> all = frames.iterator(); all.hasNext(); ) {
      StackFrame f = all.next();
      if (!LibraryClasses.has(f.getDeclaringClass())) {
        return new UserCall(name, SourceLocation.of(f));
      }
      if (LibraryClasses.hasOwn(f.getDeclaringClass())) {
        name = name(f);
      }
    }
    return new UserCall("", SourceLocation.UNKNOWN);
  }

  private static String name(StackFrame f) {
    String method = f.getMethodName();
    if (method.startsWith("<")) {
      Class<?> made = f.getDeclaringClass();
      while (made.isAnonymousClass()) {
        made = made.getEnclosingClass();
      }
      return made.getSimpleName();
    }
    // what a method such as grad returns: lambda$grad$0
    String[] parts = method.split("\\$", -1);
    return method.startsWith("lambda$") ? parts[1] : method;
  }
}
