package dev.engram.backend.cuda.text;

import dev.engram.lower.FoldOrder;
import dev.engram.lower.Instr;
import java.util.List;

/** A thread for each result, which folds all of its terms. */
final class PointKernel {
  private final NestText nest;
  private final CodeWriter out;

  /** True where something needs the number of the term. */
  private final boolean counted;

  PointKernel(NestText nest, CodeWriter out) {
    this.nest = nest;
    this.out = out;
    boolean ordered =
        nest.folds().stream().anyMatch(f -> f.picks() || f.order().lanes() > 1 || waiting(f) > 0);
    this.counted = nest.hasFolds() && (ordered || nest.checks());
  }

  private int waiting(FoldText f) {
    return f.order().waiting(nest.folded());
  }

  /** Writes the loop over the results, and returns how many there are. */
  long write() {
    long results = nest.results();
    nest.eachPoint(out, results);
    atPoint();
    out.close();
    return results;
  }

  /** Everything at point {@code g}. */
  void atPoint() {
    nest.axes(out, nest.axes(0, nest.parallel), "g");
    point("g");
  }

  /**
   * Everything at one point of the parallel axes, whose variables are there.
   *
   * @param at the number of the point
   */
  void point(String at) {
    if (!nest.hasFolds()) {
      nest.body(out, "(i64)" + at, (_, _, _) -> {});
      return;
    }
    List<FoldText> folds = nest.folds();
    folds.forEach(this::declare);
    long terms = nest.folded();
    if (counted) {
      out.line("i64 r = 0;");
    }
    int opened = nest.loops(out, nest.axes(nest.parallel, nest.nest.axes().size()));
    if (terms > 0) {
      folds.forEach(this::beforeTerm);
      nest.body(out, nest.order(at, "r"), (_, i, in) -> term(FoldText.of(i, in), in));
      if (counted) {
        out.line("r++;");
      }
    }
    for (int k = 0; k < opened; k++) {
      out.close();
    }
    folds.forEach(this::finish);
    nest.epilogue(out, nest.order(at, CTypes.literal(terms)));
  }

  private void declare(FoldText f) {
    int lanes = f.order().lanes();
    String size = lanes > 1 ? "[" + lanes + "]" : "";
    out.line("%s %s%s%s;", f.type(), f.name(), size, lanes > 1 ? "" : " = " + f.start());
    if (lanes > 1) {
      eachLane(f, f.name() + "[l] = " + f.start() + ";");
    }
    if (f.picks()) {
      out.line("int best%s = 0;", f.i());
    }
    int waiting = waiting(f);
    if (waiting > 0) {
      out.line("%s stack%s[%s]%s;", f.type(), f.i(), waiting, size);
      out.line(
          "Blocks blocks%s(%s, %s);",
          f.i(), CTypes.literal(f.order().block()), CTypes.literal(f.order().share()));
      out.line("i64 end%s = blocks%s.left;", f.i(), f.i());
      out.line("int top%s = 0;", f.i());
    }
  }

  private void eachLane(FoldText f, String line) {
    out.line("for (int l = 0; l < %s; l++) %s", f.order().lanes(), line);
  }

  /** Where a block has ended, it is added to those that wait, and waits. */
  private void beforeTerm(FoldText f) {
    if (waiting(f) == 0) {
      return;
    }
    int i = f.i();
    out.open("if (r == end%s) {", i);
    out.line("#pragma unroll 1");
    out.open("for (int k = blocks%s.next(); k > 0; k--) {", i);
    addTop(f);
    out.close();
    each(f, "stack%s[top%s]@ = %s@;".formatted(i, i, f.name()));
    out.line("top%s++;", i);
    each(f, "%s@ = %s;".formatted(f.name(), f.start()));
    out.line("end%s += blocks%s.left;", i, i);
    out.close();
  }

  private void addTop(FoldText f) {
    out.line("top%s--;", f.i());
    each(
        f,
        "%s@ = %s;"
            .formatted(
                f.name(), f.combine("stack%s[top%s]@".formatted(f.i(), f.i()), f.name() + "@")));
  }

  /** A line for each lane, in which {@code @} is its index. */
  private void each(FoldText f, String line) {
    if (f.order().lanes() > 1) {
      eachLane(f, line.replace("@", "[l]"));
    } else {
      out.line("%s", line.replace("@", ""));
    }
  }

  private void term(FoldText f, Instr in) {
    if (f.picks()) {
      String v = nest.value(((Instr.Fold) in).value());
      out.open("if (r == 0 || %s) {", f.better(v));
      out.line("%s = %s;", f.name(), v);
      out.line("best%s = (int)r;", f.i());
      out.close();
      return;
    }
    int lanes = f.order().lanes();
    String to = lanes > 1 ? f.name() + "[r % " + lanes + "]" : f.name();
    out.line("%s = %s;", to, f.next(nest, in, to));
  }

  private void finish(FoldText f) {
    if (f.picks()) {
      nest.name(f.i(), "best" + f.i());
      return;
    }
    if (waiting(f) > 0) {
      out.line("#pragma unroll 1");
      out.open("while (top%s > 0) {", f.i());
      addTop(f);
      out.close();
    }
    FoldOrder order = f.order();
    if (order.lanes() > 1) {
      out.line("for (int h = %s; h > 0; h /= 2)", order.lanes() / 2);
      out.line(
          "  for (int l = 0; l < h; l++) %s[l] = %s;",
          f.name(), f.combine(f.name() + "[l]", f.name() + "[l + h]"));
    }
    nest.name(f.i(), order.lanes() > 1 ? f.name() + "[0]" : f.name());
  }
}
