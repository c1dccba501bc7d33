package dev.engram.backend.cuda.text;

import dev.engram.ir.DType;
import dev.engram.lower.Access;
import dev.engram.lower.Instr;
import dev.engram.lower.LoopBuffer;
import dev.engram.lower.Stmt;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The instructions of one nest in C: value {@code k} is the variable {@code vk}. How the points are
 * divided among threads is the matter of {@link PointKernel}, {@link LaneKernel}, {@link
 * LeafKernel}, {@link TileKernel} and {@link ScatterKernel}.
 */
final class NestText {
  /**
   * Terms of a fold whose operands a thread reads before it adds them: 256 threads then have 16 KB
   * under way, which an answer of the cache that all share takes 0.3 µs for, 50 bytes in a
   * nanosecond.
   */
  private static final int UNROLL = 16;

  final Stmt.Nest nest;
  final IndexText index;
  final Params params;
  final TextOptions options;
  final Team team;

  /** Axes that are not folded, which come first. */
  final int parallel;

  private final RowText rows;

  /** The names of the values. */
  private final String[] values;

  private int sharedBytes;

  NestText(
      List<LoopBuffer> buffers,
      Stmt.Nest nest,
      List<Integer> trips,
      Params params,
      RowText rows,
      TextOptions options,
      Team team) {
    this.nest = nest;
    this.index = new IndexText(buffers, nest, trips, options.narrow());
    this.params = params;
    this.team = team;
    this.rows = rows;
    this.options = options;
    this.parallel = (int) nest.axes().stream().filter(a -> !a.reduce()).count();
    this.values = new String[nest.body().size() + nest.epilogue().size()];
  }

  /** The number of points of the axes {@code from <= a < to}. */
  long points(int from, int to) {
    long n = 1;
    for (int a = from; a < to; a++) {
      n *= nest.axes().get(a).length();
    }
    return n;
  }

  long results() {
    return points(0, parallel);
  }

  /** Points that are folded into each result. */
  long folded() {
    return points(parallel, nest.axes().size());
  }

  boolean hasFolds() {
    return parallel < nest.axes().size();
  }

  /** The folds of the body, in order. */
  List<FoldText> folds() {
    List<FoldText> all = new ArrayList<>();
    for (int i = 0; i < nest.body().size(); i++) {
      if (FoldText.is(nest.body().get(i))) {
        all.add(FoldText.of(i, nest.body().get(i)));
      }
    }
    return all;
  }

  /**
   * The number of term {@code term} of point {@code at}, for checks: terms come before the epilogue
   * of their point, points in row-major order.
   */
  String order(String at, String term) {
    return "(i64)%s * %s + %s".formatted(at, CTypes.literal(folded() + 1), term);
  }

  /** The epilogue of point {@code g}, after all of its terms. */
  void epilogue(CodeWriter out) {
    epilogue(out, order("g", CTypes.literal(folded())));
  }

  /** Term {@code r} of point {@code g}, added to the partial results {@code fk}. */
  void term(CodeWriter out) {
    axes(out, axes(parallel, nest.axes().size()), "r");
    body(
        out,
        order("g", "r"),
        (o, i, in) -> {
          FoldText f = FoldText.of(i, in);
          o.line("%s = %s;", f.name(), f.next(this, in, f.name()));
        });
  }

  /** Opens the loop of a thread over its points {@code g} of so many. */
  void eachPoint(CodeWriter out, long points) {
    String first = team.isBlock() ? "" : team.first(index.type(), "blockDim.x") + " + ";
    out.open(
        "for (%s g = %sthreadIdx.x; g < %s; g += %s) {",
        index.type(), first, index.number(points), team.step(index.type(), "blockDim.x"));
  }

  boolean checks() {
    return StepFacts.checks(nest);
  }

  String value(int i) {
    return values[i];
  }

  void name(int i, String name) {
    values[i] = name;
  }

  /** Declares the given axes from the row-major number of their point. */
  void axes(CodeWriter out, List<Integer> axes, String point) {
    List<Integer> used = axes.stream().filter(a -> nest.axes().get(a).length() != 1).toList();
    long behind = 1;
    List<String> lines = new ArrayList<>();
    for (int k = used.size() - 1; k >= 0; k--) {
      int a = used.get(k);
      int n = nest.axes().get(a).length();
      String e = behind == 1 ? point : point + " / " + index.number(behind);
      if (k > 0) {
        e += " % " + index.number(n);
      }
      if (IndexText.uses(nest, a) || checks()) {
        lines.add("%s i%s = %s;".formatted(index.type(), a, e));
      }
      behind *= n;
    }
    lines.reversed().forEach(l -> out.line("%s", l));
  }

  List<Integer> axes(int from, int to) {
    List<Integer> all = new ArrayList<>();
    for (int a = from; a < to; a++) {
      all.add(a);
    }
    return all;
  }

  /** Opens a loop for each of the axes, as written; returns how many to close. */
  int loops(CodeWriter out, List<Integer> axes) {
    int opened = 0;
    for (int a : axes) {
      int n = nest.axes().get(a).length();
      if (n != 1) {
        // A block of a whole loop has few threads: each has to have several reads under way.
        boolean inner = a == nest.axes().size() - 1 && nest.axes().get(a).reduce();
        out.line("#pragma unroll %s", team.isBlock() && inner ? Math.min(n, UNROLL) : 1);
        out.open("for (%s i%s = 0; i%s < %s; i%s++) {", index.type(), a, a, index.number(n), a);
        opened++;
      }
    }
    return opened;
  }

  /**
   * The instructions of the body, but for folds, which {@code fold} writes.
   *
   * @param at the number of the point, for checks: in the order of the loop interpreter
   */
  void body(CodeWriter out, String at, FoldWriter fold) {
    for (int i = 0; i < nest.body().size(); i++) {
      Instr in = nest.body().get(i);
      if (in instanceof Instr.Fold || in instanceof Instr.DotFold) {
        fold.add(out, i, in);
      } else {
        instr(out, i, in, at);
      }
    }
  }

  /** Writes what a fold does with its next term. */
  @FunctionalInterface
  interface FoldWriter {
    void add(CodeWriter out, int i, Instr fold);
  }

  void epilogue(CodeWriter out, String at) {
    for (int i = 0; i < nest.epilogue().size(); i++) {
      instr(out, nest.body().size() + i, nest.epilogue().get(i), at);
    }
  }

  private void instr(CodeWriter out, int i, Instr instr, String at) {
    switch (instr) {
      case Instr.Load l -> define(out, i, l.dtype(), element(l.from()));
      case Instr.Literal l -> values[i] = CTypes.literal(l.dtype(), l.bits());
      case Instr.IndexOf x -> define(out, i, x.dtype(), index(x));
      case Instr.Apply a ->
          define(
              out,
              i,
              a.row().signature().result(a.dtype()),
              rows.apply(
                  a.row(),
                  a.dtype(),
                  a.args().stream().map(k -> values[k]).toList(),
                  nest.where()));
      case Instr.Convert c ->
          define(out, i, c.to(), CTypes.convert(c.from(), c.to(), values[c.arg()]));
      case Instr.LoadAt l ->
          define(
              out,
              i,
              l.dtype(),
              "%s[%s + %s * (%s)eg_clamp((i64)%s, 0LL, %s)]"
                  .formatted(
                      params.name(l.from().buffer()),
                      place(l.from()),
                      index.number(l.stride()),
                      index.type(),
                      values[l.index()],
                      CTypes.literal(l.limit() - 1)));
      case Instr.RandomWord r ->
          define(
              out,
              i,
              DType.I32,
              "eg_random(%s, %s, (i64)(%s))"
                  .formatted(values[r.key0()], values[r.key1()], index.of(r.at())));
      case Instr.Store s -> out.line("%s = %s;", element(s.to()), stored(s.dtype(), s.value()));
      case Instr.StoreAt s -> scatter(out, s);
      case Instr.Check c -> {
        values[i] = values[c.value()];
        out.line(
            "eg_check(failed, %s, (i64)%s, %s, %s, (%s) * %s + %s, (i64)(%s), %s);",
            team.launch(),
            values[c.value()],
            CTypes.literal(c.op().low()),
            CTypes.literal(c.op().high()),
            inLaunch(at),
            values.length,
            i,
            index.of(c.position()),
            i);
      }
      case Instr.Fold _, Instr.DotFold _ -> throw new IllegalStateException("a fold by itself");
    }
  }

  /** The number of a point in all parts of the nest. */
  private String inLaunch(String at) {
    String points = CTypes.literal(results() * (hasFolds() ? folded() + 1 : 1));
    return team.isBlock() ? "(i64)t" + team.shares() + " * " + points + " + " + at : at;
  }

  /** Declares memory that the threads of a block share. */
  void shared(CodeWriter out, String type, String name, long n) {
    if (team.isOneOfSeveral()) {
      out.line("POOLED(%s, %s, %s, %s);", type, name, team.pooled() + sharedBytes, n);
    } else {
      out.line("SHARED(%s, %s, %s);", type, name, n);
    }
    long bytes = n * CTypes.bytes(type);
    sharedBytes = Math.toIntExact((sharedBytes + bytes + 15) / 16 * 16);
  }

  /** What it has declared so. */
  int sharedBytes() {
    return sharedBytes;
  }

  private String index(Instr.IndexOf x) {
    String at = index.of(x.at());
    return x.dtype() == DType.I32 && !index.isWide()
        ? at
        : CTypes.convert(DType.I64, x.dtype(), "(i64)(" + at + ")");
  }

  private void define(CodeWriter out, int i, DType type, String expression) {
    values[i] = "v" + i;
    out.line("%s v%s = %s;", CTypes.value(type), i, bare(expression));
  }

  /** Without parentheses around the whole. */
  static String bare(String expression) {
    int depth = 0;
    for (int k = 0; k < expression.length(); k++) {
      char c = expression.charAt(k);
      depth += c == '(' ? 1 : c == ')' ? -1 : 0;
      if (depth == 0 && (k < expression.length() - 1 || c != ')')) {
        return expression;
      }
    }
    return expression.substring(1, expression.length() - 1);
  }

  private String stored(DType type, int value) {
    boolean narrow = !CTypes.value(type).equals(CTypes.memory(type));
    return narrow ? "(" + CTypes.memory(type) + ")" + values[value] : values[value];
  }

  private void scatter(CodeWriter out, Instr.StoreAt s) {
    String k = values[s.index()];
    out.open("if (%s >= 0 && (i64)%s < %s) {", k, k, CTypes.literal(s.limit()));
    String at =
        "%s[%s + %s * (%s)%s]"
            .formatted(
                params.name(s.to().buffer()),
                place(s.to()),
                index.number(s.stride()),
                index.type(),
                k);
    String v = values[s.value()];
    String type = CTypes.value(s.dtype());
    out.line(
        "%s = %s;",
        at,
        switch (s.combine()) {
          case SET -> stored(s.dtype(), s.value());
          case ADD -> RowText.add(s.dtype(), "(" + type + ")" + at, v);
          case MAX -> "eg_max((" + type + ")" + at + ", " + v + ")";
        });
    out.close();
  }

  String element(Access a) {
    return params.name(a.buffer()) + "[" + place(a) + "]";
  }

  private String place(Access a) {
    return index.of(params.at(a, team.shares()));
  }

  /** Points as the user and the loop interpreter count them, for a comment. */
  String extent() {
    return nest.axes().stream()
        .map(a -> (a.reduce() ? "fold " : "") + a.length())
        .collect(Collectors.joining(" x "));
  }
}
