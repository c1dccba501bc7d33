package dev.engram.autodiff;

import static dev.engram.autodiff.Oracle.f64;
import static dev.engram.autodiff.Oracle.graph;
import static dev.engram.autodiff.Oracle.i32;
import static dev.engram.autodiff.Oracle.random;

import dev.engram.ir.DType;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Lit;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.Tracer;
import dev.engram.ir.op.ConvWindows;
import dev.engram.ir.op.Dot;
import dev.engram.ir.op.Index;
import dev.engram.ir.op.Move;
import dev.engram.ir.op.Op;
import dev.engram.ir.op.Source;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every family but control: derivatives against differences, batches against loops. */
class FamiliesTest {
  private static final SplittableRandom RANDOM = new SplittableRandom(5);
  private static int trials;

  static Stream<Trial> trials() {
    List<Trial> all = new ArrayList<>();
    elementwise(all);
    reduce(all);
    dot(all);
    move(all);
    convolution(all);
    index(all);
    source(all);
    return all.stream();
  }

  private static void one(
      List<Trial> all, String name, List<TensorType> types, Function<List<Tensor>, Tensor> f) {
    all.add(Trial.of(name, graph(types, x -> List.of(f.apply(x))), name.hashCode()));
  }

  private static void fixed(
      List<Trial> all, String name, List<HostTensor> args, Function<List<Tensor>, Tensor> f) {
    Graph g = graph(args.stream().map(HostTensor::type).toList(), x -> List.of(f.apply(x)));
    all.add(Trial.of(name, g, args));
  }

  private static HostTensor normal(int... dims) {
    return random(RANDOM, f64(dims), -1, 1);
  }

  private static Tensor op(Op op, Tensor... in) {
    return Tensor.apply(op, List.of(in)).getFirst();
  }

  private static void elementwise(List<Trial> all) {
    TensorType t = f64(2, 3);
    one(all, "square", List.of(t), x -> x.get(0).mul(x.get(0)).mul(x.get(0)));
    one(all, "select", List.of(t, t), x -> x.get(0).gt(0.1).select(x.get(1).square(), x.get(0)));
    one(
        all,
        "select one side",
        List.of(t),
        x -> x.get(0).gt(0).select(x.get(0).exp(), x.get(0).like(2)));
    one(all, "relu", List.of(t), x -> x.get(0).relu().mul(x.get(0)));
    one(all, "mixed shapes", List.of(t, f64(3)), x -> x.get(0).mul(x.get(1)).tanh());
    one(all, "untraced", List.of(t, t), x -> x.get(0).untraced().mul(x.get(1)));
    one(all, "softmax", List.of(t), x -> x.get(0).softmax(-1));
    one(all, "cast", List.of(t), x -> x.get(0).mul(2).cast(DType.F64).floor().add(x.get(0)));
    one(all, "constant", List.of(t), x -> x.get(0).mul(HostTensor.of(new double[] {1, 2, 3}, 3)));
  }

  private static void reduce(List<Trial> all) {
    TensorType t = f64(2, 3, 4);
    one(all, "sum", List.of(t), x -> x.get(0).square().sum(1));
    one(all, "sum of all", List.of(t), x -> x.get(0).square().sum());
    one(all, "mean", List.of(t), x -> x.get(0).square().mean(0, 2));
    one(all, "prod", List.of(t), x -> x.get(0).prod(1));
    one(all, "prod of two axes", List.of(t), x -> x.get(0).prod(0, 2));
    one(all, "prod of five", List.of(f64(5, 2)), x -> x.get(0).prod(0));
    one(all, "prod of all", List.of(f64(2, 3)), x -> x.get(0).prod());
    fixed(
        all,
        "prod with zeros",
        List.of(HostTensor.of(new double[] {0, 2, 3, 0, 0, 5, 1, 2, 4}, 3, 3)),
        x -> x.get(0).prod(1));
    one(all, "max", List.of(t), x -> x.get(0).max(1).square());
    one(all, "max of all", List.of(t), x -> x.get(0).max());
    one(all, "min", List.of(t), x -> x.get(0).min(0, 2).square());
    one(all, "argMax", List.of(t), x -> x.get(0).argMax(2).cast(DType.F64).mul(x.get(0).sum(2)));
    one(
        all,
        "any and all",
        List.of(t),
        x ->
            x.get(0)
                .gt(0.5)
                .any(1)
                .or(x.get(0).gt(-0.9).all(1))
                .select(x.get(0).sum(1), x.get(0).prod(1)));
    one(all, "logSumExp", List.of(t), x -> x.get(0).logSumExp(1));
  }

  private static void convolution(List<Trial> all) {
    one(
        all,
        "shear",
        List.of(f64(2, 5, 3)),
        x -> op(new Move.Shear(1, 2, 2), x.get(0)).square().mul(x.get(0).slice(1, 0, 1)));
    one(
        all,
        "shear back",
        List.of(f64(3, 5)),
        x -> op(new Move.Shear(1, 0, -1), x.get(0)).square());
    one(all, "conv 1d", List.of(f64(2, 6, 3), f64(3, 3, 2)), x -> x.get(0).conv(x.get(1)).tanh());
    one(
        all,
        "conv 2d",
        List.of(f64(1, 5, 4, 2), f64(3, 2, 2, 2)),
        x -> x.get(0).conv(x.get(1), ConvWindows.same().stride(2, 1).dilation(1, 2)).tanh());
    one(
        all,
        "conv in groups",
        List.of(f64(2, 5, 4), f64(2, 2, 4)),
        x -> x.get(0).conv(x.get(1), ConvWindows.padded(1).stride(2), 2).tanh());
    one(
        all,
        "convTranspose",
        List.of(f64(1, 3, 2), f64(3, 2, 2)),
        x -> x.get(0).convTranspose(x.get(1), ConvWindows.same().stride(2)).tanh());
    one(
        all,
        "maxPool",
        List.of(f64(5, 4, 2)),
        x -> x.get(0).maxPool(new int[] {3, 2}, ConvWindows.same().stride(2)).square());
    one(
        all,
        "avgPool",
        List.of(f64(5, 4, 2)),
        x -> x.get(0).avgPool(new int[] {3, 2}, ConvWindows.same().stride(2)).square());
  }

  private static void dot(List<Trial> all) {
    one(all, "matmul", List.of(f64(2, 3), f64(3, 4)), x -> x.get(0).matmul(x.get(1)).tanh());
    one(all, "matvec", List.of(f64(2, 3), f64(3)), x -> x.get(0).matmul(x.get(1)));
    one(all, "inner", List.of(f64(3), f64(3)), x -> x.get(0).matmul(x.get(1)));
    one(
        all,
        "self",
        List.of(f64(3, 3)),
        x -> x.get(0).matmul(x.get(0)).matmul(x.get(0).transpose()));
    one(
        all,
        "leading axes",
        List.of(f64(2, 3, 4), f64(4, 2)),
        x -> x.get(0).matmul(x.get(1)).sigmoid());
    one(all, "batch", List.of(f64(2, 3, 4), f64(2, 4, 2)), x -> x.get(0).matmul(x.get(1)));
    one(
        all,
        "outer",
        List.of(f64(2), f64(3)),
        x -> x.get(0).dot(x.get(1), new Dot(List.of(), List.of(), List.of(), List.of())));
    one(
        all,
        "weight first",
        List.of(f64(3, 4), f64(2, 3)),
        x -> x.get(0).dot(x.get(1), new Dot(List.of(0), List.of(1), List.of(), List.of())));
    one(
        all,
        "scrambled",
        List.of(f64(2, 3, 4, 5), f64(5, 3, 2, 2)),
        x -> x.get(0).dot(x.get(1), new Dot(List.of(3, 1), List.of(0, 1), List.of(0), List.of(2))));
    one(
        all,
        "two contracted against the order",
        List.of(f64(2, 3, 4), f64(4, 5, 3)),
        x -> x.get(0).dot(x.get(1), new Dot(List.of(1, 2), List.of(2, 0), List.of(), List.of())));
  }

  private static void move(List<Trial> all) {
    TensorType t = f64(2, 3, 4);
    one(all, "reshape", List.of(t), x -> x.get(0).square().reshape(4, 6));
    one(all, "transpose", List.of(t), x -> x.get(0).transpose(2, 0, 1).square());
    one(all, "broadcast", List.of(f64(3)), x -> x.get(0).broadcastTo(2, 3).square());
    one(all, "stretch", List.of(f64(3, 1)), x -> x.get(0).broadcastTo(2, 3, 4).square());
    one(all, "slice", List.of(t), x -> x.get(0).square().slice(1, 1, 3));
    one(
        all,
        "slice with the longest stride",
        List.of(f64(3, 4)),
        x -> x.get(0).square().slice(0, 1, 3, Integer.MAX_VALUE));
    one(
        all,
        "pad with the widest gaps, of which there are none",
        List.of(f64(1, 2), f64()),
        x ->
            op(
                new Move.Pad(List.of(1, 0), List.of(0, 1), List.of(Integer.MAX_VALUE, 2)),
                x.get(0).square(),
                x.get(1)));
    one(
        all,
        "strided slice",
        List.of(f64(7, 5)),
        x -> op(new Move.Slice(List.of(1, 0), List.of(7, 4), List.of(3, 2)), x.get(0).square()));
    one(
        all,
        "empty slice",
        List.of(f64(4), f64(2)),
        x -> Tensor.concat(0, x.get(0).slice(0, 2, 2), x.get(1)).square());
    one(
        all,
        "pad",
        List.of(f64(2, 3), f64()),
        x ->
            op(new Move.Pad(List.of(1, 0), List.of(0, 2), List.of(2, 1)), x.get(0), x.get(1))
                .square());
    one(
        all,
        "concat",
        List.of(f64(2, 3), f64(2, 1)),
        x -> Tensor.concat(1, x.get(0), x.get(1), x.get(0)).square());
    one(all, "reverse", List.of(t), x -> x.get(0).reverse(0, 2).mul(x.get(0)));
  }

  private static void index(List<Trial> all) {
    HostTensor at = HostTensor.of(new int[] {2, 0, 2, 1, 1, 2}, 2, 3);
    HostTensor outside = HostTensor.of(new int[] {5, -1, 2, 1}, 4);
    fixed(all, "gather", List.of(normal(3, 2), at), x -> x.get(0).square().take(x.get(1), 0));
    fixed(
        all,
        "gather inner axis",
        List.of(normal(2, 3), at),
        x -> x.get(0).take(x.get(1), 1).square());
    fixed(
        all,
        "gather clamped",
        List.of(normal(2, 3), outside),
        x -> x.get(0).take(x.get(1), 1).square());
    fixed(
        all,
        "gather with batch",
        List.of(normal(2, 3, 4), at),
        x -> op(new Index.Gather(1, 1), x.get(0), x.get(1)).square());
    for (Index.Combine c : Index.Combine.values()) {
      fixed(
          all,
          "scatter " + c,
          List.of(normal(3, 2), at, normal(2, 3, 2)),
          x ->
              op(new Index.Scatter(0, 0, c), x.get(0).square(), x.get(1), x.get(2).sin()).square());
      fixed(
          all,
          "scatter outside " + c,
          List.of(normal(2, 3), outside, normal(2, 4)),
          x -> op(new Index.Scatter(1, 0, c), x.get(0), x.get(1), x.get(2)).square());
      fixed(
          all,
          "scatter with batch " + c,
          List.of(normal(2, 3, 4), at, normal(2, 3, 4)),
          x -> op(new Index.Scatter(1, 1, c), x.get(0), x.get(1), x.get(2)).square());
      fixed(
          all,
          "scatter updates only " + c,
          List.of(at, normal(2, 3)),
          x ->
              op(new Index.Scatter(0, 0, c), x.get(1).like(-2).reshape(6), x.get(0), x.get(1))
                  .square());
    }
    fixed(
        all,
        "dynamicSlice",
        List.of(normal(4, 3), scalar(1), scalar(9)),
        x -> op(new Index.DynamicSlice(Shape.of(2, 2)), x.get(0), x.get(1), x.get(2)).square());
    fixed(
        all,
        "dynamicUpdate",
        List.of(normal(4, 3), normal(2, 2), scalar(1), scalar(9)),
        x -> op(new Index.DynamicUpdate(), x.get(0), x.get(1), x.get(2), x.get(3)).square());
    fixed(
        all,
        "dynamicUpdate of rows",
        List.of(normal(4, 3), normal(1, 3), scalar(2)),
        x ->
            op(
                    new Index.DynamicUpdate(),
                    x.get(0),
                    x.get(1),
                    x.get(2),
                    ((Tracer) x.get(2)).builder().tracer(Lit.zero(i32())))
                .square());
    fixed(
        all,
        "check",
        List.of(normal(3, 2), at),
        x -> x.get(0).take(x.get(1).checkRange("at", 0, 3), 0).square());
  }

  private static HostTensor scalar(int value) {
    return HostTensor.of(new int[] {value}, new int[0]);
  }

  private static void source(List<Trial> all) {
    one(
        all,
        "iota",
        List.of(f64(3)),
        x -> op2(x.get(0), new Source.Iota(f64(3), 0)).mul(x.get(0)).square());
    fixed(
        all,
        "randomBits",
        List.of(HostTensor.of(new int[] {7, 9}, 2), normal(5)),
        x ->
            op(new Source.RandomBits(Shape.of(5)), x.get(0))
                .gt(0)
                .select(x.get(1).square(), x.get(1)));
  }

  private static Tensor op2(Tensor like, Source op) {
    var b = ((Tracer) like).builder();
    return b.tracer(b.emit1(op));
  }

  @ParameterizedTest
  @MethodSource("trials")
  void holds(Trial t) {
    trials++;
    t.first().second().batches().batchAndDifferentiate();
  }

  @AfterAll
  static void count() {
    System.out.println("families: " + trials + " functions, each through all transformations");
  }
}
