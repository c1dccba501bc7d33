package dev.engram.backend.cuda.text;

import dev.engram.lower.Instr;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * A nest that writes at computed positions: the points that may meet in an element are one
 * thread's, in row-major order, so that sums take their terms in the order of the updates. Axes
 * that keep their points apart, such as the columns of an embedding, are divided among threads.
 */
final class ScatterKernel {
  private final NestText nest;
  private final CodeWriter out;

  ScatterKernel(NestText nest, CodeWriter out) {
    this.nest = nest;
    this.out = out;
  }

  static boolean fits(NestText nest) {
    return IndexText.instrs(nest.nest).stream().anyMatch(i -> i instanceof Instr.StoreAt);
  }

  /** Returns the number of threads that have work. */
  long write() {
    List<Integer> apart = apart();
    List<Integer> inOrder = new ArrayList<>(nest.axes(0, nest.parallel));
    inOrder.removeAll(apart);
    long threads = 1;
    for (int a : apart) {
      threads *= nest.nest.axes().get(a).length();
    }
    nest.eachPoint(out, threads);
    nest.axes(out, apart, "g");
    int opened = nest.loops(out, inOrder);
    String at = "0";
    if (nest.checks()) {
      out.line("i64 point = %s;", number());
      at = "point";
    }
    if (nest.results() > 0) {
      new PointKernel(nest, out).point(at);
    }
    for (int k = 0; k < opened; k++) {
      out.close();
    }
    out.close();
    return threads;
  }

  /** The row-major number of the point of the parallel axes. */
  private String number() {
    String sum = "0";
    for (int a = 0; a < nest.parallel; a++) {
      if (nest.nest.axes().get(a).length() != 1) {
        sum = "(" + sum + ") * " + nest.nest.axes().get(a).length() + " + (i64)i" + a;
      }
    }
    return sum;
  }

  /**
   * Axes of which different points never write the same element, outermost first; none where
   * something else is written too.
   */
  private List<Integer> apart() {
    List<Instr.StoreAt> writes = new ArrayList<>();
    boolean others = nest.hasFolds();
    for (Instr i : IndexText.instrs(nest.nest)) {
      if (i instanceof Instr.StoreAt s) {
        writes.add(s);
      }
      others |= i instanceof Instr.Store;
    }
    Instr.StoreAt write = writes.getFirst();
    if (others || writes.size() > 1 || reads(write.to().buffer())) {
      return List.of();
    }
    List<Integer> result = new ArrayList<>();
    for (int a = 0; a < nest.parallel; a++) {
      if (nest.nest.axes().get(a).length() > 1
          && keepsApart(write, a)
          && !depends(write.index(), a)) {
        result.add(a);
      }
    }
    return result;
  }

  /** A part of the positions that one write reaches. */
  private record Part(long stride, long length, boolean isAxis) {}

  /**
   * True where the positions of different points of {@code axis} differ, whatever the index and the
   * other axes: they are digits of a number.
   */
  private boolean keepsApart(Instr.StoreAt s, int axis) {
    if (s.to().at().inner().get(axis) == 0) {
      return false;
    }
    List<Part> parts = new ArrayList<>();
    boolean moves = false;
    for (int a = 0; a < nest.parallel; a++) {
      moves |= depends(s.index(), a);
    }
    if (moves) {
      parts.add(new Part(Math.abs(s.stride()), s.limit(), false));
    }
    for (int a = 0; a < nest.parallel; a++) {
      long stride = Math.abs(s.to().at().inner().get(a));
      if (stride != 0 && nest.nest.axes().get(a).length() > 1) {
        parts.add(new Part(stride, nest.nest.axes().get(a).length(), a == axis));
      }
    }
    parts.sort(Comparator.comparingLong(Part::stride));
    long reach = 0;
    boolean digit = false;
    for (Part p : parts) {
      if (p.isAxis) {
        digit = p.stride > reach;
      } else if (digit && p.stride <= reach) {
        return false;
      }
      reach += p.stride * (p.length - 1);
    }
    return digit;
  }

  /** True where the value of an instruction differs between points of the axis. */
  private boolean depends(int value, int axis) {
    Instr i = IndexText.instrs(nest.nest).get(value);
    return switch (i) {
      case Instr.Load l -> l.from().at().inner().get(axis) != 0;
      case Instr.Literal _ -> false;
      case Instr.IndexOf x -> x.at().inner().get(axis) != 0;
      case Instr.Apply a -> a.args().stream().anyMatch(k -> depends(k, axis));
      case Instr.Convert c -> depends(c.arg(), axis);
      case Instr.LoadAt l -> l.from().at().inner().get(axis) != 0 || depends(l.index(), axis);
      case Instr.Check c -> depends(c.value(), axis);
      case Instr.RandomWord _, Instr.Fold _, Instr.DotFold _ -> true;
      case Instr.Store _, Instr.StoreAt _ -> true;
    };
  }

  private boolean reads(int buffer) {
    return IndexText.instrs(nest.nest).stream()
        .filter(i -> i instanceof Instr.Load || i instanceof Instr.LoadAt)
        .flatMap(i -> IndexText.accesses(i).stream())
        .anyMatch(r -> r.buffer() == buffer);
  }
}
