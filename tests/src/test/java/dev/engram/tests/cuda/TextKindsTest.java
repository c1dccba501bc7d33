package dev.engram.tests.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Engram;
import dev.engram.Fn2;
import dev.engram.StepResult;
import dev.engram.backend.cuda.text.TextOptions;
import dev.engram.ir.DType;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.op.Check;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.Lowering;
import dev.engram.lower.LoweringOptions;
import dev.engram.sparse.EventProduct;
import dev.engram.tests.build.Needs;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Every way in which the points of a nest are divided among threads, at sizes where it is chosen
 * and at the edges of these, with the bits of {@code cpu}.
 */
class TextKindsTest {
  private final SplittableRandom random = new SplittableRandom(7);

  @BeforeAll
  static void needs() {
    Needs.cppCompiler();
  }

  private final Agreement standard = new Agreement(TextOptions.standard(), new int[] {1, 5}, 3);
  private final Agreement tiny = new Agreement(TextOptions.tiny(), new int[] {1, 5}, 3);

  /** No block of threads is for one result, and indices have 64 bits. */
  private final Agreement alone =
      new Agreement(new TextOptions(64, 4, 1, 5, 0, 0, true), new int[] {1, 5}, 3);

  private void add(String name, Function<List<Tensor>, Tensor> f, TensorType... types) {
    add(name, f, Texts.args(List.of(types), random.nextLong()));
  }

  private void add(String name, Function<List<Tensor>, Tensor> f, List<HostTensor> args) {
    LoopProgram p = Texts.of(f, args.stream().map(HostTensor::type).toList());
    for (Agreement a : List.of(standard, tiny, alone)) {
      a.add(name, p, args);
    }
  }

  private void check(String... wanted) {
    for (Agreement a : List.of(standard, tiny, alone)) {
      a.check();
      assertEquals(0, a.exempt());
    }
    for (String w : wanted) {
      assertTrue((tiny.text() + alone.text()).contains(w), w);
    }
  }

  private static TensorType type(DType t, Integer... dims) {
    return new TensorType(t, Shape.of(List.of(dims)));
  }

  /** Leaves of trees, with and without shares, along memory and across it. */
  @Test
  void folds() {
    for (DType t : List.of(DType.F32, DType.F64, DType.I32)) {
      for (int n : new int[] {1, 15, 16, 17, 255, 2048, 2049, 4095, 10_000, 33_000}) {
        add("sum of " + n, x -> x.getFirst().sum(), type(t, n));
        add("columns of " + n, x -> x.getFirst().sum(0), type(t, n, 3));
        add("rows of " + n, x -> x.getFirst().sum(1), type(t, 3, n));
      }
      add("sum of all", x -> x.getFirst().sum(), type(t, 70, 33, 9));
      add("batch", x -> x.getFirst().sum(0, 1), type(t, 70, 33, 9));
      add("prod", x -> x.getFirst().prod(0), type(t, 5000, 2));
      add("max", x -> x.getFirst().max(0), type(t, 5000));
      add("argMax", x -> x.getFirst().argMax(0), type(t, 500, 2));
    }
    check("__shfl_down_sync", "Blocks blocks(", "SHARED(float, p", "i64 i0");
  }

  @Test
  void products() {
    for (DType t : List.of(DType.F32, DType.F64, DType.I32)) {
      int[][] sizes = {{1, 1, 1}, {2, 3, 4}, {8, 8, 8}, {9, 17, 7}, {33, 300, 5}, {7, 1100, 9}};
      for (int[] s : sizes) {
        add(
            "product " + List.of(s[0], s[1], s[2]),
            x -> x.getFirst().matmul(x.getLast()),
            type(t, s[0], s[1]),
            type(t, s[1], s[2]));
        add(
            "product of the transposed",
            x -> x.getFirst().transpose().matmul(x.getLast().transpose()),
            type(t, s[1], s[0]),
            type(t, s[2], s[1]));
      }
      add(
          "batch of products",
          x -> x.getFirst().matmul(x.getLast()),
          type(t, 3, 9, 20),
          type(t, 3, 20, 10));
    }
    check("float f[2][2] = {};", "double f[2][2] = {};", "int f[1][1] = {};", "stack[top][p][q]");
  }

  @Test
  void gathersAndScatters() {
    List<DType> types = List.of(DType.F32, DType.F64, DType.I32, DType.I64, DType.F16, DType.U8);
    for (DType t : types) {
      add("gather", x -> x.getFirst().take(x.getLast(), 0), type(t, 7, 5), type(DType.I32, 40));
      add(
          "embedding gradient",
          x -> x.getFirst().like(0).addAt(0, x.get(1), x.get(2)),
          type(t, 7, 5),
          type(DType.I32, 40),
          type(t, 40, 5));
      add(
          "the last and the greatest",
          x -> x.getFirst().setAt(0, x.get(1), x.get(2)).maxAt(0, x.get(1), x.get(2).mul(2)),
          type(t, 7, 5),
          type(DType.I32, 40),
          type(t, 40, 5));
      add(
          "histogram",
          x -> x.getFirst().like(0).addAt(0, x.get(1), x.get(2)),
          type(t, 9),
          type(DType.I64, 300),
          type(t, 300));
    }
    check();
  }

  @Test
  void sorts() {
    for (DType t : List.of(DType.F32, DType.F64, DType.I32, DType.U8, DType.BF16, DType.BOOL)) {
      for (int n : new int[] {1, 2, 7, 64, 1000}) {
        add("sort of " + n, x -> x.getFirst().argSort(1, n % 2 == 0), type(t, 3, n));
        add("sort down of " + n, x -> x.getFirst().argSort(0, n % 2 != 0), type(t, n, 2));
      }
    }
    List<Double> odd = new ArrayList<>(List.of(0.0, -0.0, Double.NaN, 1.0, Double.NaN, -1.0, 0.0));
    HostTensor special =
        HostTensor.of(odd.stream().mapToDouble(Double::doubleValue).toArray(), odd.size());
    for (boolean down : new boolean[] {false, true}) {
      add("NaN and zeros", x -> x.getFirst().argSort(0, down), List.of(special));
    }
    check("eg_sorts_up(y, x)", "eg_sorts_down(y, x)");
  }

  @Test
  void casts() {
    DType[] all = DType.values();
    double[] values = {
      0,
      -0.0,
      1.5,
      -2.5,
      65_504,
      65_519.9,
      65_520,
      1e-8,
      6e-8,
      -6.1e-5,
      3e9,
      -3e9,
      1e19,
      -1e19,
      300,
      -129,
      0x1p-25,
      0x1.8p-25,
      0x1.ffcp-15,
      Double.NaN,
      Double.POSITIVE_INFINITY,
      1e300,
      2049,
      4099
    };
    for (DType from : all) {
      HostTensor x = HostTensor.allocate(new TensorType(from, Shape.of(values.length)));
      for (int i = 0; i < values.length; i++) {
        x.setBits(i, from.bitsOf(values[i]));
      }
      for (DType to : all) {
        add(from + " to " + to, in -> in.getFirst().cast(to), List.of(x));
      }
    }
    check();
  }

  /** What lanes have read, one of them writes over. */
  @Test
  void accumulatorsInPlace() {
    for (int n : new int[] {16, 70, 300}) {
      List<TensorType> types = List.of(type(DType.F32, 9), type(DType.F32, 9, n));
      LoopProgram p = Texts.inPlace(x -> x.getFirst().add(x.getLast().sum(1)), types);
      for (Agreement a : List.of(standard, tiny, alone)) {
        a.add("rows of " + n, p, Texts.args(types, n));
      }
    }
    check("UPDATE(float) z0");
  }

  /** Adds a loop over steps of examples, divided among these, and in blocks that meet. */
  private void addLoop(String name, Fn2<Tensor, Tensor, Tensor> step, TensorType... types) {
    List<TensorType> all = List.of(types);
    Graph g =
        Texts.graph(
            x ->
                Engram.scan(
                        (Tensor h, Tensor e) -> {
                          Tensor next = step.apply(h, e);
                          return new StepResult<>(next, next);
                        },
                        x.get(0),
                        x.get(1))
                    .out(),
            all);
    List<HostTensor> args = Texts.args(all, random.nextLong());
    for (int shares : new int[] {1, 2, 100}) {
      LoopProgram p =
          Lowering.lower(g, List.of(), LoweringOptions.standard().withShares(shares, 1, 1));
      assertEquals(shares > 1, RandomTexts.hasShares(p.steps()), name);
      for (Agreement a : List.of(standard, tiny, alone)) {
        a.add(name + " in " + shares, p, args);
      }
    }
  }

  /** Each kind of nest in loops that are kernels. */
  @Test
  void loops() {
    HostTensor w = Texts.args(List.of(type(DType.F32, 20, 20)), 5).getFirst();
    TensorType rows = type(DType.F32, 6, 20);
    TensorType steps = type(DType.F32, 3, 6, 20);
    addLoop("sums", (h, e) -> h.mul(e.sum(1).reshape(6, 1)).add(e), rows, steps);
    addLoop("products", (h, e) -> h.matmul(w).add(e).tanh(), rows, steps);
    addLoop(
        "gates",
        (h, e) -> h.matmul(w).sigmoid().mul(e.matmul(w).tanh()).add(h.mul(e)),
        rows,
        steps);
    addLoop(
        "products of examples",
        (h, e) -> h.matmul(e).mul(0.1),
        type(DType.F32, 4, 9, 11),
        type(DType.F32, 3, 4, 11, 11));
    addLoop(
        "long sums", (h, e) -> h.add(e.sum(1)), type(DType.F32, 4), type(DType.F32, 2, 4, 5000));
    addLoop(
        "sorts of two lengths",
        (h, e) -> h.add(e.argSort(1, true).slice(1, 0, 2)).add(h.argSort(1, false)),
        type(DType.I32, 4, 2),
        type(DType.F32, 3, 4, 16));
    addLoop(
        "gathers and scatters",
        Engram.vmap(
            (Tensor h, Tensor e) -> {
              Tensor at = e.mul(4).cast(DType.I32).abs();
              return h.take(at, 0).mul(0.5).addAt(0, at, e);
            }),
        type(DType.F32, 4, 7),
        type(DType.F32, 3, 4, 7));
    addLoop("bytes", (h, e) -> h.add(e).mul(h), type(DType.U8, 6, 33), type(DType.U8, 3, 6, 33));
    check("POOLED(float, s0", "__syncthreads", "eg_grid_barrier(barrier);", "eg_swap(");
  }

  private static Tensor turned(Tensor h) {
    return Tensor.concat(0, h.slice(0, 2, h.dim(0)), h.slice(0, 0, 2));
  }

  /** While loops and branches on the card. */
  @Test
  void loopsThatDependOnData() {
    for (int n : new int[] {0, 1, 2, 3, 7}) {
      add(
          "while " + n,
          x ->
              Engram.whileLoop(
                  (Tensor h) -> h.get(0).lt(n + 0.5),
                  (Tensor h) -> h.add(1).add(h.sub(turned(h)).mul(0.25)),
                  x.getFirst().mul(0)),
          type(DType.F32, 6));
      add(
          "a bound of " + n,
          x ->
              Engram.whileLoop(
                  (Tensor h) -> h.sum().lt(1e9), (Tensor h) -> h.add(turned(h)), x.getFirst(), n),
          type(DType.F32, 6));
    }
    add(
        "branches",
        x ->
            Engram.scan(
                    (Tensor h, Tensor e) -> {
                      Tensor next =
                          Engram.cond(e.sum().gt(0), () -> h.add(e), () -> h.mul(e).sort(0));
                      return new StepResult<>(next, next);
                    },
                    x.get(0),
                    x.get(1))
                .out(),
        type(DType.F32, 6),
        type(DType.F32, 9, 6));
    check("more = ", "else {", "turns[0] = turn;");
  }

  private static Tensor finite(Tensor x) {
    return Tensor.apply(new Check.Finite("x"), List.of(x)).getFirst();
  }

  /** The first element in row-major order is named, whichever thread comes first. */
  @Test
  void checks() {
    for (int bad : new int[] {0, 1, 17, 299, 300}) {
      HostTensor x = Texts.args(List.of(type(DType.F32, 3, 100)), bad).getFirst();
      for (int i = bad; i < 300; i += 7) {
        x.setBits(i, DType.F32.bitsOf(i % 2 == 0 ? Double.NaN : Double.NEGATIVE_INFINITY));
      }
      add("each, from " + bad, in -> finite(in.getFirst()).mul(2), List.of(x));
      add("rows, from " + bad, in -> finite(in.getFirst()).sum(1), List.of(x));
      add("columns, from " + bad, in -> finite(in.getFirst()).sum(0), List.of(x));
      add("sums, from " + bad, in -> finite(in.getFirst().sum(1)).mul(2), List.of(x));
      add(
          "in a loop, from " + bad,
          in -> Engram.forLoop((Tensor row) -> finite(row).exp(), in.getFirst()),
          List.of(x));
    }
    check("eg_check(failed, launch,");
  }

  /** The list of what is not zero, and a loop over its blocks that adds rows up where they go. */
  @Test
  void events() {
    for (int n : new int[] {1, 16, 300, 1500}) {
      for (double fires : new double[] {0, 0.1, 1}) {
        HostTensor x = HostTensor.full(TensorType.of(DType.F32, n), 0);
        for (int i = 0; i < n; i++) {
          x.setDouble(i, random.nextDouble() < fires ? random.nextDouble(-1, 1) : 0);
        }
        HostTensor w = Texts.args(List.of(type(DType.F32, n, 50)), n).getFirst();
        HostTensor t = HostTensor.allocate(TensorType.of(DType.I32, n, 50));
        for (int i = 0; i < n * 50; i++) {
          t.setBits(i, random.nextInt(71));
        }
        add(
            n + " inputs, " + fires,
            in -> EventProduct.of(in.get(0), in.get(1), in.get(2), 70),
            List.of(x, w, t));
      }
    }
    check();
  }
}
