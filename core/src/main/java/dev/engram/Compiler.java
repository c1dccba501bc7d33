package dev.engram;

import dev.engram.ir.Graph;
import dev.engram.ir.Interpreter;
import dev.engram.ir.passes.Pipeline;

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
    Graph simplified = Pipeline.standard().run(g);
    return args -> Interpreter.run(simplified, args);
  }
}
