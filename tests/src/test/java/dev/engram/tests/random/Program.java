package dev.engram.tests.random;

import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.text.Printer;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Collectors;

/** A graph with arguments. */
public record Program(Graph graph, List<HostTensor> args, int data) {

  /** Returns a source for further tensors of this program; the same each time. */
  public SplittableRandom random() {
    return new SplittableRandom(data ^ 0x5DEECE66DL);
  }

  public List<Boolean> floatParams() {
    return graph.paramTypes().stream().map(t -> t.dtype().isFloat()).toList();
  }

  /** Returns the program as in a golden file. */
  @Override
  public String toString() {
    String values = args.stream().map(Printer::elements).collect(Collectors.joining(", "));
    return "\n"
        + Printer.print(graph, Printer.Style.NO_LINES)
        + "// run: @"
        + graph.name()
        + "("
        + values
        + ") ==\n";
  }
}
