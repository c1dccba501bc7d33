package dev.engram.tests.random;

import dev.engram.ir.DType;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.op.Dot;
import dev.engram.ir.op.Reduce;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** Reductions and contractions. */
final class FoldSteps {
  private FoldSteps() {}

  static void reduce(Draft d, Choices c) {
    Reduce.Kind kind = c.of(List.of(Reduce.Kind.values()));
    switch (kind) {
      case ANY, ALL -> {
        Optional<Value> x = d.drawWhere(c, v -> v.type().dtype() == DType.BOOL);
        x.ifPresent(
            v -> d.emit(new Reduce(kind, axes(v.type().rank(), c)), List.of(v), Facts.WHOLE));
      }
      case ARGMAX, ARGMIN -> {
        Optional<Value> x =
            d.drawWhere(
                c, v -> v.type().dtype().isNumeric() && v.type().rank() > 0 && d.facts(v).exact());
        x.ifPresent(
            v -> {
              int axis = c.next(v.type().rank());
              if (v.type().shape().dim(axis) > 0) {
                d.emit(new Reduce(kind, List.of(axis)), List.of(v), Facts.WHOLE);
              }
            });
      }
      case SUM, PROD, MAX, MIN -> {
        Optional<Value> x = d.drawWhere(c, v -> v.type().dtype().isNumeric());
        x.ifPresent(v -> numeric(d, kind, v, c));
      }
    }
  }

  private static void numeric(Draft d, Reduce.Kind kind, Value x, Choices c) {
    List<Integer> axes = axes(x.type().rank(), c);
    if (!x.type().dtype().isFloat()) {
      d.emit(new Reduce(kind, axes), List.of(x), Facts.WHOLE);
      return;
    }
    boolean extreme = kind == Reduce.Kind.MAX || kind == Reduce.Kind.MIN;
    long n = folded(x.type(), axes);
    if (extreme && (!d.profile.kinks() || n == 0)) {
      return;
    }
    Value in = kind == Reduce.Kind.PROD ? d.within(x, -1.5, 1.5, false) : x;
    Facts f = d.facts(in);
    double eps = Facts.rounding(x.type().dtype());
    Facts known =
        switch (kind) {
          case SUM -> new Facts(f.bound() * n, n * f.noise() + n * n * eps * f.bound() / 2);
          case PROD -> {
            double top = Math.pow(Math.max(1, f.bound()), n);
            yield new Facts(top, n * top * (f.noise() + eps));
          }
          case MAX, MIN, ANY, ALL, ARGMAX, ARGMIN -> f;
        };
    d.emit(new Reduce(kind, axes), List.of(in), known);
  }

  private static long folded(TensorType t, List<Integer> axes) {
    return axes.stream().mapToLong(t.shape()::dim).reduce(1, (a, b) -> a * b);
  }

  /** Some axes, in any order; the last one in the simplest program. */
  static List<Integer> axes(int rank, Choices c) {
    List<Integer> left = new ArrayList<>(IntStream.range(0, rank).boxed().toList().reversed());
    List<Integer> some = new ArrayList<>();
    for (int n = rank == 0 ? 0 : (c.next(rank + 1) + 1) % (rank + 1); n > 0; n--) {
      some.add(left.remove(c.next(left.size())));
    }
    return some;
  }

  /** Pairs axes of equal length, in any order, as contracted or batch axes. */
  static void dot(Draft d, Choices c) {
    Optional<Value> left = d.drawWhere(c, v -> v.type().dtype().isNumeric());
    if (left.isEmpty()) {
      return;
    }
    Value x = left.get();
    Value y = d.drawWhere(c, v -> v.type().dtype() == x.type().dtype()).orElseThrow();
    List<Integer> lhsContract = new ArrayList<>();
    List<Integer> rhsContract = new ArrayList<>();
    List<Integer> lhsBatch = new ArrayList<>();
    List<Integer> rhsBatch = new ArrayList<>();
    List<Integer> free = new ArrayList<>(IntStream.range(0, y.type().rank()).boxed().toList());
    for (int a : order(x.type().rank(), c)) {
      int n = x.type().shape().dim(a);
      List<Integer> fit = free.stream().filter(r -> y.type().shape().dim(r) == n).toList();
      int use = c.next(4);
      if (fit.isEmpty() || use == 3) {
        continue;
      }
      Integer r = c.of(fit);
      free.remove(r);
      (use == 2 ? lhsBatch : lhsContract).add(a);
      (use == 2 ? rhsBatch : rhsContract).add(r);
    }
    Dot dot = new Dot(lhsContract, rhsContract, lhsBatch, rhsBatch);
    if (!Draft.fits(dot.typeOf(List.of(x.type(), y.type())).getFirst())) {
      return;
    }
    Facts f = d.facts(x);
    Facts g = d.facts(y);
    double n = folded(x.type(), lhsContract);
    double top = n * f.bound() * g.bound();
    double eps = Facts.rounding(x.type().dtype());
    double noise = n * (f.bound() * g.noise() + g.bound() * f.noise()) + n * eps * top;
    d.emit(dot, List.of(x, y), new Facts(top, noise));
  }

  static List<Integer> order(int n, Choices c) {
    List<Integer> left = new ArrayList<>(IntStream.range(0, n).boxed().toList());
    List<Integer> out = new ArrayList<>();
    while (!left.isEmpty()) {
      out.add(left.remove(c.next(left.size())));
    }
    return out;
  }
}
