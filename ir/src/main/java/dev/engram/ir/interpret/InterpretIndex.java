package dev.engram.ir.interpret;

import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.TensorType;
import dev.engram.ir.op.Index;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Gather, scatter and dynamic windows. */
final class InterpretIndex {
  private InterpretIndex() {}

  static HostTensor eval(Index op, List<HostTensor> in, TensorType type) {
    HostTensor x = in.getFirst();
    return switch (op) {
      case Index.Gather g ->
          InterpretMove.pull(x, positions(x.shape(), in.get(1), g.axis(), g.batch(), true), type);
      case Index.Scatter s -> {
        int[] map = positions(x.shape(), in.get(1), s.axis(), s.batch(), false);
        yield scatter(s.combine(), x, map, in.get(2));
      }
      case Index.DynamicSlice s ->
          InterpretMove.pull(x, window(x.shape(), s.sizes(), in.subList(1, in.size())), type);
      case Index.DynamicUpdate _ -> {
        HostTensor out = copy(x);
        HostTensor update = in.get(1);
        InterpretMove.push(
            update, window(x.shape(), update.shape(), in.subList(2, in.size())), out);
        yield out;
      }
      case Index.ArgSort s -> argSort(s, x, type);
    };
  }

  private static HostTensor argSort(Index.ArgSort op, HostTensor x, TensorType type) {
    HostTensor out = HostTensor.allocate(type);
    int n = x.shape().dim(op.axis());
    long step = x.shape().strides()[op.axis()];
    int[] rows =
        IndexMap.offsets(
            x.shape(), IntStream.range(0, x.rank()).filter(a -> a != op.axis()).boxed().toList());
    for (int row : rows) {
      List<Integer> order = new ArrayList<>(IntStream.range(0, n).boxed().toList());
      order.sort((i, j) -> op.compare(x.dtype(), x.bits(row + i * step), x.bits(row + j * step)));
      for (int i = 0; i < n; i++) {
        out.setBits(row + i * step, order.get(i));
      }
    }
    return out;
  }

  /**
   * For each {@code (b, p, j, q)} of the gathered tensor its position {@code (b, p, i[b,j], q)} in
   * x; an index out of range is clamped, or gives -1.
   */
  private static int[] positions(Shape x, HostTensor indices, int axis, int batch, boolean clamp) {
    int nb = Math.toIntExact(x.range(0, batch).size());
    int np = Math.toIntExact(x.range(batch, axis).size());
    int n = x.dim(axis);
    int nq = Math.toIntExact(x.range(axis + 1, x.rank()).size());
    int nj = Math.toIntExact(indices.shape().range(batch, indices.rank()).size());
    int[] map = new int[nb * np * nj * nq];
    int at = 0;
    for (int b = 0; b < nb; b++) {
      for (int p = 0; p < np; p++) {
        for (int j = 0; j < nj; j++) {
          long index = indices.bits((long) b * nj + j);
          boolean inside = 0 <= index && index < n;
          int row = Math.clamp(index, 0, Math.max(0, n - 1));
          for (int q = 0; q < nq; q++) {
            map[at++] = inside || clamp ? ((b * np + p) * n + row) * nq + q : -1;
          }
        }
      }
    }
    return map;
  }

  private static HostTensor scatter(Index.Combine combine, HostTensor x, int[] map, HostTensor u) {
    HostTensor out = copy(x);
    boolean real = x.dtype().isFloat();
    // Sums stay in f64 until the last update.
    double[] sums = real && combine == Index.Combine.ADD ? x.toDoubles() : new double[0];
    for (int i = 0; i < map.length; i++) {
      int at = map[i];
      if (at < 0) {
        continue;
      }
      switch (combine) {
        case SET -> out.setBits(at, u.bits(i));
        case ADD -> {
          if (real) {
            sums[at] += u.getDouble(i);
            out.setDouble(at, sums[at]);
          } else {
            out.setBits(at, out.bits(at) + u.bits(i));
          }
        }
        case MAX -> {
          if (real) {
            out.setDouble(at, Math.max(out.getDouble(at), u.getDouble(i)));
          } else {
            out.setBits(at, Math.max(out.bits(at), u.bits(i)));
          }
        }
      }
    }
    return out;
  }

  /** Positions in x of a window of {@code sizes}, its starts clamped so that it fits. */
  private static int[] window(Shape x, Shape sizes, List<HostTensor> starts) {
    long[] strides = x.strides();
    long base = 0;
    for (int a = 0; a < x.rank(); a++) {
      long start = Math.clamp(starts.get(a).bits(0), 0L, (long) x.dim(a) - sizes.dim(a));
      base += start * strides[a];
    }
    return IndexMap.offsets(sizes.toArray(), strides, base);
  }

  private static HostTensor copy(HostTensor x) {
    HostTensor out = HostTensor.allocate(x.type());
    out.segment().copyFrom(x.segment());
    return out;
  }
}
