package dev.engram.backend.cuda.text;

import dev.engram.lower.FoldOrder;
import java.util.List;
import java.util.Optional;

/**
 * As many threads of a warp for each result as its folds have lanes: thread l is lane l, and the
 * lanes are added up by shuffles.
 */
final class LaneKernel {
  private final NestText nest;
  private final CodeWriter out;
  private final FoldOrder order;
  private final List<FoldText> folds;

  private LaneKernel(NestText nest, CodeWriter out, FoldOrder order) {
    this.nest = nest;
    this.out = out;
    this.order = order;
    this.folds = nest.folds();
  }

  /** The order of all folds of a nest; empty where there are several. */
  static Optional<FoldOrder> common(NestText nest) {
    List<FoldOrder> all = nest.folds().stream().map(FoldText::order).distinct().toList();
    return all.size() == 1 ? Optional.of(all.getFirst()) : Optional.empty();
  }

  /** Empty where the folds have not that many lanes. */
  static Optional<LaneKernel> of(NestText nest, CodeWriter out) {
    return common(nest)
        .filter(o -> o.lanes() > 1 && o.lanes() <= 32 && nest.folded() >= o.lanes())
        .map(o -> new LaneKernel(nest, out, o));
  }

  /** Returns the number of threads that have work. */
  long write() {
    int lanes = order.lanes();
    int groups = nest.options.threads() / lanes;
    String type = nest.index.type();
    String results = nest.index.number(nest.results());
    out.line("int lane = threadIdx.x %% %s;", lanes);
    out.open(
        "for (%s first = %s; first < %s; first += %s) {",
        type,
        nest.team.first(type, Integer.toString(groups)),
        results,
        nest.team.step(type, Integer.toString(groups)));
    out.line("%s g = first + threadIdx.x / %s;", type, lanes);
    out.line("bool live = g < %s; // all threads of a warp take part in its shuffles", results);
    for (FoldText f : folds) {
      out.line("%s %s = %s;", f.type(), f.name(), f.start());
    }
    out.open("if (live) {");
    nest.axes(out, nest.axes(0, nest.parallel), "g");
    terms();
    out.close();
    for (FoldText f : folds) {
      out.open("for (int h = %s; h > 0; h /= 2) {", lanes / 2);
      out.line("%s other = __shfl_down_sync(0xffffffffu, %s, h, %s);", f.type(), f.name(), lanes);
      out.line("if (lane < h) %s = %s;", f.name(), f.combine(f.name(), "other"));
      out.close();
      nest.name(f.i(), f.name());
    }
    if (nest.params.declared().stream().anyMatch(p -> p.startsWith("UPDATE"))) {
      out.line("__syncwarp(); // all have read what one writes over");
    }
    out.open("if (live && lane == 0) {");
    nest.axes(out, nest.axes(0, nest.parallel), "g");
    nest.epilogue(out);
    out.close();
    out.close();
    return nest.results() * lanes;
  }

  private void terms() {
    int lanes = order.lanes();
    int waiting = order.waiting(nest.folded());
    if (waiting > 0) {
      out.line(
          "Blocks blocks(%s, %s);", CTypes.literal(order.block()), CTypes.literal(order.share()));
      out.line("i64 end = blocks.left;");
      out.line("int top = 0;");
      for (FoldText f : folds) {
        out.line("%s stack%s[%s];", f.type(), f.i(), waiting);
      }
    }
    String terms = nest.index.number(nest.folded());
    out.line("#pragma unroll 1");
    out.open("for (%s r0 = 0; r0 < %s; r0 += %s) {", nest.index.type(), terms, lanes);
    if (waiting > 0) {
      out.open("if (r0 == end) {");
      out.line("#pragma unroll 1");
      out.open("for (int k = blocks.next(); k > 0; k--) {");
      addTop();
      out.close();
      for (FoldText f : folds) {
        out.line("stack%s[top] = %s;", f.i(), f.name());
        out.line("%s = %s;", f.name(), f.start());
      }
      out.line("top++;");
      out.line("end += blocks.left;");
      out.close();
    }
    out.line("%s r = r0 + lane;", nest.index.type());
    out.open("if (r < %s) {", terms);
    nest.term(out);
    out.close();
    out.close();
    if (waiting > 0) {
      out.line("#pragma unroll 1");
      out.open("while (top > 0) {");
      addTop();
      out.close();
    }
  }

  private void addTop() {
    out.line("top--;");
    for (FoldText f : folds) {
      String top = "stack" + f.i() + "[top]";
      out.line("%s = %s;", f.name(), f.combine(top, f.name()));
    }
  }
}
