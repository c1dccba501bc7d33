package dev.engram;

/** Who sees what a thread compiles. */
final class Watchers {
  private static final ScopedValue<Compiler.Watcher> WATCHER = ScopedValue.newInstance();

  private Watchers() {}

  /** {@link Compiler#watch}. */
  static void watch(Compiler.Watcher watcher, Runnable program) {
    ScopedValue.where(WATCHER, watcher).run(program);
  }

  /** The watcher of the running code; one that does nothing where there is none. */
  static Compiler.Watcher current() {
    return WATCHER.isBound() ? WATCHER.get() : new Compiler.Watcher() {};
  }
}
