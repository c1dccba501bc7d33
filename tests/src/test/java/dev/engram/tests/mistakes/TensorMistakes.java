package dev.engram.tests.mistakes;

import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import java.util.List;

/** Mistakes with tensors. */
final class TensorMistakes {
  private TensorMistakes() {}

  private static Tensor zeros(int... dims) {
    return HostTensor.full(TensorType.of(DType.F32, dims), 0);
  }

  static void add(Rows rows) {
    made(rows);
    computed(rows);
    moved(rows);
    indexed(rows);
  }

  private static void made(Rows rows) {
    rows.refused("values without their shape", () -> HostTensor.of(new float[] {1, 2, 3}));
    rows.refused("values of another shape", () -> HostTensor.of(new double[] {1, 2, 3}, 2, 2));
    rows.refused(
        "rows of different lengths", () -> HostTensor.of(new double[][] {{1, 2}, {3, 4, 5}}));
    rows.refused("a negative length", () -> HostTensor.full(TensorType.of(DType.F32, -1, 3), 0));
    rows.refused("half a number", () -> HostTensor.full(TensorType.of(DType.I32, 2), 0.5));
    rows.refused(
        "more than memory", () -> HostTensor.full(TensorType.of(DType.F64, 1 << 30, 1 << 30), 0));
  }

  private static void computed(Rows rows) {
    Tensor x = zeros(5, 3);
    Tensor ints = HostTensor.of(new int[] {1, 2}, 2);
    rows.refused("shapes that do not broadcast", () -> x.add(zeros(5, 4)));
    rows.refused("a bias along the wrong axis", () -> x.add(zeros(5)));
    rows.refused("a product of the wrong shapes", () -> x.matmul(zeros(4, 2)));
    rows.refused("a product that a transpose would fit", () -> x.matmul(zeros(2, 3)));
    rows.refused("f32 and f64", () -> x.add(HostTensor.of(new double[] {1, 2, 3}, 3)));
    rows.refused("half of an integer", () -> ints.mul(0.5));
    rows.refused("tanh of integers", () -> ints.tanh());
    rows.refused("a mask as a factor", () -> x.mul(x.gt(0)));
    rows.refused("a choice by floats", () -> x.select(x, x));
    rows.refused("a sum over no axis of it", () -> x.sum(2));
    rows.refused("a softmax over no axis of it", () -> x.softmax(-3));
    rows.refused("the length of no axis of it", () -> x.dim(4));
    rows.refused("an item of many", () -> x.host().item());
    rows.refused("einsum of other ranks", () -> Tensor.einsum("bij,bjk->bik", x, x));
    rows.refused("einsum of other lengths", () -> Tensor.einsum("ij,jk->ik", x, x));
    rows.refused("einsum of a text that is none", () -> Tensor.einsum("ij->", x, x));
  }

  private static void moved(Rows rows) {
    Tensor x = zeros(3, 4);
    rows.refused("reshape to another size", () -> x.reshape(5, 2));
    rows.refused("two unknown lengths", () -> x.reshape(-1, -1));
    rows.refused("concat of other lengths", () -> Tensor.concat(0, x, zeros(3, 5)));
    rows.refused("a stack of other shapes", () -> Tensor.stack(0, List.of(x, zeros(4, 3))));
    rows.refused("a transpose of too many axes", () -> x.transpose(0, 1, 2));
    rows.refused("a squeeze of a long axis", () -> x.squeeze(0));
    rows.refused("a broadcast that does not fit", () -> x.broadcastTo(2, 5, 4));
    rows.refused("position 3 of 3", () -> x.get(3));
    rows.refused("position -4 of 3", () -> x.get(-4));
    rows.refused("a position of a scalar", () -> zeros().get(0));
    rows.refused("a position of nothing", () -> zeros(0, 2).get(0));
    rows.refused("a slice behind the end", () -> x.slice(0, 1, 8));
    rows.refused("a slice from the end", () -> x.slice(1, -2, 4));
    rows.refused("a slice backwards", () -> x.slice(1, 3, 1));
    rows.refused("a split that leaves something over", () -> x.split(1, 3));
  }

  private static void indexed(Rows rows) {
    Tensor x = zeros(3, 4);
    rows.refused("an index that is a float", () -> x.take(zeros(2), 0));
    rows.refused("the largest along no axis", () -> x.argMax(2));
  }
}
