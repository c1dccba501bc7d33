package dev.engram.lower;

import static dev.engram.lower.Oracle.check;
import static dev.engram.lower.Oracle.f32;
import static dev.engram.lower.Oracle.f64;
import static dev.engram.lower.Oracle.i32;
import static dev.engram.lower.Oracle.loop;
import static dev.engram.lower.Oracle.nests;
import static dev.engram.lower.Oracle.scan;
import static dev.engram.lower.Oracle.trace;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.DType;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.op.Control;
import dev.engram.ir.op.Dot;
import dev.engram.ir.op.Index;
import dev.engram.lower.inspect.LoopPrinter;
import dev.engram.lower.interpret.LoopInterpreter;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Programs of the shapes that learning makes, against the interpreter. */
class ProgramsTest {
  private static final int B = 4;
  private static final int N = 6;
  private static final int X = 3;

  // z, r = σ([x,h]W + b), h' = (1-z)h + z tanh([x, r h]Wh + bh)
  private static Tensor gru(
      Tensor x, Tensor h, Tensor wz, Tensor bz, Tensor wr, Tensor br, Tensor wh, Tensor bh) {
    Tensor xh = Tensor.concat(1, x, h);
    Tensor z = xh.matmul(wz).add(bz).sigmoid();
    Tensor r = xh.matmul(wr).add(br).sigmoid();
    Tensor c = Tensor.concat(1, x, r.mul(h)).matmul(wh).add(bh).tanh();
    return z.like(1).sub(z).mul(h).add(z.mul(c));
  }

  private static List<TensorType> gruTypes(DType t) {
    TensorType w = TensorType.of(t, X + N, N);
    TensorType b = TensorType.of(t, N);
    return List.of(TensorType.of(t, B, X), TensorType.of(t, B, N), w, b, w, b, w, b);
  }

  private static Tensor gru(List<Tensor> t) {
    return gru(t.get(0), t.get(1), t.get(2), t.get(3), t.get(4), t.get(5), t.get(6), t.get(7));
  }

  @Test
  void gruStep() {
    for (DType t : List.of(DType.F32, DType.F64)) {
      LoopProgram p = check(trace(gruTypes(t), x -> List.of(gru(x))));
      // the parts of [x,h] and [x,..] that are inputs, two gates, the candidate with the update
      assertTrue(nests(p).size() <= 6, () -> LoopPrinter.print(p));
    }
  }

  @Test
  void gruScan() {
    List<TensorType> types = new ArrayList<>(gruTypes(DType.F64));
    types.set(0, f64(5, B, X));
    for (boolean reverse : new boolean[] {false, true}) {
      LoopProgram p =
          check(
              trace(
                  types,
                  t ->
                      scan(
                          5,
                          reverse,
                          t.subList(2, 8),
                          t.subList(1, 2),
                          t.subList(0, 1),
                          in -> {
                            Tensor h =
                                gru(
                                    in.get(7), in.get(6), in.get(0), in.get(1), in.get(2),
                                    in.get(3), in.get(4), in.get(5));
                            return List.of(h, h.mul(2), h);
                          })));
      loop(p);
    }
  }

  private static Graph traceSweep(int length, boolean transposedRead) {
    return trace(
        List.of(f64(B, X, N), f64(X, N), f64(length, B, N), f64(length, B, X)),
        t ->
            scan(
                length,
                false,
                List.of(),
                t.subList(0, 2),
                List.of(t.get(2), t.get(2).tanh(), t.get(2).exp(), t.get(3)),
                in -> {
                  Tensor e = in.get(0);
                  Tensor g = in.get(1);
                  Tensor d = in.get(2).reshape(B, 1, N);
                  Tensor f = in.get(3).reshape(B, 1, N);
                  Tensor l = in.get(4).reshape(B, 1, N);
                  Tensor x = in.get(5).reshape(B, X, 1);
                  Tensor e2 = d.mul(e).add(x.mul(f));
                  if (transposedRead) {
                    e2 = e2.add(e.reverse(0));
                  }
                  return List.of(e2, g.add(l.mul(e2).sum(0)));
                }));
  }

  @Test
  void traceSweepIsOneNestInPlace() {
    LoopProgram p = check(traceSweep(5, false));
    Stmt.Loop l = loop(p);
    assertEquals(1, l.body().size(), () -> LoopPrinter.print(p));
    assertTrue(l.swaps().isEmpty(), () -> LoopPrinter.print(p));
    assertEquals(p.arenaBytes(), Lowering.lower(traceSweep(500, false)).arenaBytes() / 100);
  }

  @Test
  void traceReadElsewhereIsNotInPlace() {
    LoopProgram p = check(traceSweep(5, true));
    assertFalse(loop(p).swaps().isEmpty(), () -> LoopPrinter.print(p));
  }

  @Test
  void traceSweepByDots() {
    // e' = D e + x ⊗ f, g += Σ_b L e', as contractions over nothing and over the batch
    Dot outer = new Dot(List.of(), List.of(), List.of(0), List.of(0));
    Dot overBatch = new Dot(List.of(0), List.of(0), List.of(1), List.of(2));
    LoopProgram p =
        check(
            trace(
                List.of(f64(B, X, N), f64(X, N), f64(5, B, N), f64(5, B, X)),
                t ->
                    scan(
                        5,
                        false,
                        List.of(),
                        t.subList(0, 2),
                        List.of(t.get(2), t.get(3)),
                        in -> {
                          Tensor d = in.get(2).reshape(B, 1, N).broadcastTo(B, X, N);
                          Tensor e = d.mul(in.get(0)).add(in.get(3).dot(in.get(2), outer));
                          Tensor g = in.get(2).dot(e, overBatch).transpose();
                          return List.of(e, in.get(1).add(g));
                        })));
    assertEquals(1, loop(p).body().size(), () -> LoopPrinter.print(p));
    assertTrue(loop(p).swaps().isEmpty(), () -> LoopPrinter.print(p));
  }

  @Test
  void softmaxCrossEntropy() {
    check(
        trace(
            List.of(f64(B, 5), i32(B)),
            t -> {
              Tensor logits = t.get(0);
              Tensor labels = t.get(1).checkRange("targets", 0, 5).oneHot(5, DType.F64);
              Tensor p = logits.logSoftmax(1);
              Tensor loss = p.mul(labels).sum(1).neg().mean();
              Tensor grad = p.exp().sub(labels).mul(1.0 / B);
              return List.of(loss, grad, logits.argMax(1));
            }));
  }

  @Test
  void accumulatingDotAddsInPlace() {
    // g += xᵀ dy
    Dot overBatch = new Dot(List.of(0), List.of(0), List.of(), List.of());
    LoopProgram p =
        check(
            trace(
                List.of(f32(X, N), f32(7, B, X), f32(7, B, N)),
                t ->
                    scan(
                        7,
                        true,
                        List.of(),
                        t.subList(0, 1),
                        t.subList(1, 3),
                        in -> List.of(in.get(0).add(in.get(1).dot(in.get(2), overBatch))))));
    assertEquals(1, loop(p).body().size(), () -> LoopPrinter.print(p));
    assertTrue(loop(p).swaps().isEmpty());
    assertEquals(0, p.arenaBytes(), () -> LoopPrinter.print(p));
  }

  @Test
  void condInsideScan() {
    TensorType s = f64(N);
    Graph yes = trace(List.of(s, s), t -> List.of(t.get(0).add(t.get(1)), t.get(1)));
    Graph no = trace(List.of(s, s), t -> List.of(t.get(0), t.get(0).mul(2)));
    check(
        trace(
            List.of(s, f64(6, N)),
            t ->
                scan(
                    6,
                    false,
                    List.of(),
                    t.subList(0, 1),
                    t.subList(1, 2),
                    in -> {
                      Tensor big = in.get(1).sum().gt(0);
                      return Tensor.apply(
                          new Control.Cond(yes, no), List.of(big, in.get(0), in.get(1)));
                    })));
  }

  @Test
  void scanInsideScan() {
    check(
        trace(
            List.of(f64(N), f64(3, 4, N), f64(N)),
            t ->
                scan(
                    3,
                    false,
                    t.subList(2, 3),
                    t.subList(0, 1),
                    t.subList(1, 2),
                    in ->
                        scan(
                            4,
                            true,
                            in.subList(0, 1),
                            in.subList(1, 2),
                            in.subList(2, 3),
                            k -> {
                              Tensor h = k.get(1).mul(k.get(0)).add(k.get(2).reverse(0));
                              return List.of(h, h.exp());
                            }))));
  }

  @Test
  void carriesTradePlaces() {
    check(
        trace(
            List.of(f64(N), f64(N), f64(N)),
            t ->
                scan(
                    3,
                    false,
                    List.of(),
                    t,
                    List.of(),
                    in -> List.of(in.get(1), in.get(2), in.get(0)))));
  }

  @Test
  void carryThatStaysAndCarryThatIsReplaced() {
    check(
        trace(
            List.of(f64(N), f64(N), f64(3, N)),
            t ->
                scan(
                    3,
                    false,
                    List.of(),
                    t.subList(0, 2),
                    t.subList(2, 3),
                    in -> List.of(in.get(0), in.get(2), in.get(1), in.get(0).add(1)))));
  }

  @Test
  void oldAndNewCarryAreBothRead() {
    check(
        trace(
            List.of(f64(N), f64(3, N)),
            t ->
                scan(
                    3,
                    false,
                    List.of(),
                    t.subList(0, 1),
                    t.subList(1, 2),
                    in -> {
                      Tensor h = in.get(0).mul(0.5).add(in.get(1));
                      Tensor s = h.sum();
                      return List.of(h, in.get(0).mul(s), in.get(0).reverse(0));
                    })));
  }

  @Test
  void emptyScan() {
    check(
        trace(
            List.of(f64(N), f64(0, N)),
            t ->
                scan(
                    0,
                    false,
                    List.of(),
                    t.subList(0, 1),
                    t.subList(1, 2),
                    in -> List.of(in.get(0).add(1), in.get(0)))));
  }

  @Test
  void updatesOfACarryAreInPlace() {
    LoopProgram p =
        check(
            trace(
                List.of(f64(5, N), i32(), f64(3, N)),
                t ->
                    scan(
                        3,
                        false,
                        List.of(),
                        t.subList(0, 2),
                        t.subList(2, 3),
                        in -> {
                          Tensor row = in.get(2).reshape(1, N);
                          Tensor zero = in.get(1).like(0);
                          Tensor x =
                              Tensor.apply(
                                      new Index.DynamicUpdate(),
                                      List.of(in.get(0), row, in.get(1), zero))
                                  .getFirst();
                          return List.of(x, in.get(1).add(1));
                        })));
    assertTrue(loop(p).swaps().isEmpty(), () -> LoopPrinter.print(p));
    assertEquals(2, loop(p).body().size(), () -> LoopPrinter.print(p));
  }

  @Test
  void resultsThatAreInputsTwiceAndLiterals() {
    check(
        trace(
            List.of(f64(N), f64(2, N)),
            t -> {
              Tensor y = t.get(0).exp();
              return List.of(t.get(0), y, y, t.get(0), y.like(3), y.sum(), t.get(1).transpose());
            }));
  }

  @Test
  void resultThatIsUsedAgain() {
    LoopProgram p =
        check(
            trace(
                List.of(f64(B, N)),
                t -> {
                  Tensor y = t.get(0).exp();
                  return List.of(y, y.mul(y).add(1), y.neg());
                }));
    assertEquals(1, nests(p).size(), () -> LoopPrinter.print(p));
  }

  @Test
  void partOfAProductIsNotTakenForTheWhole() {
    Graph g =
        trace(
            List.of(f64(B, 8), f64(8, N)),
            t -> {
              Tensor y = t.get(0).matmul(t.get(1));
              return List.of(y.slice(1, 0, 2).exp(), y.slice(1, 2, N).tanh(), y.slice(0, 0, 3));
            });
    check(g);
  }

  @Test
  void transposedWeightsArePackedOutsideTheLoop() {
    Graph g =
        trace(
            List.of(f64(8, N), f64(8, N), f64(5, 8, N)),
            t ->
                scan(
                    5,
                    false,
                    t.subList(1, 2),
                    t.subList(0, 1),
                    t.subList(2, 3),
                    in -> {
                      Tensor back = in.get(2).matmul(in.get(0).transpose());
                      return List.of(in.get(1).add(back.matmul(in.get(0))));
                    }));
    LoopProgram p = check(g);
    assertEquals(2, loop(p).body().size(), () -> LoopPrinter.print(p));
    for (Stmt s : loop(p).body()) {
      Stmt.Nest n = (Stmt.Nest) s;
      Instr.Load right = (Instr.Load) n.body().get(1);
      assertEquals(1, right.from().at().inner().get(1), () -> LoopPrinter.print(p));
    }
  }

  @Test
  void oneLoopStartsWhereTheOtherEnds() {
    LoopProgram p =
        check(
            trace(
                List.of(f64(3, N), f64(4, N)),
                t -> {
                  Tensor h = t.get(0).like(0).slice(0, 0, 1).reshape(N).add(0);
                  List<Tensor> first =
                      scan(
                          3,
                          false,
                          List.of(),
                          List.of(h),
                          t.subList(0, 1),
                          in -> List.of(in.get(0).add(in.get(1)).tanh()));
                  return scan(
                      4,
                      false,
                      List.of(),
                      first,
                      t.subList(1, 2),
                      in -> List.of(in.get(0).mul(in.get(1))));
                }));
    assertEquals(0, p.arenaBytes(), () -> LoopPrinter.print(p));
  }

  @Test
  void lossOfAScanIsReduced() {
    check(
        trace(
            List.of(f64(B, N), f64(7, B, N)),
            t -> {
              List<Tensor> s =
                  scan(
                      7,
                      false,
                      List.of(),
                      t.subList(0, 1),
                      List.of(t.get(1).transpose(0, 2, 1).exp().transpose(0, 2, 1)),
                      in -> {
                        Tensor h = in.get(0).add(in.get(1)).tanh();
                        return List.of(h, h.square().sum());
                      });
              return List.of(s.get(1).mean(), s.get(1).slice(0, 0, 7).reshape(7, 1));
            }));
  }

  @Test
  void argumentsOutsideTheirTypeAreRefused() {
    LoopProgram p = Lowering.lower(trace(List.of(f64(2)), t -> List.of(t.get(0).exp())));
    LoweringException e =
        org.junit.jupiter.api.Assertions.assertThrows(
            LoweringException.class,
            () -> LoopInterpreter.run(p, List.of(HostTensor.of(new double[] {1}, 1))));
    assertTrue(e.getMessage().contains("f64[1], expected f64[2]"), e.getMessage());
  }
}
