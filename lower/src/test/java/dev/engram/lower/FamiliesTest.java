package dev.engram.lower;

import static dev.engram.lower.Oracle.check;
import static dev.engram.lower.Oracle.f32;
import static dev.engram.lower.Oracle.f64;
import static dev.engram.lower.Oracle.i32;
import static dev.engram.lower.Oracle.trace;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.DType;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.RunException;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.interpret.Interpreter;
import dev.engram.ir.op.Control;
import dev.engram.ir.op.Custom;
import dev.engram.ir.op.Dot;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.ElementwiseRow;
import dev.engram.ir.op.Index;
import dev.engram.ir.op.Move;
import dev.engram.ir.op.Reduce;
import dev.engram.ir.op.Rows;
import dev.engram.ir.op.Source;
import dev.engram.lower.inspect.LoopPrinter;
import dev.engram.lower.interpret.LoopInterpreter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Each op family: the loops give what the interpreter gives. */
class FamiliesTest {

  private static Tensor one(dev.engram.ir.op.Op op, Tensor... in) {
    return Tensor.apply(op, List.of(in)).getFirst();
  }

  private static LoopProgram one(dev.engram.ir.op.Op op, TensorType... in) {
    return check(trace(List.of(in), x -> Tensor.apply(op, x)));
  }

  @Test
  void everyRow() {
    for (ElementwiseRow row : Rows.all()) {
      for (DType t : DType.values()) {
        if (row.signature().accepts(t)) {
          TensorType x = TensorType.of(t, 2, 3);
          TensorType[] in = new TensorType[row.arity()];
          java.util.Arrays.fill(in, x);
          if (row.signature() == dev.engram.ir.op.RowSignature.SELECT) {
            in[0] = TensorType.of(DType.BOOL, 2, 3);
          }
          one(new Elementwise(row), in);
        }
      }
    }
  }

  @Test
  void everyCast() {
    for (DType from : DType.values()) {
      for (DType to : DType.values()) {
        one(new dev.engram.ir.op.Cast(to), TensorType.of(from, 5));
      }
    }
  }

  private static List<DType> numeric() {
    return Arrays.stream(DType.values()).filter(DType::isNumeric).toList();
  }

  @Test
  void everyReduction() {
    for (Reduce.Kind kind : Reduce.Kind.values()) {
      boolean bool = kind == Reduce.Kind.ANY || kind == Reduce.Kind.ALL;
      boolean arg = kind == Reduce.Kind.ARGMAX || kind == Reduce.Kind.ARGMIN;
      for (List<Integer> axes :
          List.of(List.of(0), List.of(1), List.of(2), List.of(0, 2), List.of(0, 1, 2))) {
        if (!arg || axes.size() == 1) {
          for (DType t : bool ? List.of(DType.BOOL) : numeric()) {
            one(new Reduce(kind, axes), TensorType.of(t, 3, 4, 2));
            if (!arg) {
              one(new Reduce(kind, axes), TensorType.of(t, 0, 0, 0));
            }
          }
        }
      }
      one(new Reduce(kind, List.of(1)), TensorType.of(bool ? DType.BOOL : DType.I32, 3, 40));
      one(new Reduce(kind, List.of(1)), TensorType.of(bool ? DType.BOOL : DType.F32, 3, 1));
      if (!arg) {
        one(new Reduce(kind, List.of(0)), TensorType.of(bool ? DType.BOOL : DType.F32, 0, 3));
        one(new Reduce(kind, List.of(1)), TensorType.of(bool ? DType.BOOL : DType.I64, 0, 3));
      }
    }
  }

  @Test
  void sumsOverTheLastAxisInLanes() {
    one(new Reduce(Reduce.Kind.SUM, List.of(1)), f32(3, 77));
    one(new Reduce(Reduce.Kind.MAX, List.of(0)), f32(77));
    one(new Reduce(Reduce.Kind.SUM, List.of(0, 1)), f64(5, 77));
  }

  @Test
  void dots() {
    one(Dot.matmul(), f64(4, 7), f64(7, 5));
    one(Dot.matmul(), f32(4, 2), f32(2, 5));
    one(Dot.matmul(), i32(4, 7), i32(7, 5));
    one(Dot.matmul(), f64(4, 0), f64(0, 5));
    one(Dot.matmul(), f64(0, 7), f64(7, 5));
    one(new Dot(List.of(1), List.of(1), List.of(), List.of()), f64(4, 7), f64(5, 7));
    one(new Dot(List.of(0), List.of(0), List.of(), List.of()), f64(7, 4), f64(7, 5));
    one(new Dot(List.of(0), List.of(0), List.of(), List.of()), f64(7), f64(7));
    one(new Dot(List.of(1), List.of(0), List.of(), List.of()), f64(40, 70), f64(70));
    one(new Dot(List.of(), List.of(), List.of(), List.of()), f64(3), f64(2));
    one(new Dot(List.of(), List.of(), List.of(0), List.of(0)), f64(3, 4), f64(3, 2));
    one(new Dot(List.of(2), List.of(1), List.of(0), List.of(0)), f64(3, 4, 6), f64(3, 6, 2));
    one(
        new Dot(List.of(2, 0), List.of(1, 3), List.of(3), List.of(0)),
        f64(5, 4, 6, 2),
        f64(2, 6, 3, 5));
    one(new Dot(List.of(0), List.of(0), List.of(1), List.of(2)), f64(6, 3), f64(6, 4, 3));
  }

  @Test
  void moves() {
    one(new Move.Reshape(Shape.of(6, 4)), f64(2, 3, 4));
    one(new Move.Reshape(Shape.of(1, 2, 1, 3, 4)), f64(2, 3, 4));
    one(new Move.Transpose(List.of(2, 0, 1)), f64(2, 3, 4));
    one(new Move.Broadcast(Shape.of(2, 5, 3), List.of(0, 2)), f64(2, 3));
    one(new Move.Slice(List.of(1, 0), List.of(5, 7), List.of(2, 3)), f64(6, 8));
    one(new Move.Reverse(List.of(0, 2)), f64(2, 3, 4));
    one(new Move.Shear(1, 2, 2), f64(2, 9, 4));
    one(new Move.Shear(2, 0, -1), f64(2, 3, 4));
    one(new Move.Shear(0, 1, 1), f64(3, 3));
    one(new Move.Shear(0, 1, 1), f64(2, 3));
    one(new Move.Shear(0, 1, 3), f64(2, 0));
    one(new Move.Pad(List.of(1, 0), List.of(0, 2), List.of(0, 0)), f64(2, 3), f64());
    one(new Move.Pad(List.of(1, 0), List.of(0, 2), List.of(2, 1)), f64(2, 3), f64());
    one(new Move.Concat(1), f64(2, 3), f64(2, 1), f64(2, 4));
    one(new Move.Concat(0), f64(2), f64(0));
  }

  @Test
  void movesOfMoves() {
    check(
        trace(
            List.of(f64(4, 6)),
            x -> {
              Tensor t = x.getFirst().transpose().reshape(24);
              Tensor u = x.getFirst().add(1).reshape(2, 2, 6).transpose(2, 0, 1).reshape(3, 8);
              Tensor w = x.getFirst().reverse(1).slice(1, 1, 5).reshape(16).tanh();
              return List.of(t, t.mul(2), u, w, w.reshape(4, 4).transpose().exp());
            }));
  }

  @Test
  void concatOfComputedParts() {
    LoopProgram p =
        check(
            trace(
                List.of(f64(4, 6), f64(4, 2)),
                x -> {
                  Tensor a = x.get(0).tanh();
                  Tensor c = Tensor.concat(1, a, x.get(1), a.mul(x.get(0)));
                  return List.of(c.matmul(c.transpose()), a);
                }));
    assertTrue(Oracle.nests(p).size() <= 5, () -> LoopPrinter.print(p));
  }

  @Test
  void padOfComputedParts() {
    check(
        trace(
            List.of(f64(4, 6)),
            x -> {
              Tensor a = x.getFirst().tanh().pad(List.of(1, 2), List.of(0, 3), 0.5);
              Tensor b = x.getFirst().exp().pad(List.of(0, 5), List.of(1, 0), 0);
              return List.of(a.add(b), a);
            }));
  }

  @Test
  void gathers() {
    check(
        trace(
            List.of(f64(5, 3), i32(2, 4)),
            x -> List.of(x.get(0).take(x.get(1), 0), x.get(0).exp().take(x.get(1), 1))));
    one(new Index.Gather(1, 1), f64(3, 4, 2), i32(3, 5));
    one(new Index.Gather(2, 1), f64(3, 2, 4, 2), TensorType.of(DType.I64, 3, 2, 2));
    List<HostTensor> outside =
        List.of(HostTensor.of(new double[] {1, 2, 3}, 3), HostTensor.of(new int[] {-5, 9, 1}, 3));
    check(trace(List.of(f64(3), i32(3)), x -> List.of(x.get(0).take(x.get(1), 0))), outside);
  }

  @Test
  void scatters() {
    for (Index.Combine c : Index.Combine.values()) {
      one(new Index.Scatter(0, 0, c), f64(5, 3), i32(4), f64(4, 3));
      one(new Index.Scatter(1, 1, c), f64(3, 4, 2), i32(3, 5), f64(3, 5, 2));
    }
    List<HostTensor> outside =
        List.of(
            HostTensor.of(new double[] {1, 2, 3}, 3),
            HostTensor.of(new int[] {-5, 9, 1}, 3),
            HostTensor.of(new double[] {7, 8, 9}, 3));
    check(
        trace(
            List.of(f64(3), i32(3), f64(3)),
            x ->
                List.of(one(new Index.Scatter(0, 0, Index.Combine.ADD), x.toArray(Tensor[]::new)))),
        outside);
  }

  @Test
  void dynamicWindows() {
    one(new Index.DynamicSlice(Shape.of(2, 3)), f64(5, 3), i32(), i32());
    one(new Index.DynamicSlice(Shape.of(2, 2)), f64(5, 3), i32(), i32());
    one(new Index.DynamicSlice(Shape.of(5, 3)), f64(5, 3), i32(), i32());
    one(new Index.DynamicUpdate(), f64(5, 3), f64(2, 3), i32(), i32());
    one(new Index.DynamicUpdate(), f64(5, 3), f64(2, 2), i32(), TensorType.of(DType.I64));
    Graph g =
        trace(
            List.of(f64(5, 4), i32(), i32()),
            x -> {
              Tensor w = one(new Index.DynamicSlice(Shape.of(2, 2)), x.toArray(Tensor[]::new));
              return List.of(
                  w, one(new Index.DynamicUpdate(), x.get(0).neg(), w.exp(), x.get(2), x.get(1)));
            });
    for (int i : new int[] {-3, 0, 2, 9}) {
      HostTensor x = Oracle.randomArgs(g, 3).getFirst();
      check(g, List.of(x, HostTensor.of(new int[] {i}), HostTensor.of(new int[] {3 - i})));
    }
  }

  private static Tensor iota(Tensor like, TensorType type) {
    dev.engram.ir.Builder b = ((dev.engram.ir.Tracer) like).builder();
    return b.tracer(b.emit1(new Source.Iota(type, 1)));
  }

  @Test
  void sources() {
    for (DType t : List.of(DType.F32, DType.F64, DType.I32, DType.I64)) {
      check(
          trace(List.of(i32(2)), k -> List.of(iota(k.getFirst(), TensorType.of(t, 3, 4)).add(1))));
    }
    check(
        trace(
            List.of(i32(2)),
            k -> {
              Tensor bits = one(new Source.RandomBits(Shape.of(3, 5)), k.getFirst());
              Tensor c = Oracle.constant(k.getFirst(), HostTensor.of(new int[] {1, 2, 3, 4, 5}, 5));
              return List.of(bits, bits.transpose().add(1), bits.add(c), c);
            }));
  }

  @Test
  void checks() {
    Graph g =
        trace(
            List.of(i32(2, 3), f64(2, 3)),
            x -> {
              Tensor t = x.get(0).checkRange("targets", 0, 4);
              return List.of(t.oneHot(4, DType.F64).sum(2).mul(x.get(1)), t, t.add(1));
            });
    check(g);
    List<HostTensor> bad = new ArrayList<>(Oracle.randomArgs(g, 1));
    bad.set(0, HostTensor.of(new int[] {0, 1, 2, 3, 4, -1}, 2, 3));
    String want = assertThrows(RunException.class, () -> Interpreter.run(g, bad)).getMessage();
    LoopProgram p = Lowering.lower(g);
    String got = assertThrows(RunException.class, () -> LoopInterpreter.run(p, bad)).getMessage();
    assertEquals(want, got);
    assertTrue(got.contains("targets[1,1] = 4"), got);
  }

  /** x², written by an outside author. */
  private record Squared() implements Custom {
    @Override
    public String mnemonic() {
      return "squared";
    }

    @Override
    public List<TensorType> typeOf(List<TensorType> in) {
      return in;
    }

    @Override
    public List<Tensor> expand(List<Tensor> in) {
      return List.of(in.getFirst().mul(in.getFirst()));
    }
  }

  @Test
  void callsAndCustomOpsAreInlined() {
    Graph body = trace(List.of(f64(3), f64(3)), x -> List.of(x.get(0).sub(x.get(1)), x.get(0)));
    Control.Call call = new Control.Call(body, new Control.Derivative.Plain());
    LoopProgram p =
        check(
            trace(
                List.of(f64(3), f64(3)),
                x -> {
                  List<Tensor> once = Tensor.apply(call, x);
                  List<Tensor> twice = Tensor.apply(call, once);
                  return List.of(one(new Squared(), twice.get(0)), twice.get(1));
                }));
    assertEquals(1, Oracle.nests(p).size(), () -> LoopPrinter.print(p));
  }

  @Test
  void whatIsLeftToTransposeIsRefused() {
    Graph backward = trace(List.of(f64(3)), x -> List.of(x.get(0).mul(2)));
    Graph g =
        trace(List.of(f64(3)), x -> List.of(one(new Control.Transposed(backward, 0), x.get(0))));
    LoweringException e = assertThrows(LoweringException.class, () -> Lowering.lower(g));
    assertTrue(
        e.getMessage().startsWith("transposed: the transpose of @program is left in @program (Fam"),
        e.getMessage());
    assertTrue(e.getMessage().contains("use reverse mode"), e.getMessage());
  }

  @Test
  void scalarsAndEmptyAxes() {
    check(
        trace(List.of(f64(), f64()), x -> List.of(x.get(0).mul(x.get(1)).add(1), x.get(0).exp())));
    check(trace(List.of(f64(0, 3)), x -> List.of(x.get(0).exp(), x.get(0).sum(), x.get(0).sum(1))));
  }
}
