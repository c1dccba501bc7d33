package dev.engram.cli.text;

import dev.engram.ir.DType;
import dev.engram.ir.EngramException;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Parser;
import dev.engram.ir.Printer;
import dev.engram.ir.TensorType;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * {@code // run: @f(ARGUMENTS) == RESULTS} to the bit, {@code ~= RESULTS} up to rounding, or {@code
 * fails "MESSAGE"}.
 */
public record RunLine(String graph, String arguments, String relation, String results) {
  private static final Pattern FORM =
      Pattern.compile("// run: @([\\w$.]+)\\((.*)\\) (==|~=|fails) ?(.*)");

  /** A way to run a graph: one tensor for each parameter to one for each result. */
  @FunctionalInterface
  public interface Runner {
    List<HostTensor> run(Graph g, List<HostTensor> arguments);
  }

  /**
   * The run that {@code line} describes, if it is such a line.
   *
   * @throws EngramException when it starts like one and is none
   */
  public static Optional<RunLine> parse(String line) {
    if (!line.startsWith("// run:")) {
      return Optional.empty();
    }
    Matcher m = FORM.matcher(line);
    if (!m.matches()) {
      throw new EngramException(
          "found `" + line + "`, expected `// run: @f(arguments) == results`, ~= or fails");
    }
    return Optional.of(new RunLine(m.group(1), m.group(2), m.group(3), m.group(4)));
  }

  /** The line as it should be: unchanged when {@code runner} gives what it says. */
  public String answer(List<Graph> graphs, Runner runner) {
    Graph g =
        graphs.stream()
            .filter(x -> x.name().equals(graph))
            .findFirst()
            .orElseThrow(() -> new EngramException("run: there is no graph @" + graph));
    return "// run: @" + graph + "(" + arguments + ") " + outcome(g, runner);
  }

  private String outcome(Graph g, Runner runner) {
    List<HostTensor> in = Parser.values(arguments, g.paramTypes());
    List<HostTensor> out;
    try {
      out = runner.run(g, in);
    } catch (EngramException e) {
      return "fails \"" + e.getMessage() + "\"";
    }
    String given = out.stream().map(RunLine::text).collect(Collectors.joining(", "));
    boolean same = relation.equals("~=") && near(g.outTypes(), out);
    return (relation.equals("fails") ? "==" : relation) + " " + (same ? results : given);
  }

  /** The bits of a NaN are the machine's own affair. */
  private static String text(HostTensor t) {
    return Printer.elements(t).replaceAll("nan\\(0x[0-9a-f]+\\)", "nan");
  }

  private boolean near(List<TensorType> types, List<HostTensor> out) {
    List<HostTensor> expected;
    try {
      expected = Parser.values(results, types);
    } catch (EngramException e) {
      return false;
    }
    for (int i = 0; i < types.size(); i++) {
      if (!near(expected.get(i), out.get(i))) {
        return false;
      }
    }
    return true;
  }

  /** True for tensors of one type whose elements differ by rounding at most; NaN equals itself. */
  public static boolean near(HostTensor expected, HostTensor got) {
    if (!got.type().equals(expected.type())) {
      return false;
    }
    for (long k = 0; k < expected.type().size(); k++) {
      if (!near(expected.dtype(), got.getDouble(k), expected.getDouble(k))) {
        return false;
      }
    }
    return true;
  }

  // |a - b| ≤ ε (1 + |b|)
  private static boolean near(DType dtype, double a, double b) {
    double epsilon =
        switch (dtype) {
          case F32 -> 1e-5;
          case F64 -> 1e-12;
          case F16 -> 2e-3;
          case BF16 -> 1.6e-2;
          case I8, I16, I32, I64, U8, BOOL -> 0;
        };
    return Double.compare(a, b) == 0 || Math.abs(a - b) <= epsilon * (1 + Math.abs(b));
  }

  /** As it stands in the file. */
  @Override
  public String toString() {
    return "// run: @" + graph + "(" + arguments + ") " + relation + " " + results;
  }
}
