package dev.engram.tests.golden;

import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Interpreter;
import dev.engram.ir.Parser;
import dev.engram.ir.Printer;
import dev.engram.ir.passes.Pipeline;
import java.util.List;

/**
 * A way to run a graph.
 *
 * @param name as {@code // test: run NAME} writes it
 */
record Runner(String name, Run run) {

  /** Gives the results for one tensor per parameter. */
  @FunctionalInterface
  interface Run {
    List<HostTensor> on(Graph g, List<HostTensor> arguments);
  }

  /** What every other one must agree with. */
  static Runner interpreter() {
    return new Runner("interp", Interpreter::run);
  }

  /** All of them; backends join here. */
  static List<Runner> all() {
    return List.of(
        interpreter(),
        new Runner("text", (g, in) -> Interpreter.run(Parser.parse(Printer.print(g)), in)),
        new Runner("standard", (g, in) -> Interpreter.run(Pipeline.standard().run(g), in)));
  }
}
