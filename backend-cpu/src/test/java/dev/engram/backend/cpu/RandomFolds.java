package dev.engram.backend.cpu;

import dev.engram.ir.DType;
import dev.engram.ir.Role;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.Trace;
import dev.engram.ir.Value;
import dev.engram.ir.op.ConvWindows;
import dev.engram.lower.FoldOrder;
import dev.engram.lower.Instr;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.Lowering;
import dev.engram.lower.Stmt;
import java.util.List;
import java.util.Random;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;

/** Sums and products of lengths at or near the ends of blocks, shares, lanes and vectors. */
final class RandomFolds {
  private static final int[] LENGTHS = {
    0, 1, 2, 15, 16, 17, 31, 32, 33, 64, 100, 127, 128, 129, 255, 256, 257, 300, 511, 512, 513,
    1021, 2047, 2048, 2049, 4096, 4097, 4099, 8209
  };
  private static final int[] WIDTHS = {1, 2, 3, 4, 7, 8, 9, 16, 17, 33, 65};

  private final Random random;
  private final DType dtype;

  private RandomFolds(Random random) {
    this.random = random;
    this.dtype = random.nextInt(4) == 0 ? DType.F64 : DType.F32;
  }

  /** A program with one fold, or a few in one nest. */
  static LoopProgram program(Random random) {
    return new RandomFolds(random).program();
  }

  private int length(int most) {
    int n = LENGTHS[random.nextInt(LENGTHS.length)];
    return n <= most ? n : length(most);
  }

  private int width() {
    return WIDTHS[random.nextInt(WIDTHS.length)];
  }

  private TensorType type(int... dims) {
    return TensorType.of(dtype, dims);
  }

  private LoopProgram lowered(TensorType x, TensorType y, BinaryOperator<Tensor> f) {
    Trace t = new Trace("folds");
    Tensor a = t.input(x, Role.INPUT, "");
    Tensor b = t.input(y, Role.INPUT, "");
    List<Value> outs = t.run(() -> List.of(t.lift(f.apply(a, b))));
    return Lowering.lower(t.build(outs));
  }

  private LoopProgram folded(TensorType x, UnaryOperator<Tensor> f) {
    TensorType scalar = type();
    return switch (random.nextInt(5)) {
      case 0 -> lowered(x, scalar, (a, b) -> f.apply(a));
      case 1 -> lowered(x, x, (a, b) -> f.apply(a.mul(b)));
      case 2 -> lowered(x, scalar, (a, b) -> f.apply(a.square().add(b)).sqrt());
      case 3 -> lowered(x, scalar, (a, b) -> f.apply(a).div(f.apply(a.square())));
      default -> lowered(x, scalar, (a, b) -> f.apply(a.mul(0.01).add(1)));
    };
  }

  private LoopProgram program() {
    int n = length(10_000);
    int m = width();
    int k = width();
    int few = length(130);
    return switch (random.nextInt(16)) {
      case 0 -> folded(type(n), Tensor::sum);
      case 1 -> folded(type(n), Tensor::mean);
      case 2 -> folded(type(n), Tensor::prod);
      case 3 -> folded(type(n, m), x -> x.sum(0));
      case 4 -> folded(type(m, n), x -> x.sum(1));
      case 5 -> folded(type(few, m, k), x -> x.sum(0, 1));
      case 6 -> folded(type(few, k, m), x -> x.sum(0, 2));
      case 7 -> folded(type(m, few, k), x -> x.sum(1));
      case 8 -> folded(type(m, few, k), Tensor::sum);
      case 9 -> folded(type(n, m), x -> x.transpose().sum(1));
      case 10 -> folded(type(2 * n), x -> x.slice(0, 0, 2 * n, 2).sum());
      case 11 -> lowered(type(n), type(n), Tensor::matmul);
      case 12 -> lowered(type(m, n), type(n), Tensor::matmul);
      case 13 -> lowered(type(m, n), type(n, k), Tensor::matmul);
      case 14 -> lowered(type(n, m), type(n, k), (a, b) -> a.transpose().matmul(b).relu());
      default ->
          lowered(
              type(1, 6, 5, few),
              type(2, 2, few, k),
              (a, b) -> a.conv(b, ConvWindows.valid()).add(1));
    };
  }

  /** Returns the program with other orders of its folds. */
  static LoopProgram recut(LoopProgram p, UnaryOperator<FoldOrder> order) {
    return new LoopProgram(
        p.name(),
        p.buffers(),
        p.inputs(),
        p.outputs(),
        p.steps().stream().map(s -> s instanceof Stmt.Nest n ? recut(n, order) : s).toList(),
        p.arenaBytes());
  }

  private static Stmt recut(Stmt.Nest n, UnaryOperator<FoldOrder> order) {
    List<Instr> body = n.body().stream().map(i -> recut(i, order)).toList();
    return new Stmt.Nest(n.label(), n.axes(), body, n.epilogue(), n.where());
  }

  private static Instr recut(Instr i, UnaryOperator<FoldOrder> order) {
    return switch (i) {
      case Instr.Fold f -> new Instr.Fold(f.kind(), f.dtype(), f.value(), order.apply(f.order()));
      case Instr.DotFold f -> new Instr.DotFold(f.dtype(), f.a(), f.b(), order.apply(f.order()));
      case Instr _ -> i;
    };
  }
}
