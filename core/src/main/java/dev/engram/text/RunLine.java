package dev.engram.text;

import dev.engram.ir.DType;
import dev.engram.ir.EngramException;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.op.HostEffect;
import dev.engram.ir.text.Parser;
import dev.engram.ir.text.Printer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.BiPredicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A line of a file that says what a run does: {@code // run: @f(ARGUMENTS) == RESULTS} to the bit,
 * {@code ~= RESULTS} up to rounding, {@code fails "MESSAGE"}, or {@code prints "LINE" "LINE"} with
 * all printed lines.
 */
public record RunLine(String graph, String arguments, String relation, String results) {
  private static final Pattern FORM =
      Pattern.compile("// run: @([\\w$.]+)\\((.*)\\) (==|~=|fails|prints) ?(.*)");

  /** Runs a graph: takes one tensor for each parameter, returns one for each result. */
  @FunctionalInterface
  public interface Runner {
    List<HostTensor> run(Graph g, List<HostTensor> arguments);
  }

  /**
   * Parses {@code line}, if it is such a line.
   *
   * @throws EngramException when it starts like one but is malformed
   */
  public static Optional<RunLine> parse(String line) {
    if (!line.startsWith("// run:")) {
      return Optional.empty();
    }
    Matcher m = FORM.matcher(line);
    if (!m.matches()) {
      throw new EngramException(
          "found `" + line + "`, expected `// run: @f(arguments) == results`, ~=, fails or prints");
    }
    return Optional.of(new RunLine(m.group(1), m.group(2), m.group(3), m.group(4)));
  }

  /** Returns the line as it should be: unchanged when {@code runner} returns what it says. */
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
    List<HostTensor> out = new ArrayList<>();
    List<String> lines = new ArrayList<>();
    try {
      HostEffect.to(lines::add, () -> out.addAll(runner.run(g, in)));
    } catch (EngramException e) {
      return "fails \"" + e.getMessage() + "\"";
    }
    if (relation.equals("prints")) {
      return lines.stream()
          .map(l -> "\"" + l.replace("\n", "\\n") + "\"")
          .collect(Collectors.joining(" ", "prints ", ""))
          .stripTrailing();
    }
    String given = out.stream().map(RunLine::text).collect(Collectors.joining(", "));
    boolean same =
        switch (relation) {
          case "~=" -> agree(g.outTypes(), out, RunLine::near);
          case "==" -> agree(g.outTypes(), out, RunLine::equal);
          default -> false;
        };
    return (relation.equals("fails") ? "==" : relation) + " " + (same ? results : given);
  }

  /** Prints all NaNs alike, since their bits depend on the machine. */
  private static String text(HostTensor t) {
    return Printer.elements(t).replaceAll("nan\\(0x[0-9a-f]+\\)", "nan");
  }

  private boolean agree(
      List<TensorType> types, List<HostTensor> out, BiPredicate<HostTensor, HostTensor> agrees) {
    List<HostTensor> expected;
    try {
      expected = Parser.values(results, types);
    } catch (EngramException e) {
      return false;
    }
    for (int i = 0; i < types.size(); i++) {
      if (!agrees.test(expected.get(i), out.get(i))) {
        return false;
      }
    }
    return true;
  }

  private static boolean equal(HostTensor expected, HostTensor got) {
    boolean same = true;
    for (long k = 0; k < expected.type().size(); k++) {
      boolean nan = Double.isNaN(expected.getDouble(k)) && Double.isNaN(got.getDouble(k));
      same &= nan || expected.bits(k) == got.bits(k);
    }
    return same;
  }

  /**
   * True for tensors of the same type whose elements differ at most by rounding; NaN equals itself.
   */
  public static boolean near(HostTensor expected, HostTensor got) {
    return got.type().equals(expected.type()) && firstFar(expected, got).isEmpty();
  }

  /** The place of the first element that is not near, in two tensors of the same type. */
  public static OptionalLong firstFar(HostTensor expected, HostTensor got) {
    for (long k = 0; k < expected.type().size(); k++) {
      boolean near =
          expected.dtype().isFloat()
              ? near(got.getDouble(k), expected.getDouble(k), epsilon(expected.dtype()))
              : got.bits(k) == expected.bits(k);
      if (!near) {
        return OptionalLong.of(k);
      }
    }
    return OptionalLong.empty();
  }

  // |a - b| ≤ ε (1 + |b|) if both are finite; for infinite b it would hold for any a.
  private static boolean near(double a, double b, double epsilon) {
    return Double.compare(a, b) == 0
        || (Double.isFinite(a)
            && Double.isFinite(b)
            && Math.abs(a - b) <= epsilon * (1 + Math.abs(b)));
  }

  private static double epsilon(DType dtype) {
    return switch (dtype) {
      case F32 -> 1e-5;
      case F64 -> 1e-12;
      case F16 -> 2e-3;
      case BF16 -> 1.6e-2;
      case I8, I16, I32, I64, U8, BOOL -> 0;
    };
  }

  /** Describes the tolerance, for error messages: {@code within 1e-5·(1 + |expected|)}. */
  public Optional<String> allowance(List<Graph> graphs) {
    if (!relation.equals("~=")) {
      return Optional.empty();
    }
    return graphs.stream()
        .filter(g -> g.name().equals(graph))
        .flatMap(g -> g.outTypes().stream())
        .map(TensorType::dtype)
        .filter(DType::isFloat)
        .distinct()
        .map(t -> t.name().toLowerCase(Locale.ROOT) + " within " + epsilon(t) + "·(1 + |expected|)")
        .reduce((x, y) -> x + ", " + y);
  }

  /** Returns the line as it is written in the file. */
  @Override
  public String toString() {
    return "// run: @" + graph + "(" + arguments + ") " + relation + " " + results;
  }
}
