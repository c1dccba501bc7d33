package dev.engram.ir.passes;

import dev.engram.ir.Eqn;
import dev.engram.ir.Lit;
import dev.engram.ir.Shape;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.op.Dot;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.Move;
import dev.engram.ir.op.Rows;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A tensor as a product of tensors that have some of its axes: {@code f[b,h] · x[b,i]} of the axes
 * b, i, h.
 */
record Product(List<Factor> factors) {
  /** Products of more factors are not taken apart. */
  private static final int MAX_FACTORS = 8;

  /** Nor are those of products of products deeper than this. */
  private static final int MAX_DEPTH = 8;

  static final Product ONE = new Product(List.of());

  /**
   * @param axes of the whole that the value has, ascending
   */
  record Factor(Value value, List<Integer> axes) {}

  static Product of(Value v) {
    return new Product(List.of(new Factor(v, axes(v.type()))));
  }

  private static List<Integer> axes(TensorType t) {
    return IntStream.range(0, t.rank()).boxed().toList();
  }

  /**
   * {@code v} taken apart as far as it helps.
   *
   * @param made the equation of each value
   * @param known products of values taken apart before
   */
  static Product of(Value v, Map<Value, Eqn> made, Map<Value, Product> known) {
    return of(v, made, known, MAX_DEPTH);
  }

  private static Product of(Value v, Map<Value, Eqn> made, Map<Value, Product> known, int depth) {
    if (v instanceof Lit l) {
      return ofLiteral(l);
    }
    Product p = known.get(v);
    if (p == null) {
      p = depth == 0 ? of(v) : apart(v, made.get(v), made, known, depth - 1);
      known.put(v, p);
    }
    return p;
  }

  private static Product ofLiteral(Lit l) {
    return l.is(1) ? ONE : new Product(List.of(new Factor(scalar(l), List.of())));
  }

  private static Lit scalar(Lit l) {
    return new Lit(l.type().with(Shape.scalar()), l.bits());
  }

  private static Product apart(
      Value v, @Nullable Eqn e, Map<Value, Eqn> made, Map<Value, Product> known, int depth) {
    if (e != null && e.op() instanceof Move.Broadcast b) {
      return e.in(0) instanceof Lit l
          ? ofLiteral(l)
          : new Product(List.of(new Factor(e.in(0), b.axes())));
    }
    if (e != null && e.op() instanceof Dot d && d.lhsContract().isEmpty()) {
      Product p = outer(d, e);
      return p.hasAllAxes(v.type().rank()) ? of(v) : p;
    }
    if (e != null && e.op() instanceof Elementwise x) {
      Product p =
          x.row().equals(Rows.MUL)
              ? of(e.in(0), made, known, depth).times(of(e.in(1), made, known, depth))
              : x.row().equals(Rows.NEG) ? of(e.in(0), made, known, depth).negated(v.type()) : null;
      if (p != null && p.factors.size() <= MAX_FACTORS && !p.hasAllAxes(v.type().rank())) {
        return p;
      }
    }
    return of(v);
  }

  /** An outer product, or one for each of a batch: the whole where axes trade places. */
  private static Product outer(Dot d, Eqn e) {
    List<Integer> lhs = new ArrayList<>();
    List<Integer> rhs = new ArrayList<>();
    int batch = d.lhsBatch().size();
    int left = e.in(0).type().rank();
    for (int a = 0; a < left; a++) {
      int at = d.lhsBatch().indexOf(a);
      lhs.add(at >= 0 ? at : batch + d.lhsFree(left).indexOf(a));
    }
    for (int a = 0; a < e.in(1).type().rank(); a++) {
      int at = d.rhsBatch().indexOf(a);
      rhs.add(at >= 0 ? at : left + d.rhsFree(e.in(1).type().rank()).indexOf(a));
    }
    return isAscending(lhs) && isAscending(rhs)
        ? new Product(List.of(new Factor(e.in(0), lhs), new Factor(e.in(1), rhs)))
        : of(e.out());
  }

  private static boolean isAscending(List<Integer> axes) {
    return IntStream.range(1, axes.size()).allMatch(i -> axes.get(i - 1) < axes.get(i));
  }

  /** True where a factor has them all: it is no smaller than the whole. */
  boolean hasAllAxes(int rank) {
    return factors.stream().anyMatch(f -> f.axes.size() == rank);
  }

  Product times(Product other) {
    List<Factor> all = new ArrayList<>(factors);
    all.addAll(other.factors);
    return new Product(List.copyOf(all));
  }

  Product negated(TensorType like) {
    return times(ofLiteral(Lit.of(like.with(Shape.scalar()), -1)));
  }

  NavigableSet<Integer> axes() {
    NavigableSet<Integer> all = new TreeSet<>();
    factors.forEach(f -> all.addAll(f.axes));
    return all;
  }

  /** The factors that have none but these axes. */
  Product within(Collection<Integer> axes) {
    return new Product(factors.stream().filter(f -> axes.containsAll(f.axes)).toList());
  }

  /** The others. */
  Product outside(Collection<Integer> axes) {
    return new Product(factors.stream().filter(f -> !axes.containsAll(f.axes)).toList());
  }
}
