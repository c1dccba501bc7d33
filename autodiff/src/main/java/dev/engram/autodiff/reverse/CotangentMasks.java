package dev.engram.autodiff.reverse;

import dev.engram.autodiff.facts.Terms;
import dev.engram.ir.Builder;
import dev.engram.ir.Lit;
import dev.engram.ir.Value;
import dev.engram.ir.op.Rows;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * Which cotangents are zero by construction, and where: a choice hands nothing to the branch that
 * it does not take. Further back that zero meets the derivative of the branch, and 0 · ∞ is NaN:
 * {@code x > 0 ? log x : 0} would have no gradient at 0. So the choice goes along with the
 * cotangent as long as ops map element to element, and is made once more where they end, if there
 * was a factor that may be infinite. What no choice hands back costs nothing.
 */
final class CotangentMasks {
  private final Builder b;
  private final Map<Value, Mask> masks = new HashMap<>();
  private final Map<Value, Value> cleaned = new HashMap<>();

  CotangentMasks(Builder b) {
    this.b = b;
  }

  /** Sides that a mask holds; of more, some are joined, so that a graph grows by a few for each. */
  private static final int MOST = 4;

  /**
   * One choice, and which side of it a cotangent comes from.
   *
   * @param joined what {@code choice} was made from, where it is that all of these agree
   */
  private record Side(Value choice, boolean taken, Set<Side> joined) {
    Set<Side> parts() {
      return joined.isEmpty() ? Set.of(this) : joined;
    }
  }

  /**
   * @param sides where all of them agree the cotangent may be other than zero
   * @param scaled true when there may be NaN instead of zero by now
   */
  private record Mask(List<Side> sides, boolean scaled) {}

  private Optional<Mask> of(Value ct) {
    return Optional.ofNullable(masks.get(ct));
  }

  private Value put(Value ct, Mask mask) {
    masks.put(ct, mask);
    return ct;
  }

  /** {@code result} is what one side of {@code choice} gets of {@code ct}. */
  Value chosen(Value ct, Value choice, boolean taken, Value result) {
    List<Side> sides = new ArrayList<>(of(ct).map(Mask::sides).orElse(List.of()));
    Side side = new Side(choice, taken, Set.of());
    if (!parts(sides).contains(side)) {
      sides.add(side);
    }
    return put(result, new Mask(bounded(sides), of(ct).map(Mask::scaled).orElse(false)));
  }

  private static Set<Side> parts(List<Side> sides) {
    Set<Side> parts = new LinkedHashSet<>();
    sides.forEach(s -> parts.addAll(s.parts()));
    return parts;
  }

  /** The same in {@link #MOST} sides, the oldest of them joined. */
  private List<Side> bounded(List<Side> sides) {
    List<Side> left = new ArrayList<>(sides);
    while (left.size() > MOST) {
      List<Side> oldest = left.subList(0, MOST);
      Side joined = joined(oldest);
      oldest.clear();
      left.addFirst(joined);
    }
    return List.copyOf(left);
  }

  private Side joined(List<Side> sides) {
    Value all =
        sides.stream()
            .map(s -> s.taken ? s.choice : Terms.row(b, Rows.NOT, s.choice))
            .reduce((x, y) -> Terms.row(b, Rows.AND, x, y))
            .orElseThrow();
    return new Side(all, true, parts(sides));
  }

  /** {@code result} is zero where {@code ct} is. */
  Value same(Value ct, Value result) {
    of(ct).ifPresent(m -> put(result, m));
    return result;
  }

  /** {@code result} is {@code ct} times or by {@code factor}. */
  Value scaled(Value ct, Value factor, Value result) {
    boolean harmless =
        factor instanceof Lit l && l.asDouble() != 0 && Double.isFinite(l.asDouble());
    of(ct).ifPresent(m -> put(result, new Mask(m.sides, m.scaled || !harmless)));
    return result;
  }

  /** {@code ct} and its mask, both moved. */
  Value moved(Value ct, UnaryOperator<Value> move) {
    Value result = move.apply(ct);
    of(ct).ifPresent(m -> put(result, moved(m, move)));
    return result;
  }

  private static Mask moved(Mask mask, UnaryOperator<Value> move) {
    return new Mask(
        mask.sides.stream().map(s -> new Side(move.apply(s.choice), s.taken, Set.of())).toList(),
        mask.scaled);
  }

  /** The sum; it keeps what both masks have in common. */
  Value sum(Value x, Value y) {
    List<Side> mine = of(x).map(Mask::sides).orElse(List.of());
    List<Side> others = of(y).map(Mask::sides).orElse(List.of());
    Set<Side> common = parts(mine);
    common.retainAll(parts(others));
    if (common.isEmpty()) {
      return Terms.row(b, Rows.ADD, clean(x), clean(y));
    }
    if (common.equals(parts(mine)) && common.equals(parts(others))) {
      boolean scaled = masks.get(x).scaled || masks.get(y).scaled;
      return put(Terms.row(b, Rows.ADD, x, y), new Mask(mine, scaled));
    }
    List<Side> kept = bounded(covering(common, mine, others));
    return put(Terms.row(b, Rows.ADD, clean(x), clean(y)), new Mask(kept, false));
  }

  /** {@code common} by those of {@code mine} and {@code others} that are made of it. */
  private static List<Side> covering(Set<Side> common, List<Side> mine, List<Side> others) {
    Set<Side> left = new LinkedHashSet<>(common);
    List<Side> sides = new ArrayList<>();
    for (Side s : Stream.concat(mine.stream(), others.stream()).toList()) {
      if (common.containsAll(s.parts()) && left.removeAll(s.parts())) {
        sides.add(s);
      }
    }
    sides.addAll(left);
    return sides;
  }

  /** {@code ct} with zeros where it is zero by construction. */
  Value clean(Value ct) {
    Optional<Mask> mask = of(ct).filter(Mask::scaled);
    return mask.isEmpty() ? ct : cleaned.computeIfAbsent(ct, _ -> clean(ct, mask.get()));
  }

  private Value clean(Value ct, Mask mask) {
    Value zero = Lit.zero(ct.type());
    Value v = ct;
    for (Side s : mask.sides) {
      v = Terms.row(b, Rows.SELECT, s.choice, s.taken ? v : zero, s.taken ? zero : v);
    }
    return v;
  }
}
