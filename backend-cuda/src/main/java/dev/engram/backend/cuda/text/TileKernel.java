package dev.engram.backend.cuda.text;

import dev.engram.lower.Instr;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A product of two operands: a block of threads computes a tile of results, for which parts of both
 * operands go through shared memory. Each result is one thread's, with its terms in the program's
 * order.
 */
final class TileKernel {
  private final NestText nest;
  private final CodeWriter out;
  private final Instr.Load a;
  private final Instr.Load b;
  private final Instr.DotFold dot;
  private final FoldText fold;

  /** The axis along which only the first operand moves, and that of the second. */
  private final int rows;

  private final int columns;

  private TileKernel(NestText nest, CodeWriter out, int rows, int columns) {
    this.nest = nest;
    this.out = out;
    this.a = (Instr.Load) nest.nest.body().get(0);
    this.b = (Instr.Load) nest.nest.body().get(1);
    this.dot = (Instr.DotFold) nest.nest.body().get(2);
    this.fold = FoldText.of(2, dot);
    this.rows = rows;
    this.columns = columns;
  }

  /** Empty where the nest is no such product, or too small. */
  static Optional<TileKernel> of(NestText nest, CodeWriter out) {
    List<Instr> body = nest.nest.body();
    boolean product =
        body.size() == 3
            && body.get(0) instanceof Instr.Load
            && body.get(1) instanceof Instr.Load
            && body.get(2) instanceof Instr.DotFold d
            && d.a() == 0
            && d.b() == 1
            && d.order().lanes() == 1;
    boolean fits = nest.options.tile() * nest.options.tile() <= nest.options.threads();
    if (!product || nest.checks() || nest.folded() == 0 || (nest.team.isOneOfSeveral() && !fits)) {
      return Optional.empty();
    }
    Instr.Load a = (Instr.Load) body.get(0);
    Instr.Load b = (Instr.Load) body.get(1);
    int rows = alone(nest, a, b);
    int columns = alone(nest, b, a);
    return rows < 0 || columns < 0
        ? Optional.empty()
        : Optional.of(new TileKernel(nest, out, rows, columns));
  }

  /** The last parallel axis along which {@code one} moves and {@code other} does not. */
  private static int alone(NestText nest, Instr.Load one, Instr.Load other) {
    for (int k = nest.parallel - 1; k >= 0; k--) {
      if (nest.nest.axes().get(k).length() > 1
          && one.from().at().inner().get(k) != 0
          && other.from().at().inner().get(k) == 0) {
        return k;
      }
    }
    return -1;
  }

  int threads() {
    return nest.options.tile() * nest.options.tile();
  }

  /** Returns the number of threads that have work. */
  long write() {
    int side = nest.options.tile() * nest.options.perThread();
    int per = nest.options.perThread();
    int depth = nest.options.depth();
    int height = nest.nest.axes().get(rows).length();
    int width = nest.nest.axes().get(columns).length();
    long down = (height + side - 1L) / side;
    long across = (width + side - 1L) / side;
    List<Integer> others = new ArrayList<>();
    long tiles = down * across;
    for (int k = 0; k < nest.parallel; k++) {
      if (k != rows && k != columns) {
        others.add(k);
        tiles *= nest.nest.axes().get(k).length();
      }
    }
    String type = nest.index.type();
    String real = fold.type();
    // One more element in a row spreads a column over the banks of the memory.
    out.line("// parts of both operands, %s x %s", depth, side);
    nest.shared(out, real, "a", depth * (side + 1L));
    nest.shared(out, real, "b", depth * (side + 1L));
    if (nest.team.isOneOfSeveral()) {
      out.line("bool works = threadIdx.x < %s;", threads());
    }
    out.line("int ty = threadIdx.x / %s * %s;", nest.options.tile(), per);
    out.line("int tx = threadIdx.x %% %s * %s;", nest.options.tile(), per);
    out.open(
        "for (%s tile = %s; tile < %s; tile += %s) {",
        type, nest.team.block(), nest.index.number(tiles), nest.team.blocks());
    out.line(
        "int row0 = tile / %s %% %s * %s;",
        nest.index.number(across), nest.index.number(down), side);
    out.line("int column0 = tile %% %s * %s;", nest.index.number(across), side);
    if (!others.isEmpty()) {
      out.line("%s rest = tile / %s;", type, nest.index.number(down * across));
      nest.axes(out, others, "rest");
    }
    accumulators(per);
    long terms = nest.folded();
    out.line("#pragma unroll 1");
    out.open("for (%s k0 = 0; k0 < %s; k0 += %s) {", type, nest.index.number(terms), depth);
    stage("a", a, rows, "row0", height, side, depth);
    stage("b", b, columns, "column0", width, side, depth);
    out.line("__syncthreads();");
    out.line("int terms = (int)eg_least((%s)%s, %s - k0);", type, depth, nest.index.number(terms));
    if (nest.team.isOneOfSeveral()) {
      out.line("if (!works) terms = 0;");
    }
    out.line("#pragma unroll 1");
    out.open("for (int k = 0; k < terms; k++) {");
    block(per);
    out.open("for (int p = 0; p < %s; p++) {", per);
    out.open("for (int q = 0; q < %s; q++) {", per);
    out.line(
        "f[p][q] = %s;",
        fold.product(
            "a[k * " + (side + 1) + " + ty + p]", "b[k * " + (side + 1) + " + tx + q]", "f[p][q]"));
    out.close();
    out.close();
    out.close();
    out.line("__syncthreads();");
    out.close();
    rest(per);
    results(per, height, width);
    out.close();
    return tiles * threads();
  }

  private int waiting() {
    return dot.order().waiting(nest.folded());
  }

  private void accumulators(int per) {
    out.line("%s f[%s][%s] = {};", fold.type(), per, per);
    if (waiting() > 0) {
      out.line("%s stack[%s][%s][%s];", fold.type(), waiting(), per, per);
      out.line(
          "Blocks blocks(%s, %s);",
          CTypes.literal(dot.order().block()), CTypes.literal(dot.order().share()));
      out.line("i64 end = blocks.left;");
      out.line("int top = 0;");
    }
  }

  private void each(int per, String line) {
    out.line("for (int p = 0; p < %s; p++)", per);
    out.line("  for (int q = 0; q < %s; q++) %s", per, line);
  }

  private void block(int per) {
    if (waiting() == 0) {
      return;
    }
    out.open("if (k0 + k == end) {");
    out.line("#pragma unroll 1");
    out.open("for (int n = blocks.next(); n > 0; n--) {");
    out.line("top--;");
    each(per, "f[p][q] = " + fold.combine("stack[top][p][q]", "f[p][q]") + ";");
    out.close();
    each(per, "stack[top][p][q] = f[p][q];");
    each(per, "f[p][q] = 0;");
    out.line("top++;");
    out.line("end += blocks.left;");
    out.close();
  }

  private void rest(int per) {
    if (waiting() == 0) {
      return;
    }
    out.open("while (top > 0) {");
    out.line("top--;");
    each(per, "f[p][q] = " + fold.combine("stack[top][p][q]", "f[p][q]") + ";");
    out.close();
  }

  /** Copies the part of an operand that the tile needs, 0 where there is none. */
  private void stage(
      String to, Instr.Load from, int axis, String first, int length, int side, int depth) {
    String type = nest.index.type();
    // Neighbouring threads read neighbours in memory: along the axis, or along the terms.
    boolean along = Math.abs(from.from().at().inner().get(axis)) == 1;
    out.line("#pragma unroll 1");
    out.open("for (int e = threadIdx.x; e < %s; e += blockDim.x) {", side * depth);
    out.line("int k = e %s %s;", along ? "/" : "%", along ? side : depth);
    out.line("int x = e %s %s;", along ? "%" : "/", along ? side : depth);
    out.line("%s i%s = %s + x;", type, axis, first);
    out.line("%s r = k0 + k;", type);
    out.line("%s v = 0;", fold.type());
    out.open("if (i%s < %s && r < %s) {", axis, length, nest.index.number(nest.folded()));
    nest.axes(out, nest.axes(nest.parallel, nest.nest.axes().size()), "r");
    out.line("v = %s;", nest.element(from.from()));
    out.close();
    out.line("%s[k * %s + x] = v;", to, side + 1);
    out.close();
  }

  private void results(int per, int height, int width) {
    String type = nest.index.type();
    out.open("for (int p = 0; p < %s; p++) {", per);
    out.open("for (int q = 0; q < %s; q++) {", per);
    out.line("%s i%s = row0 + ty + p;", type, rows);
    out.line("%s i%s = column0 + tx + q;", type, columns);
    String works = nest.team.isOneOfSeveral() ? "works && " : "";
    out.open("if (%si%s < %s && i%s < %s) {", works, rows, height, columns, width);
    nest.name(2, "f[p][q]");
    nest.epilogue(out, "0");
    out.close();
    out.close();
    out.close();
  }
}
