package dev.engram.ir.passes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.Builder;
import dev.engram.ir.DType;
import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Lit;
import dev.engram.ir.Role;
import dev.engram.ir.Shape;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import dev.engram.ir.Verifier;
import dev.engram.ir.interpret.Interpreter;
import dev.engram.ir.op.Control;
import dev.engram.ir.op.Dot;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.Op;
import dev.engram.ir.op.Reduce;
import dev.engram.ir.op.Rows;
import dev.engram.ir.text.Printer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Random backward passes with accumulated sums, before and after these leave the loops. */
class MoveSumsOutOfScansTest {
  private static final int GRAPHS = 600;
  private static final Op ADD = new Elementwise(Rows.ADD);
  private static final Op MUL = new Elementwise(Rows.MUL);

  /** A graph, and how many of its carries are sums for later. */
  private record Case(Graph graph, int sums) {}

  private final Random random = new Random(5);

  private static TensorType with(TensorType t, int length) {
    return t.with(Shape.of(length).concat(t.shape()));
  }

  /** Two stacked arrays of a first loop go into a second one, whose carries are {@code kinds}. */
  private Case randomCase(DType dtype) {
    int length = 1 + random.nextInt(4);
    int examples = 1 + random.nextInt(3);
    TensorType x = TensorType.of(dtype, examples, 2);
    TensorType y = TensorType.of(dtype, examples, 3);
    Builder g = new Builder("f");
    Var px = g.param(with(x, length), Role.INPUT, "x");
    Var py = g.param(with(y, length), Role.INPUT, "y");
    Builder stack = new Builder("stack");
    Var sx = stack.param(x, Role.INPUT, "x");
    Var sy = stack.param(y, Role.INPUT, "y");
    Graph copies = stack.build(List.of(stack.emit1(MUL, sx, sx), stack.emit1(ADD, sy, sy)));
    List<Var> stacks = g.emit(new Control.Scan(copies, 0, 0, length, false), List.of(px, py));
    int carries = 1 + random.nextInt(3);
    Builder b = new Builder("back");
    List<TensorType> types = new ArrayList<>();
    List<Integer> kinds = new ArrayList<>();
    for (int i = 0; i < carries; i++) {
      kinds.add(random.nextInt(9));
      types.add(
          switch (kinds.getLast()) {
            case 0, 1, 5, 6, 7, 8 -> TensorType.of(dtype, 2, 3);
            case 2 -> TensorType.of(dtype, examples, 2, 3);
            case 3 -> TensorType.of(dtype, 3);
            default -> TensorType.of(dtype, examples, 2, examples, 3);
          });
    }
    List<Var> accs = types.stream().map(t -> b.param(t, Role.INPUT, "c")).toList();
    Var bx = b.param(x, Role.INPUT, "x");
    Var by = b.param(y, Role.INPUT, "y");
    Value xx = random.nextBoolean() ? bx : b.emit1(MUL, bx, bx);
    Value yy = random.nextBoolean() ? by : b.emit1(ADD, by, by);
    Dot weights = new Dot(List.of(0), List.of(0), List.of(), List.of());
    List<Value> outs = new ArrayList<>();
    List<Value> more = new ArrayList<>();
    int sums = 0;
    for (int i = 0; i < carries; i++) {
      Var c = accs.get(i);
      boolean movable = kinds.get(i) < 6;
      outs.add(
          switch (kinds.get(i)) {
            case 0 -> b.emit1(ADD, c, b.emit1(weights, xx, yy));
            case 1 ->
                b.emit1(ADD, b.emit1(ADD, b.emit1(weights, xx, by), b.emit1(weights, bx, yy)), c);
            case 2 ->
                b.emit1(
                    ADD, b.emit1(new Dot(List.of(), List.of(), List.of(0), List.of(0)), xx, yy), c);
            case 3 -> b.emit1(ADD, c, b.emit1(new Reduce(Reduce.Kind.SUM, List.of(0)), yy));
            case 4 ->
                b.emit1(
                    ADD, c, b.emit1(new Dot(List.of(), List.of(), List.of(), List.of()), xx, yy));
            case 5 ->
                b.emit1(ADD, b.emit1(ADD, c, b.emit1(weights, xx, yy)), b.emit1(weights, bx, by));
            // not a sum for later: it is read, stacked, or counted twice
            case 6 -> b.emit1(ADD, b.emit1(MUL, c, c), b.emit1(weights, xx, yy));
            case 7 -> {
              Var sum = b.emit1(ADD, c, b.emit1(weights, xx, yy));
              more.add(sum);
              yield sum;
            }
            default -> b.emit1(ADD, b.emit1(ADD, c, b.emit1(weights, xx, yy)), c);
          });
      sums += movable ? 1 : 0;
    }
    outs.addAll(more);
    List<Value> in = new ArrayList<>();
    types.forEach(t -> in.add(g.param(t, Role.INPUT, "first")));
    in.addAll(stacks);
    List<Var> last =
        g.emit(new Control.Scan(b.build(outs), 0, carries, length, random.nextBoolean()), in);
    return new Case(g.build(last), sums);
  }

  private static List<HostTensor> args(Graph g, long seed) {
    Random r = new Random(seed);
    return g.paramTypes().stream()
        .map(
            t -> {
              HostTensor h = HostTensor.allocate(t);
              for (long i = 0; i < t.size(); i++) {
                h.setDouble(i, t.dtype().isFloat() ? r.nextDouble() - 0.5 : r.nextInt(5) - 2);
              }
              return h;
            })
        .toList();
  }

  private static void same(Graph before, Graph after, DType dtype, long seed) {
    List<HostTensor> args = args(before, seed);
    List<HostTensor> want = Interpreter.run(before, args);
    List<HostTensor> got = Interpreter.run(after, args);
    double tolerance = dtype == DType.F64 ? 1e-10 : dtype == DType.F32 ? 1e-5 : 0;
    for (int i = 0; i < want.size(); i++) {
      HostTensor w = want.get(i);
      HostTensor v = got.get(i);
      double scale =
          IntStream.range(0, (int) w.type().size())
              .mapToDouble(k -> Math.abs(w.getDouble(k)))
              .reduce(1, Math::max);
      for (long k = 0; k < w.type().size(); k++) {
        assertEquals(
            w.getDouble(k),
            v.getDouble(k),
            tolerance * scale,
            () -> Printer.print(before) + Printer.print(after));
      }
    }
  }

  private static int carries(Graph g) {
    return g.eqns().stream()
        .map(Eqn::op)
        .filter(Control.Scan.class::isInstance)
        .mapToInt(s -> ((Control.Scan) s).carry())
        .sum();
  }

  @Test
  void valuesStayAndSumsLeave() {
    List<DType> types = List.of(DType.F64, DType.F32, DType.I32, DType.I8);
    for (int n = 0; n < GRAPHS; n++) {
      DType dtype = types.get(n % types.size());
      Case c = randomCase(dtype);
      Graph moved = Verifier.verify(MoveSumsOutOfScans.run(c.graph));
      assertEquals(carries(c.graph) - c.sums, carries(moved), () -> Printer.print(c.graph) + moved);
      same(c.graph, moved, dtype, n);
    }
  }

  /** A carry with terms of which some are no sums, however many, is left. */
  @Test
  void otherTermsStay() {
    for (int terms = 1; terms <= 9; terms++) {
      for (boolean nested : new boolean[] {false, true}) {
        for (boolean product : new boolean[] {false, true}) {
          TensorType t = TensorType.of(DType.F64, 2, 2);
          Builder b = new Builder("body");
          Var c = b.param(t, Role.INPUT, "c");
          Var x = b.param(t, Role.INPUT, "x");
          Value sum = product ? b.emit1(ADD, c, b.emit1(Dot.matmul(), x, x)) : c;
          Value last = sum;
          for (int i = 0; i < terms; i++) {
            Value term = b.emit1(new Elementwise(Rows.TANH), x);
            last = nested && i > 0 ? b.emit1(ADD, last, term) : nested ? term : last;
            sum = nested ? sum : b.emit1(ADD, sum, term);
          }
          Value out = nested ? b.emit1(ADD, last, sum) : sum;
          Builder g = new Builder("f");
          Var xs = g.param(with(t, 3), Role.INPUT, "xs");
          Var first = g.param(t, Role.INPUT, "c");
          Builder copy = new Builder("copy");
          Var y = copy.param(t, Role.INPUT, "y");
          Graph copies = copy.build(List.of(copy.emit1(MUL, y, y)));
          List<Var> stacked = g.emit(new Control.Scan(copies, 0, 0, 3, false), List.of(xs));
          Graph body = b.build(List.of(out));
          Graph whole =
              g.build(
                  g.emit(
                      new Control.Scan(body, 0, 1, 3, false), List.of(first, stacked.getFirst())));
          assertSame(whole, MoveSumsOutOfScans.run(whole), () -> Printer.print(whole));
        }
      }
    }
  }

  /**
   * Losses of a batch at each step leave a loop that stacks other things, with what follows them.
   */
  @Test
  void outputsThatFoldExamplesLeave() {
    for (int n = 0; n < 200; n++) {
      DType dtype = n % 2 == 0 ? DType.F64 : DType.F32;
      TensorType x = TensorType.of(dtype, 1 + random.nextInt(3), 2);
      int length = 1 + random.nextInt(4);
      boolean others = random.nextInt(3) > 0;
      boolean carried = random.nextInt(4) == 0;
      Builder b = new Builder("body");
      Var c = b.param(x, Role.INPUT, "c");
      Var total = b.param(TensorType.of(dtype), Role.INPUT, "total");
      Var in = b.param(x, Role.INPUT, "x");
      Var h = b.emit1(new Elementwise(Rows.TANH), b.emit1(ADD, c, in));
      Var error = b.emit1(MUL, h, random.nextBoolean() ? h : c);
      boolean whole = random.nextBoolean();
      Var sum = b.emit1(new Reduce(Reduce.Kind.SUM, whole ? List.of(0, 1) : List.of(0)), error);
      Var loss = b.emit1(MUL, sum, Lit.of(sum.type(), 0.5));
      Value last = whole && carried ? b.emit1(ADD, total, loss) : total;
      List<Value> outs = new ArrayList<>(List.of(h, last, loss));
      if (others) {
        outs.add(h);
      }
      if (random.nextBoolean()) {
        outs.add(loss);
      }
      Builder g = new Builder("f");
      List<Var> args =
          List.of(
              g.param(x, Role.INPUT, "c"),
              g.param(TensorType.of(dtype), Role.INPUT, "total"),
              g.param(with(x, length), Role.INPUT, "xs"));
      Control.Scan scan = new Control.Scan(b.build(outs), 0, 2, length, random.nextBoolean());
      Graph graph = g.build(g.emit(scan, args));
      Graph moved = Verifier.verify(MoveSumsOutOfScans.run(graph));
      boolean leaves = others && !(whole && carried);
      assertEquals(leaves, !moved.equals(graph), () -> Printer.print(graph));
      if (leaves) {
        Control.Scan left = (Control.Scan) moved.eqns().getFirst().op();
        assertTrue(
            left.body().eqns().stream().noneMatch(e -> e.op() instanceof Reduce),
            () -> Printer.print(moved));
      }
      same(graph, moved, dtype, n);
    }
  }

  /** What would take hundreds of megabytes is left. */
  @Test
  void largeStacksStay() {
    for (int examples : new int[] {1 << 10, 1 << 22}) {
      TensorType t = TensorType.of(DType.F32, examples, 2);
      Builder b = new Builder("body");
      Var c = b.param(TensorType.of(DType.F32, 2), Role.INPUT, "c");
      Var x = b.param(t, Role.INPUT, "x");
      Var sum = b.emit1(new Reduce(Reduce.Kind.SUM, List.of(0)), b.emit1(MUL, x, x));
      Graph body = b.build(List.of(b.emit1(ADD, c, sum)));
      Builder copy = new Builder("copy");
      Var y = copy.param(t, Role.INPUT, "y");
      Graph copies = copy.build(List.of(copy.emit1(ADD, y, y)));
      Builder g = new Builder("f");
      Var xs = g.param(with(t, 9), Role.INPUT, "xs");
      Var first = g.param(c.type(), Role.INPUT, "c");
      List<Var> stacked = g.emit(new Control.Scan(copies, 0, 0, 9, false), List.of(xs));
      List<Var> in = List.of(first, stacked.getFirst());
      Graph whole = g.build(g.emit(new Control.Scan(body, 0, 1, 9, false), in));
      assertEquals(examples == 1 << 10 ? 0 : 1, carries(MoveSumsOutOfScans.run(whole)));
    }
  }
}
