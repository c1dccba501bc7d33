package dev.engram;

import dev.engram.ir.Graph;
import dev.engram.ir.Interpreter;

/**
 * How graphs are run.
 *
 * @param backend {@code interpreter}
 */
public record Compiler(String backend) {

  /** The backend that the system property {@code engram.backend} names. */
  public static Compiler standard() {
    return new Compiler(System.getProperty("engram.backend", "interpreter"));
  }

  public Executable compile(Graph g) {
    return args -> Interpreter.run(g, args);
  }
}
