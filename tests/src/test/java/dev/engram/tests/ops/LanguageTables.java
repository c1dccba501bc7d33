package dev.engram.tests.ops;

import dev.engram.ir.DType;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Role;
import dev.engram.ir.Shape;
import dev.engram.ir.TensorType;
import dev.engram.ir.TextLimits;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.ElementwiseRow;
import dev.engram.ir.op.HostEffect;
import dev.engram.ir.op.Op;
import dev.engram.ir.op.Reduce;
import dev.engram.ir.op.RowSignature;
import dev.engram.ir.text.OpTable;
import java.io.IOException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The tables of {@code docs/IR.md}. */
final class LanguageTables {
  private static final Path RESOURCES =
      Path.of(System.getProperty("engram.root"), "tests", "src", "test", "resources");
  private static final String EXAMPLES = "../tests/src/test/resources/ir/language/examples.ir";

  /** A graph and the text after it up to the next one. */
  private static final Pattern EXAMPLE =
      Pattern.compile(
          "(?ms)^graph @(\\w+)\\((.*?)\\) -> .*?\\{\n"
              + "  (.*?)\n"
              + "(.*?)^}\n"
              + "(?:// run: @\\w+\\((.*?)\\) (==|~=) (.*?)\n"
              + ")?");

  private LanguageTables() {}

  static Map<String, List<String>> all() throws IOException {
    Map<String, List<String>> tables = new LinkedHashMap<>();
    tables.put("words", words());
    tables.put("limits", limits());
    tables.put("ops", ops());
    tables.put("rows", rows());
    return tables;
  }

  private static List<String> words() {
    return List.of(
        "```ebnf",
        "elementType = " + alternatives(Stream.of(DType.values()).map(DType::toString)) + " ;",
        "role        = " + alternatives(Stream.of(Role.values()).map(Role::toString)) + " ;",
        "```");
  }

  private static String alternatives(Stream<String> words) {
    return words.map(w -> '"' + w + '"').collect(Collectors.joining(" | "));
  }

  private static List<String> limits() {
    List<String> lines = new ArrayList<>(List.of("| limit | default |", "|---|---|"));
    TextLimits standard = TextLimits.standard();
    for (RecordComponent c : TextLimits.class.getRecordComponents()) {
      lines.add("| `%s` | %s |".formatted(c.getName(), get(c, standard)));
    }
    return lines;
  }

  private static Object get(RecordComponent c, Object owner) {
    try {
      return c.getAccessor().invoke(owner);
    } catch (ReflectiveOperationException e) {
      throw new AssertionError(c + " cannot be read", e);
    }
  }

  private static List<String> ops() throws IOException {
    List<String> lines =
        new ArrayList<>(List.of("| op | attributes | gives | example |", "|---|---|---|---|"));
    Map<String, String> meanings = meanings();
    Map<String, String> examples = examples();
    Samples.ofOps()
        .forEach(
            (name, samples) -> {
              Op op = op(name, samples);
              if (!(op instanceof Elementwise)) {
                lines.add(
                    "| `%s` | %s | %s | %s |"
                        .formatted(name, attributes(op), meanings.get(name), examples.get(name)));
              }
            });
    return lines;
  }

  private static List<String> rows() throws IOException {
    List<String> lines =
        new ArrayList<>(List.of("| op | operands | gives | example |", "|---|---|---|---|"));
    Map<String, String> meanings = meanings();
    Map<String, String> examples = examples();
    Samples.ofOps()
        .forEach(
            (name, samples) -> {
              if (op(name, samples) instanceof Elementwise e) {
                lines.add(
                    "| `%s` | %s | %s | %s |"
                        .formatted(
                            name, operands(e.row()), meanings.get(name), examples.get(name)));
              }
            });
    return lines;
  }

  private static Op op(String name, List<Sample> samples) {
    return samples.getFirst().graph().eqns().stream()
        .map(e -> e.op())
        .filter(o -> o.mnemonic().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static String operands(ElementwiseRow row) {
    String types =
        switch (row.signature()) {
          case FLOAT -> "float";
          case NUMERIC -> "number";
          case INTEGER -> "integer";
          case LOGIC -> "bool";
          case BITS -> "integer or bool";
          case ANY -> "any";
          case COMPARE -> "any, to bool";
          case PREDICATE -> "float, to bool";
          case SELECT -> "bool, then two of any";
        };
    return row.signature() == RowSignature.SELECT ? types : row.arity() + " " + types;
  }

  private static String attributes(Op op) {
    return components(op.getClass(), op instanceof Reduce ? Set.of("kind") : Set.of());
  }

  private static String components(Class<?> record, Set<String> implied) {
    return Arrays.stream(record.getRecordComponents())
        .filter(c -> !implied.contains(c.getName()))
        .map(c -> "`" + c.getName() + "`: " + type(c.getGenericType()))
        .collect(Collectors.joining("; "));
  }

  private static String type(Type type) {
    if (type instanceof ParameterizedType p) {
      String element = type(p.getActualTypeArguments()[0]);
      return p.getRawType() == Optional.class ? "optional " + element : "list of " + element;
    }
    Class<?> c = (Class<?>) type;
    if (c.isSealed()) {
      return Arrays.stream(c.getPermittedSubclasses())
          .map(LanguageTables::choice)
          .collect(Collectors.joining(" or "));
    }
    if (c == DType.class) {
      return "element type";
    }
    if (c.isEnum()) {
      return Arrays.stream(c.getEnumConstants())
          .map(x -> ((Enum<?>) x).name().toLowerCase(Locale.ROOT))
          .collect(Collectors.joining(" or "));
    }
    Map<Class<?>, String> words =
        Map.of(
            int.class, "i32",
            Integer.class, "i32",
            long.class, "i64",
            boolean.class, "bool",
            String.class, "string",
            HostEffect.Hook.class, "string",
            Shape.class, "shape",
            TensorType.class, "type",
            HostTensor.class, "tensor",
            Graph.class, "graph");
    if (!words.containsKey(c)) {
      throw new AssertionError("no word for attributes of " + c);
    }
    return words.get(c);
  }

  private static String choice(Class<?> option) {
    String name = option.getSimpleName().toLowerCase(Locale.ROOT);
    String more = components(option, Set.of());
    return name + (more.isEmpty() ? "" : " (" + more + ")");
  }

  /** Returns the meaning of each op, in the order of the file. */
  static Map<String, String> meanings() throws IOException {
    Map<String, String> m = new LinkedHashMap<>();
    for (String line : Files.readAllLines(RESOURCES.resolve("language.txt"))) {
      String[] parts = line.split(" \\| ", 2);
      if (!line.startsWith("#") && m.put(parts[0], parts[1]) != null) {
        throw new AssertionError(parts[0] + " stands twice in language.txt");
      }
    }
    return sorted(m);
  }

  /** An example of each op, from the golden file of that name for it. */
  static Map<String, String> examples() throws IOException {
    Map<String, String> m = new LinkedHashMap<>();
    for (String file : List.of("examples.ir", "inside.ir")) {
      Matcher x = EXAMPLE.matcher(Files.readString(RESOURCES.resolve("ir/language/" + file)));
      while (x.find()) {
        if (m.put(x.group(1), example(x)) != null) {
          throw new AssertionError(x.group(1) + " has two examples");
        }
      }
    }
    return sorted(m);
  }

  private static Map<String, String> sorted(Map<String, String> m) {
    Set<String> order = new LinkedHashSet<>(OpTable.standard().mnemonics());
    order.retainAll(m.keySet());
    order.addAll(m.keySet());
    Map<String, String> out = new LinkedHashMap<>();
    order.forEach(k -> out.put(k, m.get(k)));
    return out;
  }

  private static String example(Matcher x) {
    String op = x.group(1);
    String equation = x.group(3);
    if (!equation.contains(" = " + op)) {
      throw new AssertionError("the example @" + op + " does not start with the op: " + equation);
    }
    String right = equation.substring(equation.indexOf(" = ") + 3);
    if (x.group(5) == null) {
      return "`" + right + "`";
    }
    boolean region = x.group(4).contains("{");
    String call = region ? right + " …" : right.substring(0, right.lastIndexOf('('));
    String sign = x.group(6).equals("==") ? "=" : "≈";
    return region
        ? "[`%s`](%s)".formatted(call, EXAMPLES)
        : "`%s(%s) %s %s`".formatted(call, x.group(5), sign, x.group(7));
  }
}
