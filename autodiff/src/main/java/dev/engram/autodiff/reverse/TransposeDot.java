package dev.engram.autodiff.reverse;

import dev.engram.autodiff.facts.Terms;
import dev.engram.ir.Eqn;
import dev.engram.ir.Value;
import dev.engram.ir.op.Dot;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Cotangents of a contraction: again contractions, of the cotangent with the other operand. */
record TransposeDot(TransposeWalk p) {

  void pull(Eqn e, Dot op, Value ct) {
    p.requireOneLinear(e);
    if (p.isLinear(e.in(0))) {
      Side self = new Side(op.lhsContract(), op.lhsBatch(), op.lhsFree(e.in(0).type().rank()));
      Side other = new Side(op.rhsContract(), op.rhsBatch(), op.rhsFree(e.in(1).type().rank()));
      p.give(e.in(0), rule(self, other, ct, p.constant(e.in(1)), true));
    } else {
      Side self = new Side(op.rhsContract(), op.rhsBatch(), op.rhsFree(e.in(1).type().rank()));
      Side other = new Side(op.lhsContract(), op.lhsBatch(), op.lhsFree(e.in(0).type().rank()));
      p.give(e.in(1), rule(self, other, ct, p.constant(e.in(0)), false));
    }
  }

  /** How an operand's axes take part. */
  private record Side(List<Integer> contract, List<Integer> batch, List<Integer> free) {}

  /**
   * The cotangent of {@code self}: {@code ct} and {@code other} contracted over the free axes of
   * {@code other}. The operands are put in the order that needs no transpose where there is one.
   */
  private Value rule(Side self, Side other, Value ct, Value otherValue, boolean isLhs) {
    int batch = self.batch().size();
    // ct: [batch, free of lhs, free of rhs]
    int otherStart = isLhs ? batch + self.free().size() : batch;
    List<Integer> ctContract = range(otherStart, other.free().size());
    List<Integer> ctBatch = range(0, batch);
    // [batch, free of self, contracted axes in the order of other]
    List<Integer> contracted = pairedAscending(other.contract(), self.contract());
    List<Integer> ctFirst = axes(self.batch(), self.free(), contracted);
    List<Integer> otherFirst = axes(self.batch(), contracted, self.free());
    Dot ctDot = new Dot(ctContract, other.free(), ctBatch, other.batch());
    Dot otherDot = new Dot(other.free(), ctContract, other.batch(), ctBatch);
    if (isIdentity(otherFirst) && !isIdentity(ctFirst)) {
      return p.b.emit1(otherDot, otherValue, ct);
    }
    return Terms.permute(p.b, p.b.emit1(ctDot, ct, otherValue), Terms.inverse(ctFirst));
  }

  /**
   * The axes of {@code self} paired with those of {@code other}, in ascending order of the latter.
   */
  private static List<Integer> pairedAscending(List<Integer> other, List<Integer> self) {
    return IntStream.range(0, other.size())
        .boxed()
        .sorted((i, j) -> Integer.compare(other.get(i), other.get(j)))
        .map(self::get)
        .toList();
  }

  private static List<Integer> axes(List<Integer> a, List<Integer> b, List<Integer> c) {
    List<Integer> out = new ArrayList<>(a);
    out.addAll(b);
    out.addAll(c);
    return out;
  }

  private static boolean isIdentity(List<Integer> perm) {
    return IntStream.range(0, perm.size()).allMatch(i -> perm.get(i) == i);
  }

  private static List<Integer> range(int from, int n) {
    return IntStream.range(from, from + n).boxed().toList();
  }
}
