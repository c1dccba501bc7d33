package dev.engram.jit;

import dev.engram.Compiler;

/** Holds the watcher of what a thread compiles. */
public final class Watchers {
  private static final ScopedValue<Compiler.Watcher> WATCHER = ScopedValue.newInstance();

  private Watchers() {}

  /** {@link Compiler#watch}. */
  public static void watch(Compiler.Watcher watcher, Runnable program) {
    ScopedValue.where(WATCHER, watcher).run(program);
  }

  /** Returns the watcher of the running code, or one that does nothing. */
  public static Compiler.Watcher current() {
    return WATCHER.isBound() ? WATCHER.get() : new Compiler.Watcher() {};
  }
}
