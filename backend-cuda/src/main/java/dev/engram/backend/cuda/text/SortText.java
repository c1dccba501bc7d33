package dev.engram.backend.cuda.text;

import dev.engram.ir.DType;
import dev.engram.lower.AffineMap;
import dev.engram.lower.LoopBuffer;
import dev.engram.lower.Stmt;
import java.util.List;

/**
 * A stable sort of rows, a block of threads for each: runs of 1, 2, 4, … positions are merged, each
 * thread finding the places of its positions by bisection of the other run.
 */
final class SortText {
  private final Stmt.Sort sort;
  private final Params params;
  private final IndexText index;

  private final Team team;
  private final long apart;

  /**
   * @param apart where each block has rows of its own, from the scratch memory of one to that of
   *     the next, in elements: enough for any sort that it does
   */
  SortText(
      List<LoopBuffer> buffers,
      Stmt.Sort sort,
      List<Integer> trips,
      Params params,
      TextOptions options,
      Team team,
      long apart) {
    this.sort = sort;
    this.params = params;
    this.team = team;
    this.apart = apart;
    this.index = new IndexText(buffers, sort.traffic(), trips, options.narrow());
  }

  IndexText index() {
    return index;
  }

  /** What it is, for a comment. */
  String describe() {
    return "sort of %s rows of %s%s".formatted(rows(), sort.length(), CudaText.line(sort.where()));
  }

  long rows() {
    return rows(sort);
  }

  /** The scratch memory of a sort, in elements. */
  static long scratch(Stmt.Sort s) {
    return 2L * rows(s) * s.length();
  }

  private static long rows(Stmt.Sort s) {
    return s.rows().stream().mapToLong(Integer::longValue).reduce(1, (x, y) -> x * y);
  }

  void write(CodeWriter out) {
    int n = sort.length();
    String type = index.type();
    DType t = sort.dtype();
    String v = CTypes.value(t);
    boolean narrowFloat = t == DType.F16 || t == DType.BF16;
    String key = narrowFloat ? "float" : v;
    out.open(
        "for (%s g = %s; g < %s; g += %s) {",
        type, team.block(), index.number(rows()), team.blocks());
    rowAxes(out);
    // Positions lie in one half of the scratch memory and are merged into the other.
    String block = team.isBlock() ? "blockIdx.x * %sLL + ".formatted(apart) : "";
    out.line("i64 from = %sg * 2LL * %s, to = from + %s;", block, n, n);
    out.line("for (int k = threadIdx.x; k < %s; k += blockDim.x) order[from + k] = k;", n);
    out.line("__syncthreads();");
    out.line("#pragma unroll 1");
    out.open("for (i64 run = 1; run < %s; run *= 2) {", n);
    out.line("#pragma unroll 1");
    out.open("for (int k = threadIdx.x; k < %s; k += blockDim.x) {", n);
    out.line("i64 low = k / (2 * run) * (2 * run);");
    out.line("i64 middle = eg_least(low + run, %sLL), high = eg_least(low + 2 * run, %sLL);", n, n);
    out.line("int mine = order[from + k];");
    out.line("%s x = %s;", key, element(narrowFloat, "mine"));
    // The left run's positions stay before equal ones of the right run.
    out.line("bool left = k < middle;");
    out.line("i64 a = left ? middle : low, b = left ? high : middle;");
    out.line("#pragma unroll 1");
    out.open("while (a < b) {");
    out.line("i64 half = (a + b) / 2;");
    out.line("%s y = %s;", key, element(narrowFloat, "order[from + half]"));
    String before = before("y", "x");
    String notAfter = "!" + before("x", "y");
    out.line("if (left ? %s : %s) a = half + 1; else b = half;", before, notAfter);
    out.close();
    out.line("i64 place = left ? k + (a - middle) : low + (k - middle) + (a - low);");
    out.line("order[to + place] = mine;");
    out.close();
    out.line("__syncthreads();");
    out.line("i64 other = from;");
    out.line("from = to;");
    out.line("to = other;");
    out.close();
    out.open("for (int k = threadIdx.x; k < %s; k += blockDim.x) {", n);
    out.line("%s[%s] = order[from + k];", params.name(sort.to().buffer()), at(sort.to().at(), "k"));
    out.close();
    out.line("__syncthreads();");
    out.close();
  }

  /** True where x is to come before y and they are not equal. */
  private String before(String x, String y) {
    String f = sort.op().descending() ? "eg_sorts_down" : "eg_sorts_up";
    return f + "(" + x + ", " + y + ")";
  }

  private String element(boolean narrowFloat, String position) {
    String e = params.name(sort.from().buffer()) + "[" + at(sort.from().at(), position) + "]";
    return narrowFloat ? "eg_of_" + sort.dtype() + "(" + e + ")" : e;
  }

  /** A map whose last axis is the row. */
  private String at(AffineMap m, String position) {
    long stride = m.inner().getLast();
    List<Long> others = new java.util.ArrayList<>(m.inner());
    others.set(others.size() - 1, 0L);
    return index.of(new AffineMap(m.offset(), m.outer(), others))
        + " + "
        + index.number(stride)
        + " * (%s)".formatted(position);
  }

  private void rowAxes(CodeWriter out) {
    long behind = 1;
    for (int a = sort.rows().size() - 1; a >= 0; a--) {
      int n = sort.rows().get(a);
      if (n == 1) {
        continue;
      }
      out.line("%s i%s = g / %s %% %s;", index.type(), a, index.number(behind), index.number(n));
      behind *= n;
    }
  }
}
