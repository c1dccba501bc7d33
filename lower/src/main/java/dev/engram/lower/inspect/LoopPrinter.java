package dev.engram.lower.inspect;

import dev.engram.ir.Lit;
import dev.engram.ir.TensorType;
import dev.engram.ir.text.Printer;
import dev.engram.lower.Access;
import dev.engram.lower.AffineMap;
import dev.engram.lower.FoldOrder;
import dev.engram.lower.Instr;
import dev.engram.lower.LoopBuffer;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.Stmt;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Prints loop programs as text: buffers with sizes and places, nests as loops with the user's line.
 */
public final class LoopPrinter {
  private final StringBuilder out = new StringBuilder();

  private LoopPrinter() {}

  /** Prints the whole program. */
  public static String print(LoopProgram p) {
    LoopPrinter printer = new LoopPrinter();
    printer.program(p);
    return printer.out.toString();
  }

  private void program(LoopProgram p) {
    out.append("loops @")
        .append(p.name())
        .append("(")
        .append(names(p.inputs()))
        .append(") -> (")
        .append(names(p.outputs()))
        .append("), arena ")
        .append(p.arenaBytes())
        .append(" bytes {\n");
    for (int i = 0; i < p.buffers().size(); i++) {
      LoopBuffer b = p.buffers().get(i);
      line(
          1,
          "b" + i + ": " + b.type() + " " + place(b.place()) + ", " + b.type().bytes() + " bytes");
    }
    steps(1, 0, p.steps());
    out.append("}\n");
  }

  /** Runs of successive buffers as {@code b0 … b7}. */
  private static String names(List<Integer> buffers) {
    List<String> names = new ArrayList<>();
    int from = 0;
    for (int i = 0; i < buffers.size(); i++) {
      boolean last = i + 1 == buffers.size() || buffers.get(i + 1) != buffers.get(i) + 1;
      if (last) {
        boolean run = i - from >= 3;
        names.addAll(
            run
                ? List.of("b" + buffers.get(from) + " … b" + buffers.get(i))
                : buffers.subList(from, i + 1).stream().map(b -> "b" + b).toList());
        from = i + 1;
      }
    }
    return String.join(", ", names);
  }

  private static String place(LoopBuffer.Place place) {
    return switch (place) {
      case LoopBuffer.Place.Input p -> "input " + p.index();
      case LoopBuffer.Place.Output p -> "output " + p.index();
      case LoopBuffer.Place.Arena p -> "arena+" + p.offset();
      case LoopBuffer.Place.Constant _ -> "constant";
    };
  }

  private void line(int depth, String text) {
    out.append("  ".repeat(depth)).append(text).append('\n');
  }

  private void steps(int depth, int loops, List<Stmt> steps) {
    for (Stmt s : steps) {
      switch (s) {
        case Stmt.Nest n -> nest(depth, n);
        case Stmt.Sort o -> sort(depth, o);
        case Stmt.Tell t -> tell(depth, t);
        case Stmt.Loop l -> {
          String range = l.reverse() ? (l.length() - 1) + " down to 0" : "0 to " + (l.length() - 1);
          String kind = l.parallel() ? "parallel loop t" : "loop t";
          line(depth, kind + loops + " = " + range + " {");
          steps(depth + 1, loops + 1, l.body());
          for (Stmt.Swap w : l.swaps()) {
            line(depth + 1, "swap b" + w.a() + ", b" + w.b());
          }
          line(depth, "}");
        }
        case Stmt.While w -> {
          String most = w.bound().map(n -> " at most " + n + " times").orElse("");
          line(depth, "while" + most + " {");
          steps(depth + 1, loops + 1, w.condition());
          line(depth, "} holds " + element(w.predicate()) + " {");
          steps(depth + 1, loops + 1, w.body());
          for (Stmt.Swap s2 : w.swaps()) {
            line(depth + 1, "swap b" + s2.a() + ", b" + s2.b());
          }
          line(depth, "}");
        }
        case Stmt.Branch b -> {
          line(depth, "if " + element(b.predicate()) + " {");
          steps(depth + 1, loops, b.onTrue());
          line(depth, "} else {");
          steps(depth + 1, loops, b.onFalse());
          line(depth, "}");
        }
      }
    }
  }

  private void sort(int depth, Stmt.Sort s) {
    String down = s.op().descending() ? " descending" : "";
    line(depth, "sort" + down + (s.where().isKnown() ? "  // " + s.where() : ""));
    line(depth + 1, "for " + axes(s.traffic(), false));
    line(
        depth + 1,
        element(s.to()) + " = order of " + element(s.from()) + " along i" + s.rows().size());
  }

  private void tell(int depth, Stmt.Tell t) {
    line(depth, Printer.op(t.op()) + (t.where().isKnown() ? "  // " + t.where() : ""));
    List<String> operands = new ArrayList<>();
    for (Stmt.Operand o : t.operands()) {
      operands.add(
          switch (o) {
            case Stmt.Operand.Known(Lit v) -> Printer.literal(v);
            case Stmt.Operand.Stored(TensorType type, Access from) -> element(from) + ": " + type;
          });
    }
    line(depth + 1, element(t.order()) + " = after " + String.join(", ", operands));
  }

  private void nest(int depth, Stmt.Nest n) {
    line(depth, "nest " + n.label() + (n.where().isKnown() ? "  // " + n.where() : ""));
    String parallel = axes(n, false);
    String reduced = axes(n, true);
    int body = depth + 1;
    if (!parallel.isEmpty()) {
      line(body++, "for " + parallel);
    }
    int epilogue = body;
    if (!reduced.isEmpty()) {
      line(body++, "fold " + reduced);
    }
    for (int i = 0; i < n.body().size(); i++) {
      line(body, instr(i, n.body().get(i)));
    }
    for (int i = 0; i < n.epilogue().size(); i++) {
      line(epilogue, instr(n.body().size() + i, n.epilogue().get(i)));
    }
  }

  private static String axes(Stmt.Nest n, boolean reduce) {
    List<String> names = new ArrayList<>();
    for (int a = 0; a < n.axes().size(); a++) {
      if (n.axes().get(a).reduce() == reduce) {
        names.add("i" + a + " < " + n.axes().get(a).length());
      }
    }
    return String.join(", ", names);
  }

  private static String instr(int i, Instr instr) {
    String v = "v" + i + " = ";
    return switch (instr) {
      case Instr.Load l -> v + element(l.from());
      case Instr.Literal l -> v + number(l) + ": " + l.dtype();
      case Instr.IndexOf x -> v + x.dtype() + "(" + affine(x.at()) + ")";
      case Instr.Apply a -> v + a.row().name() + "(" + values(a.args()) + ")";
      case Instr.Convert c -> v + c.to() + "(v" + c.arg() + ")";
      case Instr.LoadAt l -> v + indexed(l.from(), l.stride(), l.index(), "clamp", l.limit());
      case Instr.RandomWord r ->
          v + "random(v" + r.key0() + ", v" + r.key1() + ", " + affine(r.at()) + ")";
      case Instr.Store s -> element(s.to()) + " = v" + s.value();
      case Instr.StoreAt s ->
          indexed(s.to(), s.stride(), s.index(), "drop", s.limit())
              + " "
              + switch (s.combine()) {
                case SET -> "=";
                case ADD -> "+=";
                case MAX -> "max=";
              }
              + " v"
              + s.value();
      case Instr.Fold f -> v + f.kind() + "(v" + f.value() + ")" + order(f.order());
      case Instr.DotFold f -> v + "sum(v" + f.a() + " * v" + f.b() + ")" + order(f.order());
      case Instr.Check c ->
          v
              + "check "
              + c.op().what()
              + ": "
              + c.op().low()
              + " <= v"
              + c.value()
              + " < "
              + c.op().high();
    };
  }

  private static String order(FoldOrder o) {
    return (o.lanes() > 1 ? " lanes " + o.lanes() : "")
        + (o.block() < FoldOrder.ALL ? " blocks " + o.block() : "")
        + (o.share() < FoldOrder.ALL ? " shares " + o.share() : "");
  }

  private static String number(Instr.Literal l) {
    return Printer.literal(new Lit(TensorType.scalar(l.dtype()), l.bits()));
  }

  private static String values(List<Integer> args) {
    return args.stream().map(a -> "v" + a).collect(Collectors.joining(", "));
  }

  private static String element(Access a) {
    return "b" + a.buffer() + "[" + affine(a.at()) + "]";
  }

  private static String indexed(Access a, long stride, int index, String bound, long limit) {
    String at = affine(a.at());
    return "b"
        + a.buffer()
        + "["
        + (at.equals("0") ? "" : at + " + ")
        + (stride == 1 ? "" : stride + "*")
        + bound
        + "(v"
        + index
        + " < "
        + limit
        + ")]";
  }

  private static String affine(AffineMap map) {
    List<String> terms = new ArrayList<>();
    for (int t = 0; t < map.outer().size(); t++) {
      term(terms, map.outer().get(t), "t" + t);
    }
    for (int a = 0; a < map.inner().size(); a++) {
      term(terms, map.inner().get(a), "i" + a);
    }
    if (map.offset() != 0 || terms.isEmpty()) {
      terms.add(Long.toString(map.offset()));
    }
    return String.join(" + ", terms);
  }

  private static void term(List<String> terms, long stride, String index) {
    if (stride != 0) {
      terms.add(stride == 1 ? index : stride + "*" + index);
    }
  }
}
