package dev.engram.ir.text;

import dev.engram.ir.DType;
import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Lit;
import dev.engram.ir.Param;
import dev.engram.ir.Role;
import dev.engram.ir.Shape;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import dev.engram.ir.checks.Given;
import dev.engram.ir.op.HostEffect;
import dev.engram.ir.op.Op;
import dev.engram.ir.syntax.Attributes;
import dev.engram.ir.syntax.Attributes.Attribute;
import dev.engram.ir.syntax.Attributes.Form;
import dev.engram.ir.syntax.Literals;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The text form of graphs, which {@link Parser} reads back.
 *
 * <pre>{@code
 * graph @cell(%h: f32[64,128] hidden, %x: f32[64,10], %w: f32[138,128] weight "rnn.w") -> f32[64,128] {
 *   %0: f32[64,138] = concat{axis=1}(%x, %h)                          // GruNet.java:21
 *   %1: f32[64,128] = dot{lhsContract=[1], rhsContract=[0]}(%0, %w)   // GruNet.java:21
 *   %2: f32[64,128] = max(%1, 0.0)                                    // GruNet.java:22
 *   return %2
 * }
 * }</pre>
 *
 * <p>A literal stands alone where it has the type of the equation's last variable operand (in
 * {@code return}: the type that the header gives); elsewhere its type follows it: {@code 1.0:
 * f32[4]}. Empty lists and {@code false} are left out. Inner graphs stand below their equation,
 * each under the name of the op's attribute.
 */
public final class Printer {
  /** The first word of a file. */
  static final String LANGUAGE = "engram.ir";

  private static final int WIDTH = 100;

  /** Longest line whose comment is aligned with the others. */
  private static final int COMMENT_COLUMN = 90;

  private final StringBuilder out = new StringBuilder();
  private final Style style;

  private Printer(Style style) {
    this.style = style;
  }

  /**
   * What to print.
   *
   * @param elideData cut long constants short; the result is for reading only
   * @param sourceLines the user's lines as comments
   */
  public record Style(boolean elideData, boolean sourceLines) {
    /** Everything; parses to an equal graph. */
    public static final Style EXACT = new Style(false, true);

    /** For people. */
    public static final Style DUMP = new Style(true, true);

    /** Exact but for the source lines. */
    public static final Style NO_LINES = new Style(false, false);
  }

  /** The exact text of {@code g}, ending with a line break. */
  public static String print(Graph g) {
    return print(g, Style.EXACT);
  }

  /** The text of {@code g} in this style, ending with a line break. */
  public static String print(Graph g, Style style) {
    Given.given("Printer.print", "style", style);
    Printer p = new Printer(style);
    p.graph("graph", g, "");
    return p.out.toString();
  }

  /**
   * The exact text of a whole file: the version of the language, {@code engram.ir 1}, and the
   * graphs, as {@link Parser#parseAll} reads them.
   */
  public static String file(List<Graph> graphs) {
    Given.all("Printer.file", "graphs", graphs);
    return header() + graphs.stream().map(g -> "\n" + print(g)).collect(Collectors.joining());
  }

  /** The first line of a file: the version of the language. */
  public static String header() {
    return LANGUAGE + " " + Parser.VERSION + "\n";
  }

  /** One equation without types and inner graphs, as errors name it: {@code %2 = add(%1, %0)}. */
  public static String equation(Names names, Eqn e) {
    Given.given("Printer.equation", "names", names);
    Given.given("Printer.equation", "e", e);
    return results(names, e, false) + right(names, e, new AttributeText(true).of(e.op()));
  }

  /** All elements, as {@link Parser#values} reads them: {@code [[1.0, 2.0], [3.0, 4.0]]}. */
  public static String elements(HostTensor t) {
    Given.given("Printer.elements", "t", t);
    return Literals.elements(t);
  }

  /** A literal without its type: {@code 0.1}, {@code -3}, {@code true}, {@code nan}. */
  public static String literal(Lit l) {
    Given.given("Printer.literal", "l", l);
    return Literals.text(l.type().dtype(), l.bits());
  }

  /** An op without its operands: {@code transpose{perm=[1,0]}}. */
  public static String op(Op op) {
    Given.given("Printer.op", "op", op);
    String list = String.join(", ", new AttributeText(true).of(op).texts);
    return op.mnemonic() + (list.isEmpty() ? "" : "{" + list + "}");
  }

  /** The graphs that stand below an equation, each with its label, such as {@code body}. */
  public static List<Map.Entry<String, Graph>> regions(Op op) {
    Given.given("Printer.regions", "op", op);
    return List.copyOf(Attributes.graphs(op));
  }

  private void graph(String label, Graph g, String indent) {
    Names names = Names.of(g);
    out.append(indent).append(label).append(" @").append(graphName(g.name()));
    List<String> params = g.params().stream().map(p -> param(names, p)).toList();
    String results =
        g.outTypes().stream().map(TensorType::toString).collect(Collectors.joining(", "));
    String arrow = ") -> " + (g.outs().size() == 1 ? results : "(" + results + ")") + " {\n";
    String flat = "(" + String.join(", ", params) + arrow;
    boolean fits = out.length() - out.lastIndexOf("\n") - 2 + flat.length() <= WIDTH;
    String step = "\n" + indent + "    ";
    String wide = "(" + step + String.join("," + step, params) + arrow;
    out.append(fits || params.isEmpty() ? flat : folded(wide, indent + "        "));
    body(g, names, indent + "  ");
    out.append(indent).append("}\n");
  }

  private record Line(String text, String comment, List<Map.Entry<String, Graph>> regions) {
    /** Of its last line. */
    int length() {
      return text.length() - text.lastIndexOf('\n') - 1;
    }
  }

  private void body(Graph g, Names names, String indent) {
    List<Line> lines = new ArrayList<>();
    for (Eqn e : g.eqns()) {
      AttributeText attributes = new AttributeText(style.elideData()).of(e.op());
      String text =
          folded(indent + results(names, e, true) + right(names, e, attributes), indent + "      ");
      boolean known = style.sourceLines() && e.where().isKnown();
      lines.add(new Line(text, known ? "// " + where(e.where()) : "", attributes.regions));
    }
    int column =
        lines.stream()
            .filter(l -> !l.comment().isEmpty() && l.length() <= COMMENT_COLUMN)
            .mapToInt(l -> l.length() + 3)
            .max()
            .orElse(0);
    for (Line l : lines) {
      out.append(l.text());
      if (!l.comment().isEmpty()) {
        out.repeat(' ', Math.max(2, column - l.length())).append(l.comment());
      }
      out.append('\n');
      l.regions().forEach(r -> graph(r.getKey(), r.getValue(), indent + "  "));
    }
    String results = g.outs().stream().map(v -> plain(names, v)).collect(Collectors.joining(", "));
    String line = indent + "return" + (results.isEmpty() ? "" : " ") + results;
    out.append(folded(line, indent + "      "));
    out.append('\n');
  }

  /** For people, lists too long for a line go on in the next. */
  private String folded(String text, String indent) {
    if (!style.elideData()) {
      return text;
    }
    StringBuilder out = new StringBuilder();
    int column = 0;
    for (String part : text.split("(?<=, |\n)")) {
      if (column > indent.length() && column + part.stripTrailing().length() > WIDTH) {
        out.setLength(out.length() - (out.charAt(out.length() - 1) == ' ' ? 1 : 0));
        out.append('\n').append(indent);
        column = indent.length();
      }
      out.append(part);
      column = part.endsWith("\n") ? 0 : column + part.length();
    }
    return out.toString();
  }

  private static String param(Names names, Param p) {
    String name = names.of(p.var()).substring(1);
    String role = p.role() == Role.INPUT ? "" : " " + p.role();
    String path = p.path().equals(Names.impliedPath(name)) ? "" : " " + Literals.quoted(p.path());
    return "%" + name + ": " + p.type() + role + path;
  }

  static String graphName(String name) {
    return name.matches("[A-Za-z0-9_$.]+") ? name : Literals.quoted(name);
  }

  private static String where(SourceLocation w) {
    boolean plain = w.file().matches("[^\\s\"/\\p{Cntrl}\\p{Cs}]+");
    return (plain ? w.file() : Literals.quoted(w.file())) + ":" + w.line();
  }

  private static String results(Names names, Eqn e, boolean typed) {
    String list =
        e.outputs().stream()
            .map(v -> names.of(v) + (typed ? ": " + v.type() : ""))
            .collect(Collectors.joining(", "));
    return (list.isEmpty() ? "()" : list) + " = ";
  }

  private static String right(Names names, Eqn e, AttributeText attributes) {
    String list = String.join(", ", attributes.texts);
    String operands = operands(names, e.inputs());
    return e.op().mnemonic() + (list.isEmpty() ? "" : "{" + list + "}") + "(" + operands + ")";
  }

  private static String operands(Names names, List<Value> inputs) {
    Optional<TensorType> usual = usualType(inputs);
    return inputs.stream()
        .map(
            v ->
                v instanceof Lit && !usual.equals(Optional.of(v.type()))
                    ? plain(names, v) + ": " + v.type()
                    : plain(names, v))
        .collect(Collectors.joining(", "));
  }

  /**
   * The type of a literal that has none of its own: that of the last variable among the operands.
   */
  static Optional<TensorType> usualType(List<? extends Value> inputs) {
    return inputs.reversed().stream().filter(Var.class::isInstance).findFirst().map(Value::type);
  }

  private static String plain(Names names, Value v) {
    return switch (v) {
      case Var x -> names.of(x);
      case Lit l -> literal(l);
    };
  }

  /** Collects the attributes of one op: texts in braces, and graphs as regions. */
  private static final class AttributeText {
    final List<String> texts = new ArrayList<>();
    final List<Map.Entry<String, Graph>> regions = new ArrayList<>();
    private final boolean elide;

    AttributeText(boolean elide) {
      this.elide = elide;
    }

    AttributeText of(Op op) {
      add(op, Attributes.implied(op.getClass()));
      return this;
    }

    private void add(Object owner, Set<String> implied) {
      Attributes attributes = Attributes.of(owner.getClass());
      List<Object> values = attributes.values(owner);
      for (int i = 0; i < values.size(); i++) {
        Attribute a = attributes.list().get(i);
        if (!implied.contains(a.name())) {
          add(a, values.get(i));
        }
      }
    }

    private void add(Attribute a, Object value) {
      switch (a.form()) {
        case Form.Inner _ -> regions.add(Map.entry(a.name(), (Graph) value));
        case Form.Choice c -> {
          Attributes first = c.options().getFirst();
          if (first.owner() != value.getClass() || !first.list().isEmpty()) {
            texts.add(a.name() + "=" + Attributes.optionText(value.getClass()));
          }
          add(value, Set.of());
        }
        case Form.Maybe m -> {
          ((Optional<?>) value).ifPresent(v -> texts.add(a.name() + "=" + text(m.element(), v)));
        }
        case Form.Scalar _, Form.Listed _, Form.Opaque _ -> {
          if (!value.equals(false) && !value.equals(List.of())) {
            texts.add(a.name() + "=" + text(a.form(), value));
          }
        }
      }
    }

    private String text(Form form, Object value) {
      return switch (form) {
        case Form.Scalar _ -> scalar(value, elide);
        case Form.Listed l -> {
          boolean whole =
              value instanceof List<?> v && v.stream().allMatch(Number.class::isInstance);
          yield ((List<?>) value)
              .stream()
                  .map(x -> text(l.element(), x))
                  .collect(Collectors.joining(whole ? "," : ", ", "[", "]"));
        }
        case Form.Maybe _, Form.Inner _, Form.Choice _, Form.Opaque _ -> "<" + value + ">";
      };
    }
  }

  private static String scalar(Object value, boolean elide) {
    return switch (value) {
      case Float f -> Literals.text(DType.F32, Float.floatToRawIntBits(f));
      case Double d -> Literals.text(DType.F64, Double.doubleToRawLongBits(d));
      case String s -> Literals.quoted(s);
      case HostEffect.Hook h -> Literals.quoted(h.name());
      case Enum<?> e -> Attributes.enumText(e);
      case Shape s -> "[" + s + "]";
      case HostTensor t -> Literals.tensor(t, elide);
      default -> value.toString();
    };
  }
}
