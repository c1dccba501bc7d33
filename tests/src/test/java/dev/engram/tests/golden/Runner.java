package dev.engram.tests.golden;

import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.interpret.Interpreter;
import dev.engram.ir.passes.Pipeline;
import dev.engram.ir.text.Parser;
import dev.engram.ir.text.Printer;
import dev.engram.lower.Backend;
import dev.engram.lower.Lowering;
import dev.engram.lower.RunOperands;
import dev.engram.lower.interpret.LoopInterpreter;
import dev.engram.tests.cuda.CardBackend;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;

/**
 * Runs a graph.
 *
 * @param name as in {@code // test: run NAME}
 */
record Runner(String name, Run run) {

  /** Returns the results for one tensor per parameter. */
  @FunctionalInterface
  interface Run {
    List<HostTensor> on(Graph g, List<HostTensor> arguments);
  }

  /** The reference runner, with which all others must agree. */
  static Runner interpreter() {
    return new Runner("interp", Interpreter::run);
  }

  /** Returns all runners, including every backend. */
  static List<Runner> all() {
    List<Runner> runners = new ArrayList<>();
    runners.add(interpreter());
    runners.add(new Runner("text", (g, in) -> Interpreter.run(Parser.parse(Printer.print(g)), in)));
    runners.add(new Runner("standard", (g, in) -> Interpreter.run(Pipeline.standard().run(g), in)));
    runners.add(on(new LoopInterpreter()));
    // GoldenTextsTest is for the stand-in of a card, whose compiler takes a second for each file.
    ServiceLoader.load(Backend.class).stream()
        .filter(p -> p.type() != CardBackend.class)
        .map(ServiceLoader.Provider::get)
        .filter(b -> !b.devices().isEmpty())
        .forEach(b -> runners.add(on(b)));
    return List.copyOf(runners);
  }

  private static Runner on(Backend b) {
    return new Runner(
        b.name(), (g, in) -> RunOperands.run(b, Lowering.lower(g, List.of(), b.lowering()), in));
  }
}
