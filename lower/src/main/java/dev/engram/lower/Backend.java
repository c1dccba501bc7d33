package dev.engram.lower;

/**
 * Something that turns loop programs into executable code, found by {@link
 * java.util.ServiceLoader}.
 */
public interface Backend {
  /** The name a user selects this backend by, such as {@code cpu}. */
  String name();

  /** Code for {@code program}; thread-safe, called once per program. */
  CompiledProgram compile(LoopProgram program);
}
