package dev.engram.ir.tensor;

import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.TypeRules;
import dev.engram.ir.op.Index;
import dev.engram.ir.op.Op;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Reads and writes at computed positions, made of gather and scatter. */
public final class Indexing {
  private Indexing() {}

  private static Tensor one(Op op, List<Tensor> in) {
    return Tensor.apply(op, in).getFirst();
  }

  public static Tensor take(Tensor x, Tensor indices, int axis) {
    if (!TypeRules.given("take", 1, indices).dtype().isInteger()) {
      throw new TypeException(
          "take: the indices have type "
              + indices.type()
              + ", expected an integer type; convert them with .cast(DType.I32) ("
              + SourceLocation.here()
              + ")");
    }
    int a = x.shape().axis("take", axis);
    within("take", indices, x.dim(a), "axis " + axis + " of " + x.type());
    return one(new Index.Gather(a, 0), List.of(x, indices));
  }

  /** Refuses indices that are known and outside of {@code 0..length-1}. */
  private static void within(String op, Tensor indices, int length, String of) {
    if (!(indices instanceof HostTensor known) || !known.type().dtype().isInteger()) {
      return;
    }
    for (long i = 0; i < known.type().size(); i++) {
      long at = known.bits(i);
      if (at < 0 || at >= length) {
        throw Moves.error(
            op,
            "the indices[%s] = %d, expected 0 <= index < %d, the length of %s"
                .formatted(known.shape().indices(i), at, length, of));
      }
    }
  }

  /** Refuses starts that are known and from which the window does not fit. */
  private static void fit(String op, Tensor x, Shape window, Tensor... starts) {
    for (int axis = 0; axis < Math.min(x.rank(), window.rank()); axis++) {
      if (starts[axis] instanceof HostTensor known
          && known.type().dtype().isInteger()
          && known.type().size() == 1) {
        long last = x.dim(axis) - (long) window.dim(axis);
        long at = known.bits(0);
        if (last >= 0 && (at < 0 || at > last)) {
          throw Moves.error(
              op,
              "the start on axis %d is %d, expected 0 <= start <= %d, so that a window of %s fits into %s"
                  .formatted(axis, at, last, window, x.type()));
        }
      }
    }
  }

  /** 1 where the new last axis' index equals the element of {@code x}, else 0. */
  public static Tensor oneHot(Tensor x, int classes, DType dtype) {
    Shape to = Moves.named("oneHot", () -> x.shape().insert(x.rank(), classes));
    // class numbers may lie beyond the labels' type: in u8, class 256 would be 0 again
    Tensor number = x.cast(x.dtype().wide());
    Tensor iota = Moves.iota(x, number.dtype(), to, x.rank());
    return number.expandDims(x.rank()).broadcastTo(to).eq(iota).cast(dtype);
  }

  public static Tensor scatter(
      Tensor x, Index.Combine combine, int axis, Tensor indices, Tensor updates) {
    int a = x.shape().axis("scatter", axis);
    Shape front = x.shape().range(0, a);
    Shape behind = x.shape().range(a + 1, x.rank());
    Shape want = Moves.named("scatter", () -> front.concat(indices.shape()).concat(behind));
    within(name(combine), indices, x.dim(a), "axis " + axis + " of " + x.type());
    Tensor wide = Broadcasting.to(updates, want, "scatter");
    return one(new Index.Scatter(a, 0, combine), List.of(x, indices, wide));
  }

  private static String name(Index.Combine combine) {
    return switch (combine) {
      case SET -> "setAt";
      case ADD -> "addAt";
      case MAX -> "maxAt";
    };
  }

  /** Both with {@code axis} last, and equal lengths on all others. */
  private record Along(Tensor x, Tensor indices, int axis) {
    static Along of(String op, Tensor x, Tensor indices, int axis) {
      int a = x.shape().axis(op, axis);
      if (indices.rank() != x.rank()) {
        throw Moves.error(
            op,
            "the indices have type " + indices.type() + ", expected as many axes as " + x.type());
      }
      Tensor xs = x.moveAxis(a, -1);
      Tensor is = indices.moveAxis(a, -1);
      int r = x.rank();
      int[] lead = new int[r - 1];
      for (int i = 0; i < r - 1; i++) {
        int m = xs.dim(i);
        int n = is.dim(i);
        if (m != n && m != 1 && n != 1) {
          throw Moves.error(
              op,
              "the indices have type "
                  + indices.type()
                  + ", expected the lengths of "
                  + x.type()
                  + " or 1 on every axis but "
                  + a);
        }
        lead[i] = m == 1 ? n : m;
      }
      return new Along(spread(op, xs, lead), spread(op, is, lead), a);
    }
  }

  private static Tensor spread(String op, Tensor t, int[] lead) {
    return t.broadcastTo(Moves.named(op, () -> Shape.of(lead).concat(Shape.of(t.dim(-1)))));
  }

  public static Tensor takeAlongAxis(Tensor x, Tensor indices, int axis) {
    Along w = Along.of("takeAlongAxis", x, indices, axis);
    int last = x.rank() - 1;
    within("takeAlongAxis", indices, x.dim(w.axis), "axis " + axis + " of " + x.type());
    return one(new Index.Gather(last, last), List.of(w.x, w.indices)).moveAxis(-1, w.axis);
  }

  public static Tensor scatterAlongAxis(
      Tensor x, Index.Combine combine, int axis, Tensor indices, Tensor updates) {
    Along w = Along.of("scatterAlongAxis", x, indices, axis);
    int last = x.rank() - 1;
    within("scatterAlongAxis", indices, x.dim(w.axis), "axis " + axis + " of " + x.type());
    Tensor u = Broadcasting.to(updates, w.indices.moveAxis(-1, w.axis).shape(), "scatterAlongAxis");
    List<Tensor> in = List.of(w.x, w.indices, u.moveAxis(w.axis, -1));
    return one(new Index.Scatter(last, last, combine), in).moveAxis(-1, w.axis);
  }

  private static List<Tensor> starts(String op, Tensor x, Tensor... starts) {
    if (starts.length != x.rank()) {
      throw Moves.error(
          op, "got " + starts.length + " starts, expected one for each axis of " + x.type());
    }
    return Arrays.asList(starts);
  }

  public static Tensor dynamicSlice(Tensor x, int[] sizes, Tensor... starts) {
    List<Tensor> in = new ArrayList<>(List.of(x));
    in.addAll(starts("dynamicSlice", x, starts));
    fit("dynamicSlice", x, Shape.of(sizes), starts);
    return one(new Index.DynamicSlice(Shape.of(sizes)), in);
  }

  public static Tensor dynamicUpdate(Tensor x, Tensor window, Tensor... starts) {
    List<Tensor> in = new ArrayList<>(List.of(x, window));
    in.addAll(starts("dynamicUpdate", x, starts));
    fit("dynamicUpdate", x, window.shape(), starts);
    return one(new Index.DynamicUpdate(), in);
  }

  public static Tensor get(Tensor x, Tensor i) {
    if (x.rank() > 0) {
      within("get", i, x.dim(0), "axis 0 of " + x.type());
    }
    Tensor zero = i.like(0);
    Tensor[] starts =
        IntStream.range(0, x.rank()).mapToObj(a -> a == 0 ? i : zero).toArray(Tensor[]::new);
    return dynamicSlice(x, x.shape().with(0, 1).toArray(), starts).squeeze(0);
  }
}
