package dev.engram.transform;

import dev.engram.Engram;
import dev.engram.Fn2;
import dev.engram.Tree;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TypeException;
import java.util.List;
import java.util.stream.IntStream;

/**
 * {@code associativeScan}: all prefixes of a sequence under an associative combination, in about 2
 * log₂ n rounds of combinations side by side, 2n in all (Blelloch 1990).
 *
 * <p>Neighbours are combined in pairs; the prefixes of the pairs, found in the same way, are those
 * that end at odd positions; each of these and the element after it give those at even positions.
 */
public final class AssociativeScan<T> {
  private static final ScanTransform.Labels LABELS =
      new ScanTransform.Labels("associativeScan", List.of("xs"));

  private final Fn2<T, T, T> pairwise;

  private AssociativeScan(Fn2<T, T, T> combine) {
    this.pairwise = Engram.vmap(combine);
  }

  public static <T> T run(Fn2<T, T, T> combine, T xs, boolean reverse) {
    int n = ScanTransform.steps(LABELS, List.of(xs));
    AssociativeScan<T> scan = new AssociativeScan<>(combine);
    return reverse
        ? Tree.map(t -> t.reverse(0), scan.prefixes(Tree.map(t -> t.reverse(0), xs), n))
        : scan.prefixes(xs, n);
  }

  private T prefixes(T xs, int n) {
    if (n < 2) {
      return xs;
    }
    int pairs = n / 2;
    T odd = prefixes(combined(every(xs, 0, 2 * pairs), every(xs, 1, 2 * pairs)), pairs);
    int later = (n - 1) / 2;
    T first = Tree.map(t -> t.slice(0, 0, 1), xs);
    T even =
        later == 0
            ? first
            : joined(
                first,
                combined(Tree.map(t -> t.slice(0, 0, later), odd), every(xs, 2, 2 * later + 1)));
    return Tree.zip((a, b) -> alternating(a, b, n), even, odd);
  }

  /** Every second element from {@code from}, before {@code to}. */
  private static <T> T every(T xs, int from, int to) {
    return Tree.map(t -> t.slice(0, from, to, 2), xs);
  }

  private static <T> T joined(T a, T b) {
    return Tree.zip((x, y) -> Tensor.concat(0, x, y), a, b);
  }

  /** Elements of {@code even} and {@code odd} in turn, n in all. */
  private static Tensor alternating(Tensor even, Tensor odd, int n) {
    int pairs = odd.dim(0);
    Tensor both = Tensor.stack(1, List.of(even.slice(0, 0, pairs), odd));
    Tensor flat = both.reshape(odd.shape().with(0, 2 * pairs));
    return 2 * pairs == n ? flat : Tensor.concat(0, flat, even.slice(0, pairs, pairs + 1));
  }

  private T combined(T a, T b) {
    T c = pairwise.apply(a, b);
    Tree.Flat got = Tree.flatten(c, "the combination");
    Tree.Flat want = Tree.flatten(a, "xs");
    boolean same = got.structure().equals(want.structure()) && got.types().equals(want.types());
    if (!same) {
      throw new TypeException(
          "associativeScan: two elements combine to %s, expected the structure and types of an element, %s (%s)"
              .formatted(words(got), words(want), SourceLocation.here()));
    }
    return c;
  }

  private static String words(Tree.Flat x) {
    List<String> paths = x.structure().paths("it");
    return IntStream.range(0, paths.size())
        .mapToObj(
            i -> {
              var t = x.types().get(i);
              return paths.get(i) + ": " + t.with(t.shape().range(1, t.rank()));
            })
        .toList()
        .toString();
  }
}
