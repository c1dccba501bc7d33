package dev.engram.lower;

import static dev.engram.lower.Oracle.f64;
import static dev.engram.lower.Oracle.i32;
import static dev.engram.lower.Oracle.scan;
import static dev.engram.lower.Oracle.trace;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.DType;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.op.Control;
import dev.engram.ir.op.Index;
import dev.engram.lower.inspect.LoopPrinter;
import dev.engram.lower.inspect.LoopReport;
import dev.engram.lower.inspect.ProgramVerifier;
import dev.engram.lower.interpret.LoopInterpreter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Which loops are divided among examples, and that it changes no bit. */
class SplitLoopsTest {
  private static final int B = 6;
  private static final int N = 5;

  private static LoopProgram split(Graph g, int shares) {
    return ProgramVerifier.verify(
        Lowering.lower(g, List.of(), LoweringOptions.standard().withShares(shares, 1, 1)));
  }

  /** The same, the shares from the last to the first. */
  private static LoopProgram backwards(LoopProgram p) {
    return new LoopProgram(
        p.name(), p.buffers(), p.inputs(), p.outputs(), backwards(p.steps()), p.arenaBytes());
  }

  private static List<Stmt> backwards(List<Stmt> steps) {
    List<Stmt> out = new ArrayList<>();
    for (Stmt s : steps) {
      out.add(
          switch (s) {
            case Stmt.Loop l ->
                new Stmt.Loop(
                    l.length(),
                    l.reverse() != l.parallel(),
                    l.parallel(),
                    backwards(l.body()),
                    l.swaps());
            case Stmt.While w ->
                new Stmt.While(
                    backwards(w.condition()),
                    w.predicate(),
                    backwards(w.body()),
                    w.swaps(),
                    w.bound());
            case Stmt.Branch b ->
                new Stmt.Branch(b.predicate(), backwards(b.onTrue()), backwards(b.onFalse()));
            case Stmt.Nest _, Stmt.Sort _, Stmt.Tell _ -> s;
          });
    }
    return out;
  }

  private static int parallel(List<Stmt> steps) {
    int n = 0;
    for (Stmt s : steps) {
      n +=
          switch (s) {
            case Stmt.Loop l -> (l.parallel() ? 1 : 0) + parallel(l.body());
            case Stmt.While w -> parallel(w.condition()) + parallel(w.body());
            case Stmt.Branch b -> parallel(b.onTrue()) + parallel(b.onFalse());
            case Stmt.Nest _, Stmt.Sort _, Stmt.Tell _ -> 0;
          };
    }
    return n;
  }

  private static void sameBits(LoopProgram want, LoopProgram got, List<HostTensor> args) {
    List<HostTensor> a = LoopInterpreter.run(want, args);
    List<HostTensor> b = LoopInterpreter.run(got, args);
    for (int i = 0; i < a.size(); i++) {
      assertTrue(a.get(i).sameBits(b.get(i)), () -> LoopPrinter.print(got));
    }
  }

  /** Checks the bits for several numbers of shares; gives the report for {@code B}. */
  private static List<LoopReport.Row> check(Graph g) {
    LoopProgram whole = Lowering.lower(g);
    List<HostTensor> args = Oracle.randomArgs(g, 3);
    for (int shares : new int[] {2, 3, 5, B}) {
      LoopProgram p = split(g, shares);
      sameBits(whole, p, args);
      sameBits(whole, backwards(p), args);
    }
    return LoopReport.of(split(g, B)).rows();
  }

  private static void divides(Graph g) {
    List<LoopReport.Row> rows = check(g);
    assertEquals(1, rows.size(), rows::toString);
    assertEquals(B, rows.getFirst().shares(), rows::toString);
  }

  private static void divides(List<TensorType> types, Function<List<Tensor>, List<Tensor>> f) {
    divides(trace(types, f));
  }

  private static void stays(
      String why, List<TensorType> types, Function<List<Tensor>, List<Tensor>> f) {
    List<LoopReport.Row> rows = check(trace(types, f));
    assertEquals(1, rows.getFirst().shares(), rows::toString);
    String text = rows.getFirst().why().orElse("");
    assertTrue(text.contains(why), text);
  }

  private static Tensor cell(Tensor h, Tensor x, Tensor w) {
    return h.matmul(w).add(x).tanh();
  }

  /** For both parities: carries whose new value needs the old one trade places. */
  @Test
  void recurrentNetsAreDivided() {
    for (int length : new int[] {1, 4, 5}) {
      for (boolean reverse : new boolean[] {false, true}) {
        divides(
            List.of(f64(B, N), f64(N, N), f64(length, B, N)),
            t -> {
              List<Tensor> out =
                  scan(
                      length,
                      reverse,
                      t.subList(1, 2),
                      t.subList(0, 1),
                      t.subList(2, 3),
                      in -> {
                        Tensor h = cell(in.get(1), in.get(2), in.get(0));
                        return List.of(h, h.sum(1));
                      });
              return List.of(out.get(0).mul(2), out.get(1), out.get(0));
            });
      }
    }
  }

  /** What a loop exchanges is exchanged behind it, too. */
  @Test
  void twoLoopsOneAfterTheOther() {
    Graph g =
        trace(
            List.of(f64(B, N), f64(N, N), f64(3, B, N)),
            t -> {
              Function<List<Tensor>, List<Tensor>> step =
                  in -> List.of(cell(in.get(1), in.get(2), in.get(0)));
              List<Tensor> xs = t.subList(2, 3);
              List<Tensor> w = t.subList(1, 2);
              List<Tensor> first = scan(3, false, w, t.subList(0, 1), xs, step);
              return scan(3, true, w, first, xs, step);
            });
    assertEquals(2, check(g).stream().filter(r -> r.shares() == B).count());
  }

  /** Where hidden units do not touch each other, they may stand for examples. */
  @Test
  void sumsOverExamplesLeaveUnits() {
    Graph g =
        trace(
            List.of(f64(B, N)),
            t ->
                scan(
                    4,
                    false,
                    List.of(),
                    t,
                    List.of(),
                    in -> List.of(in.get(0).sub(in.get(0).mean(0)).tanh())));
    assertEquals(N, check(g).getFirst().shares());
  }

  @Test
  void examplesMayBeAnyAxis() {
    divides(
        List.of(f64(N, B), f64(N, N), f64(4, N, B)),
        t ->
            scan(
                4,
                false,
                t.subList(1, 2),
                t.subList(0, 1),
                t.subList(2, 3),
                in -> List.of(in.get(0).matmul(in.get(1)).add(in.get(2)).tanh())));
  }

  @Test
  void loopsInLoopsAreDividedTogether() {
    divides(
        List.of(f64(B, N), f64(N, N), f64(3, 3, B, N)),
        t ->
            scan(
                3,
                false,
                t.subList(1, 2),
                t.subList(0, 1),
                t.subList(2, 3),
                in ->
                    scan(
                        3,
                        true,
                        in.subList(0, 1),
                        in.subList(1, 2),
                        in.subList(2, 3),
                        k -> List.of(cell(k.get(1), k.get(2), k.get(0))))));
  }

  @Test
  void tablesAreRead() {
    divides(
        List.of(f64(B, N), f64(7, N), i32(4, B)),
        t ->
            scan(
                4,
                false,
                t.subList(1, 2),
                t.subList(0, 1),
                t.subList(2, 3),
                in -> List.of(in.get(1).mul(0.5).add(in.get(0).take(in.get(2), 0)))));
  }

  @Test
  void rowsOfAnExampleAreSortedAndScattered() {
    divides(
        List.of(f64(B, N)),
        t ->
            scan(
                3,
                false,
                List.of(),
                t,
                List.of(),
                in -> {
                  Tensor order = in.get(0).argSort(1, true);
                  Tensor sorted = in.get(0).takeAlongAxis(order, 1);
                  return List.of(
                      in.get(0).scatterAlongAxis(Index.Combine.ADD, 1, order, sorted).mul(0.5));
                }));
  }

  @Test
  void branchesThatAllExamplesTake() {
    TensorType s = f64(B, N);
    Graph yes = trace(List.of(s), t -> List.of(t.get(0).mul(2)));
    Graph no = trace(List.of(s), t -> List.of(t.get(0).add(1)));
    divides(
        List.of(s, f64(4)),
        t ->
            scan(
                4,
                false,
                List.of(t.get(1).sum().gt(0)),
                t.subList(0, 1),
                List.of(),
                in -> Tensor.apply(new Control.Cond(yes, no), List.of(in.get(0), in.get(1)))));
  }

  @Test
  void sumsOverExamplesStandAgainstIt() {
    stays(
        "folds the 6 examples",
        List.of(f64(B, N), f64(N, N), f64(4, B, N)),
        t ->
            scan(
                4,
                false,
                t.subList(1, 2),
                t.subList(0, 1),
                t.subList(2, 3),
                in -> {
                  Tensor h = cell(in.get(1), in.get(2), in.get(0));
                  return List.of(h, h.sum(0));
                }));
  }

  @Test
  void valuesOfOtherExamplesStandAgainstIt() {
    stays(
        "other examples",
        List.of(f64(B, N), f64(N, N)),
        t ->
            scan(
                4,
                false,
                t.subList(1, 2),
                t.subList(0, 1),
                List.of(),
                in -> List.of(cell(in.get(1), in.get(1).reverse(0), in.get(0)))));
    stays(
        "folds the 6 examples",
        List.of(f64(B, N), f64(N, N)),
        t ->
            scan(
                4,
                false,
                t.subList(1, 2),
                t.subList(0, 1),
                List.of(),
                in -> List.of(cell(in.get(1).sub(in.get(1).mean(0)), in.get(1), in.get(0)))));
  }

  @Test
  void whatTheLoopDecidesStandsAgainstIt() {
    TensorType s = f64(B, N);
    Graph yes = trace(List.of(s), t -> List.of(t.get(0).mul(2)));
    Graph no = trace(List.of(s), t -> List.of(t.get(0).add(1)));
    stays(
        "",
        List.of(s),
        t ->
            scan(
                4,
                false,
                List.of(),
                t,
                List.of(),
                in ->
                    Tensor.apply(
                        new Control.Cond(yes, no), List.of(in.get(0).sum().gt(0), in.get(0)))));
  }

  /** Twelve examples come in 1, 2, 3, 4, 6 or 12 shares; seven in one or seven. */
  @Test
  void sharesAreEqual() {
    for (int[] want :
        new int[][] {
          {12, 1, 1}, {12, 2, 2}, {12, 5, 4}, {12, 11, 6}, {12, 64, 12}, {7, 6, 1}, {7, 8, 7}
        }) {
      Graph g =
          trace(
              List.of(f64(want[0], N)),
              t -> scan(3, false, List.of(), t, List.of(), in -> List.of(in.get(0).tanh())));
      assertEquals(want[2], LoopReport.of(split(g, want[1])).rows().getFirst().shares());
    }
  }

  @Test
  void smallLoopsAreLeftWhole() {
    Graph g =
        trace(
            List.of(f64(B, N)),
            t -> scan(3, false, List.of(), t, List.of(), in -> List.of(in.get(0).tanh())));
    for (long least : new long[] {10, 60, 1000}) {
      LoopProgram p =
          Lowering.lower(g, List.of(), LoweringOptions.standard().withShares(6, least, 1));
      // 30 points of a load, a tanh and a store
      assertEquals(least == 10 ? 1 : 0, parallel(p.steps()), () -> LoopPrinter.print(p));
    }
  }

  /**
   * A part of a loop of products has the rows that their kernels take at a time; others need not.
   */
  @Test
  void productsHaveRows() {
    for (boolean product : new boolean[] {true, false}) {
      Graph g =
          trace(
              List.of(f64(12, N), f64(N, N)),
              t ->
                  scan(
                      3,
                      false,
                      List.of(t.getLast()),
                      List.of(t.getFirst()),
                      List.of(),
                      in ->
                          List.of(
                              product ? in.getLast().matmul(in.getFirst()) : in.getLast().tanh())));
      for (int[] rows : new int[][] {{1, 12}, {4, 3}, {5, 2}, {13, 1}}) {
        LoopProgram p =
            Lowering.lower(g, List.of(), LoweringOptions.standard().withShares(12, 1, rows[0]));
        assertEquals(
            product ? rows[1] : 12, LoopReport.of(p).rows().getFirst().shares(), rows[0] + " rows");
      }
    }
  }

  @Test
  void randomProgramsKeepTheirBits() {
    int divided = 0;
    for (long seed = 0; seed < 1500; seed++) {
      Graph g = RandomPrograms.program(seed);
      LoopProgram whole = Lowering.lower(g);
      LoopProgram p = split(g, 2 + (int) (seed % 3));
      assertFalse(parallel(whole.steps()) > 0);
      if (parallel(p.steps()) > 0) {
        divided++;
        List<HostTensor> args = Oracle.randomArgs(g, seed);
        sameBits(whole, p, args);
        sameBits(whole, backwards(p), args);
      }
    }
    assertTrue(divided > 30, "programs with divided loops: " + divided);
  }

  /**
   * Square carries, each of which may be divided along either axis, before what stands against it.
   */
  @Test
  void theSearchHasALimit() {
    int many = 40;
    List<TensorType> types = new ArrayList<>(Collections.nCopies(many, f64(4)));
    types.addAll(Collections.nCopies(many, f64(4, 4)));
    types.add(f64(4));
    Graph g =
        trace(
            types,
            t ->
                scan(
                    3,
                    false,
                    t.subList(0, many),
                    t.subList(many, 2 * many + 1),
                    List.of(),
                    in -> {
                      List<Tensor> next = new ArrayList<>();
                      for (int i = 0; i < many; i++) {
                        Tensor row = in.get(i).reshape(4, 1).broadcastTo(Shape.of(4, 4));
                        next.add(in.get(many + i).mul(row).tanh());
                      }
                      Tensor last = in.get(2 * many);
                      next.add(
                          last.dynamicUpdate(
                              last.slice(0, 1, 2),
                              last.like(2).cast(DType.I32).slice(0, 0, 1).sum()));
                      return next;
                    }));
    LoopProgram p = assertTimeoutPreemptively(Duration.ofMinutes(2), () -> split(g, 4));
    assertEquals(0, parallel(p.steps()));
  }

  /** Values of a step that need much more memory when each share has its own stand against it. */
  @Test
  void memoryHasALimit() {
    int wide = 1 << 17;
    for (int layers : new int[] {2, 40}) {
      Graph g =
          trace(
              List.of(f64(8, wide)),
              t ->
                  scan(
                      2,
                      false,
                      List.of(),
                      t,
                      List.of(),
                      in -> {
                        Tensor x = in.getFirst();
                        for (int i = 0; i < layers; i++) {
                          x = x.sub(x.mean(1).reshape(8, 1)).tanh();
                        }
                        return List.of(x);
                      }));
      LoopProgram p = split(g, 8);
      assertEquals(layers == 2 ? 1 : 0, parallel(p.steps()), () -> "" + LoopReport.of(p));
      assertTrue(p.arenaBytes() < 6L * 8 * wide * 8, () -> "" + p.arenaBytes());
    }
  }
}
