package dev.engram.jit;

import dev.engram.Compiler;

/** Who sees what a thread compiles. */
public final class Watchers {
  private static final ScopedValue<Compiler.Watcher> WATCHER = ScopedValue.newInstance();

  private Watchers() {}

  /** {@link Compiler#watch}. */
  public static void watch(Compiler.Watcher watcher, Runnable program) {
    ScopedValue.where(WATCHER, watcher).run(program);
  }

  /** The watcher of the running code; one that does nothing where there is none. */
  public static Compiler.Watcher current() {
    return WATCHER.isBound() ? WATCHER.get() : new Compiler.Watcher() {};
  }
}
