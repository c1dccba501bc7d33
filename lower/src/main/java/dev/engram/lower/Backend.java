package dev.engram.lower;

/**
 * Compiles loop programs to executable code. Backends are found by {@link java.util.ServiceLoader}.
 */
public interface Backend {
  /** Returns the name by which a user selects this backend, such as {@code cpu}. */
  String name();

  /** Compiles {@code program}; thread-safe, called once per program. */
  CompiledProgram compile(LoopProgram program);
}
