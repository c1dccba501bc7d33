package dev.engram.ir.passes;

import dev.engram.ir.Shape;
import java.util.Collection;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * A product as two, which together have all axes of a whole: their outer product over the axes that
 * only one has is the whole.
 *
 * @param q has the axes of what it will be multiplied with before
 */
record Factored(Product p, NavigableSet<Integer> pAxes, Product q, NavigableSet<Integer> qAxes) {

  /**
   * The way with the fewest elements.
   *
   * @param base axes that q must have
   */
  static Factored of(Product u, NavigableSet<Integer> base, Shape whole) {
    Factored best = with(u, base, whole);
    for (Product.Factor f : u.factors()) {
      NavigableSet<Integer> more = new TreeSet<>(base);
      if (more.addAll(f.axes())) {
        Factored other = with(u, more, whole);
        best = other.size(whole) < best.size(whole) ? other : best;
      }
    }
    return best;
  }

  private static Factored with(Product u, NavigableSet<Integer> qAxes, Shape whole) {
    Product p = u.outside(qAxes);
    NavigableSet<Integer> pAxes = p.axes();
    IntStream.range(0, whole.rank()).filter(a -> !qAxes.contains(a)).forEach(pAxes::add);
    return new Factored(p, pAxes, u.within(qAxes), qAxes);
  }

  /** Elements of both. */
  double size(Shape whole) {
    return size(pAxes, whole) + size(qAxes, whole);
  }

  static double size(Collection<Integer> axes, Shape whole) {
    return axes.stream().mapToDouble(whole::dim).reduce(1, (a, b) -> a * b);
  }
}
