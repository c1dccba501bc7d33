package dev.engram.backend.cuda.text;

import dev.engram.ir.Builder;
import dev.engram.ir.DType;
import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.Lit;
import dev.engram.ir.Param;
import dev.engram.ir.Role;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.op.Cast;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.ElementwiseRow;
import dev.engram.ir.op.Op;
import dev.engram.ir.op.RowSignature;
import dev.engram.ir.op.Rows;
import dev.engram.lower.LoweringException;
import dev.engram.lower.lanes.LaneProgram;
import dev.engram.lower.lanes.LaneProgram.Node;
import dev.engram.lower.lanes.LaneRows;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Elementwise rows in C. Those with a lane program are that program, so they have the bits that
 * {@code cpu} computes with it; the others call functions of CUDA's math library, in f64.
 */
final class RowText {
  /** So many operations are written where they are used; more become a function. */
  private static final int INLINE = 2;

  /** Rows that are functions of the math library, or of the prelude, on doubles. */
  private static final Map<String, String> REAL =
      Map.ofEntries(
          Map.entry("pow", "pow"),
          Map.entry("atan2", "atan2"),
          Map.entry("rem", "fmod"),
          Map.entry("floor", "floor"),
          Map.entry("ceil", "ceil"),
          Map.entry("round", "rint"),
          Map.entry("truncate", "trunc"),
          Map.entry("exp2", "exp2"),
          Map.entry("log2", "log2"),
          Map.entry("log10", "log10"),
          Map.entry("cbrt", "cbrt"),
          Map.entry("hypot", "hypot"),
          Map.entry("sin", "sin"),
          Map.entry("cos", "cos"),
          Map.entry("tan", "tan"),
          Map.entry("asin", "asin"),
          Map.entry("acos", "acos"),
          Map.entry("atan", "atan"),
          Map.entry("sinh", "sinh"),
          Map.entry("cosh", "cosh"),
          Map.entry("asinh", "asinh"),
          Map.entry("acosh", "acosh"),
          Map.entry("atanh", "atanh"),
          Map.entry("erf", "erf"),
          Map.entry("erfc", "erfc"),
          Map.entry("erfInv", "eg_erf_inverse"),
          Map.entry("lgamma", "lgamma"),
          Map.entry("digamma", "eg_digamma"),
          Map.entry("polygamma", "eg_polygamma"));

  /** Of those, the ones whose results are exact, so that they have the bits of every backend. */
  private static final Set<String> EXACT = Set.of("rem", "floor", "ceil", "round", "truncate");

  /** Rows on integers that are functions of the prelude, on i64. */
  private static final Map<String, String> WHOLE =
      Map.of(
          "div", "eg_div",
          "rem", "eg_rem",
          "sign", "eg_sign",
          "shiftLeft", "eg_shift_left",
          "shiftRight", "eg_shift_right");

  /** Of those, the ones that the math library lacks. */
  private static final Set<String> SPECIAL = Set.of("erfInv", "digamma", "polygamma");

  private final Map<String, String> functions = new LinkedHashMap<>();

  /** The functions of authors' rows. */
  private final Map<Authors, String> authors = new HashMap<>();

  private record Authors(ElementwiseRow row, DType dtype) {}

  private boolean special;

  /** The functions that were asked for, each before what calls it. */
  String functions() {
    return String.join("", functions.values());
  }

  /** True where some row needs a function that the math library lacks. */
  boolean isSpecial() {
    return special;
  }

  /**
   * True where the row's results have the bits of {@code cpu}.
   *
   * @param dtype of the operands
   */
  static boolean isExact(ElementwiseRow row, DType dtype) {
    Node result = program(row, dtype);
    return isExact(result);
  }

  private static boolean isExact(Node n) {
    boolean own =
        switch (n.op) {
          case CALL, PATCH -> {
            ElementwiseRow called = (ElementwiseRow) n.payload();
            yield called.signature().isWhole(n.args.getLast().dtype)
                || (Rows.has(called) && EXACT.contains(called.name()));
          }
          default -> true;
        };
    return own && n.args.stream().allMatch(RowText::isExact);
  }

  private static Node program(ElementwiseRow row, DType dtype) {
    LaneProgram lanes = new LaneProgram();
    List<Node> in = new ArrayList<>();
    for (int a = 0; a < row.arity(); a++) {
      boolean mask = row.signature() == RowSignature.SELECT && a == 0;
      in.add(lanes.load(mask ? DType.BOOL : dtype, a));
    }
    return LaneRows.apply(lanes, row, dtype, in);
  }

  /** The row of these values. */
  String apply(ElementwiseRow row, DType dtype, List<String> args, SourceLocation where) {
    if (!Rows.has(row) && !LaneRows.hasCell(row)) {
      return expanded(row, dtype, args, where);
    }
    special |= SPECIAL.contains(row.name());
    Node result = program(row, dtype);
    int[] uses = new int[result.id + 1];
    int operations = count(result, uses);
    if (operations <= INLINE) {
      return new Expression(args, uses, new CodeWriter()).of(result);
    }
    String name = row.name() + "_" + dtype;
    if (!functions.containsKey(name)) {
      functions.put(name, function(name, result, uses));
    }
    return name + "(" + String.join(", ", args) + ")";
  }

  /** An author's row, in the rows that its expansion is written in. */
  private String expanded(
      ElementwiseRow row, DType dtype, List<String> args, SourceLocation where) {
    ElementwiseRow.Expansion expansion =
        row.expansion()
            .orElseThrow(
                () ->
                    new LoweringException(
                        ("there is no CUDA code for the row %s (%s); give it an expansion into"
                                + " rows that have some")
                            .formatted(row.name(), where)));
    String name = authors.get(new Authors(row, dtype));
    if (name == null) {
      // Names of rows are not unique.
      String word = row.name().replaceAll("[^A-Za-z0-9_]", "_");
      name = "row" + authors.size() + "_" + word + "_" + dtype;
      authors.put(new Authors(row, dtype), name);
      functions.put(name, function(name, graph(row, dtype, expansion), where));
    }
    return name + "(" + String.join(", ", args) + ")";
  }

  private static Graph graph(ElementwiseRow row, DType dtype, ElementwiseRow.Expansion expansion) {
    Builder b = new Builder(row.name());
    List<Tensor> in = new ArrayList<>();
    for (int a = 0; a < row.arity(); a++) {
      in.add(b.tracer(b.param(TensorType.scalar(dtype), Role.INPUT, "")));
    }
    return b.build(List.of(b.lift(expansion.apply(in))));
  }

  private String function(String name, Graph g, SourceLocation where) {
    Map<Value, String> values = new HashMap<>();
    List<String> params = new ArrayList<>();
    for (Param p : g.params()) {
      String param = Character.toString('a' + values.size());
      values.put(p.var(), param);
      params.add(CTypes.value(p.type().dtype()) + " " + param);
    }
    CodeWriter out = new CodeWriter();
    Value result = g.outs().getFirst();
    out.open(
        "__device__ %s %s(%s) {",
        CTypes.value(result.type().dtype()), name, String.join(", ", params));
    for (Eqn e : g.eqns()) {
      List<String> in = e.inputs().stream().map(v -> value(v, values)).toList();
      DType type = e.inputs().getLast().type().dtype();
      String code =
          switch (e.op()) {
            case Elementwise x -> apply(x.row(), type, in, where);
            case Cast c -> CTypes.convert(type, c.to(), in.getFirst());
            case Op op ->
                throw new LoweringException(
                    "the expansion of the row %s has the op %s (%s); it may have other rows and casts"
                        .formatted(g.name(), op.mnemonic(), where));
          };
      String fresh = "e" + values.size();
      values.put(e.out(), fresh);
      out.line("%s %s = %s;", CTypes.value(e.out().type().dtype()), fresh, NestText.bare(code));
    }
    out.line("return %s;", value(result, values));
    out.close();
    return out + "\n";
  }

  private static String value(Value v, Map<Value, String> values) {
    return v instanceof Lit l ? CTypes.literal(l.type().dtype(), l.bits()) : values.get(v);
  }

  /** The number of operations, each counted once. */
  private static int count(Node n, int[] uses) {
    if (uses[n.id]++ > 0) {
      return 0;
    }
    int sum = n.op == LaneProgram.Op.LOAD || n.op == LaneProgram.Op.CONST ? 0 : 1;
    for (Node a : n.args) {
      sum += count(a, uses);
    }
    return sum;
  }

  private static String function(String name, Node result, int[] uses) {
    List<String> params = new ArrayList<>();
    List<String> names = new ArrayList<>();
    Map<Long, DType> loads = new HashMap<>();
    loads(result, loads);
    for (long a = 0; a < loads.size(); a++) {
      String param = Character.toString('a' + (int) a);
      names.add(param);
      params.add(CTypes.value(loads.get(a)) + " " + param);
    }
    CodeWriter out = new CodeWriter();
    out.open("__device__ %s %s(%s) {", CTypes.value(result.dtype), name, String.join(", ", params));
    String value = new Expression(names, uses, out).of(result);
    out.line("return %s;", NestText.bare(value));
    out.close();
    return out + "\n";
  }

  private static void loads(Node n, Map<Long, DType> into) {
    if (n.op == LaneProgram.Op.LOAD) {
      into.put(n.bits, n.dtype);
    }
    n.args.forEach(a -> loads(a, into));
  }

  /** a + b of a fold or scatter. */
  static String add(DType t, String a, String b) {
    return switch (t) {
      case F32, F64 -> a + " + " + b;
      case I64, I32, I16, I8, U8, BOOL, F16, BF16 -> "eg_add(" + a + ", " + b + ")";
    };
  }

  static String mul(DType t, String a, String b) {
    return switch (t) {
      case F32, F64 -> a + " * " + b;
      case I64, I32, I16, I8, U8, BOOL, F16, BF16 -> "eg_mul(" + a + ", " + b + ")";
    };
  }

  /** The nodes of a program as expressions; what is used repeatedly becomes a variable. */
  private static final class Expression {
    private final List<String> args;
    private final int[] uses;
    private final CodeWriter out;
    private final Map<Node, String> known = new HashMap<>();

    Expression(List<String> args, int[] uses, CodeWriter out) {
      this.args = args;
      this.uses = uses;
      this.out = out;
    }

    /** Something that needs no parentheses. */
    String of(Node n) {
      String name = known.get(n);
      if (name != null) {
        return name;
      }
      String e = operation(n);
      boolean plain = n.op == LaneProgram.Op.LOAD || n.op == LaneProgram.Op.CONST;
      if (plain || uses[n.id] <= 1) {
        return e;
      }
      String fresh = "r" + known.size();
      known.put(n, fresh);
      out.line("%s %s = %s;", CTypes.value(n.dtype), fresh, NestText.bare(e));
      return fresh;
    }

    private String operation(Node n) {
      List<String> a = new ArrayList<>();
      for (int i = 0; i < n.args.size(); i++) {
        // The value that a patch replaces is computed in any case, its row only where it must be.
        a.add(of(n.arg(i)));
      }
      DType t = n.dtype;
      boolean real = t.isFloat();
      boolean wide = n.isWide();
      return switch (n.op) {
        case LOAD -> args.get((int) n.bits);
        case CONST -> CTypes.literal(t, n.bits);
        case ADD -> real ? infix(a, "+") : "eg_add(" + list(a) + ")";
        case SUB -> real ? infix(a, "-") : "eg_sub(" + list(a) + ")";
        case MUL -> real ? infix(a, "*") : "eg_mul(" + list(a) + ")";
        case DIV -> infix(a, "/");
        case FMA -> (t == DType.F32 ? "__fmaf_rn(" : "__fma_rn(") + list(a) + ")";
        case SQRT -> (t == DType.F32 ? "__fsqrt_rn(" : "__dsqrt_rn(") + list(a) + ")";
        case ABS -> "eg_abs(" + list(a) + ")";
        case NEG -> real ? "(- " + a.getFirst() + ")" : "eg_neg(" + a.getFirst() + ")";
        case MAX -> "eg_max(" + list(a) + ")";
        case MIN -> "eg_min(" + list(a) + ")";
        case SELECT -> "(" + a.get(0) + " ? " + a.get(1) + " : " + a.get(2) + ")";
        case PATCH ->
            "("
                + a.get(0)
                + " ? "
                + call((ElementwiseRow) n.payload(), t, List.of(n.arg(1)), List.of(a.get(1)))
                + " : "
                + a.get(2)
                + ")";
        case FROM_BITS -> (wide ? "__longlong_as_double(" : "__int_as_float(") + list(a) + ")";
        case TO_BITS -> (wide ? "__double_as_longlong(" : "__float_as_int(") + list(a) + ")";
        case AND -> infix(a, "&");
        case OR -> infix(a, "|");
        case XOR -> infix(a, "^");
        case SHL -> shift(wide, a.getFirst(), "<<", n.bits);
        case USHR -> shift(wide, a.getFirst(), ">>", n.bits);
        case LT -> infix(a, "<");
        case LE -> infix(a, "<=");
        case EQ -> infix(a, "==");
        case NE -> infix(a, "!=");
        case NOT -> "(!" + a.getFirst() + ")";
        case BOTH -> infix(a, "&");
        case EITHER -> infix(a, "|");
        case CONVERT -> "(" + CTypes.convert(n.arg(0).dtype, t, a.getFirst()) + ")";
        case CALL -> call((ElementwiseRow) n.payload(), t, n.args, a);
        case STATE, COUNTER, INDEX, GATHER, RANDOM ->
            throw new IllegalStateException(n.op + " in a row");
      };
    }

    private static String infix(List<String> a, String op) {
      return "(" + a.get(0) + " " + op + " " + a.get(1) + ")";
    }

    private static String list(List<String> a) {
      return String.join(", ", a);
    }

    private static String shift(boolean wide, String x, String op, long bits) {
      return wide
          ? "((i64)((u64)%s %s %s))".formatted(x, op, bits)
          : "((int)((u32)%s %s %s))".formatted(x, op, bits);
    }

    private static String call(
        ElementwiseRow row, DType result, List<Node> nodes, List<String> args) {
      DType operand = nodes.getLast().dtype;
      if (row.signature().isWhole(operand)) {
        return "("
            + CTypes.convert(DType.I64, result, named(WHOLE, row, operand) + cast("i64", args))
            + ")";
      }
      return "("
          + CTypes.convert(DType.F64, result, named(REAL, row, operand) + cast("double", args))
          + ")";
    }

    private static String named(Map<String, String> names, ElementwiseRow row, DType operand) {
      String name = names.get(row.name());
      if (name == null || !Rows.has(row)) {
        throw new LoweringException(
            "there is no CUDA code for the row " + row.name() + " of " + operand);
      }
      return name;
    }

    private static String cast(String type, List<String> args) {
      return args.stream()
          .map(x -> "(" + type + ")" + x)
          .collect(Collectors.joining(", ", "(", ")"));
    }
  }
}
