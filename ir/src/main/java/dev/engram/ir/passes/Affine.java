package dev.engram.ir.passes;

import dev.engram.ir.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A tensor that depends on others, its atoms, elementwise and linearly: {@code Σ_j d_j∘atom_j + u}.
 *
 * @param coefficients the coefficient of each atom, a sum of products
 * @param constant what does not depend on them, a sum of products
 */
record Affine(Map<Integer, List<Product>> coefficients, List<Product> constant) {
  /** Sums of more terms are not written so. */
  private static final int MAX_TERMS = 16;

  static Affine atom(int number) {
    return new Affine(Map.of(number, List.of(Product.ONE)), List.of());
  }

  static Affine of(List<Product> constant) {
    return new Affine(Map.of(), constant);
  }

  /** Null where it has too many terms. */
  @Nullable Affine plus(Affine other) {
    Map<Integer, List<Product>> sum = new TreeMap<>(coefficients);
    other.coefficients.forEach((k, v) -> sum.merge(k, v, Affine::concat));
    return new Affine(sum, concat(constant, other.constant)).bounded();
  }

  private @Nullable Affine bounded() {
    return terms() > MAX_TERMS ? null : this;
  }

  private int terms() {
    return constant.size() + coefficients.values().stream().mapToInt(List::size).sum();
  }

  private static List<Product> concat(List<Product> a, List<Product> b) {
    List<Product> all = new ArrayList<>(a);
    all.addAll(b);
    return List.copyOf(all);
  }

  /** Null where it has too many terms. */
  @Nullable Affine times(List<Product> sum) {
    return map(q -> sum.stream().map(q::times)).bounded();
  }

  Affine negated(TensorType like) {
    return map(p -> Stream.of(p.negated(like)));
  }

  private Affine map(Function<Product, Stream<Product>> f) {
    Map<Integer, List<Product>> each = new TreeMap<>();
    coefficients.forEach((k, v) -> each.put(k, v.stream().flatMap(f).toList()));
    return new Affine(each, constant.stream().flatMap(f).toList());
  }
}
