package dev.engram.ir.passes.simplify;

import static dev.engram.ir.passes.simplify.RowConditions.when;

import dev.engram.ir.Lit;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.op.Move;
import dev.engram.ir.passes.rewrite.RewriteRule;
import dev.engram.ir.passes.rewrite.RuleRewriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Rules for joined tensors and their parts. */
final class SimplifyConcat {
  private SimplifyConcat() {}

  private enum Rule implements EnumRule {
    CONCAT_OF_NOTHING("concat(x, y) = concat(x), where y has no elements"),
    CONCAT_OF_NEIGHBOURS("concat(x[a:b], x[b:c]) = x[a:c]"),
    CONCAT_OF_ONE("concat(x) = x"),
    CONCAT_OF_LITERALS("concat(c, c) = c");

    private final String says;

    Rule(String says) {
      this.says = says;
    }

    @Override
    public String says() {
      return says;
    }

    @Override
    public Optional<List<Value>> at(RuleRewriter r, RewriteRule.Site s) {
      Move.Concat op = (Move.Concat) s.op();
      Optional<Value> simpler =
          switch (this) {
            case CONCAT_OF_NOTHING -> fewer(r, op, s.in(), withElements(s.in()));
            case CONCAT_OF_NEIGHBOURS -> fewer(r, op, s.in(), joined(r, op.axis(), s.in()));
            case CONCAT_OF_ONE -> when(s.in().size() == 1, s.in(0));
            case CONCAT_OF_LITERALS -> literal(s.in(), s.types().getFirst());
          };
      return simpler.map(List::of);
    }
  }

  static final List<RewriteRule> RULES = EnumRule.tableAfterNoElements(Rule.values());

  private static List<Value> withElements(List<Value> in) {
    return in.stream().filter(v -> v.type().size() > 0).toList();
  }

  private static Optional<Value> fewer(
      RuleRewriter r, Move.Concat op, List<Value> in, List<Value> parts) {
    return parts.size() == in.size()
        ? Optional.empty()
        : Optional.of(r.apply(op, parts).getFirst());
  }

  private static Optional<Value> literal(List<Value> parts, TensorType out) {
    return parts.getFirst() instanceof Lit first
            && parts.stream().allMatch(v -> v instanceof Lit c && c.bits() == first.bits())
        ? Optional.of(new Lit(out, first.bits()))
        : Optional.empty();
  }

  private static List<Value> joined(RuleRewriter r, int axis, List<Value> in) {
    List<Value> parts = new ArrayList<>();
    in.forEach(v -> append(r, axis, parts, v));
    return parts;
  }

  // Neighbouring slices of one tensor are one slice of it.
  private static void append(RuleRewriter r, int axis, List<Value> parts, Value next) {
    if (!parts.isEmpty()
        && r.op(parts.getLast()) instanceof Move.Slice a
        && r.op(next) instanceof Move.Slice b
        && r.arg(parts.getLast(), 0).equals(r.arg(next, 0))
        && a.stride().equals(b.stride())
        && a.stride().get(axis) == 1
        && a.limit().get(axis).equals(b.start().get(axis))
        && with(a.start(), axis, 0).equals(with(b.start(), axis, 0))
        && with(a.limit(), axis, 0).equals(with(b.limit(), axis, 0))) {
      Move.Slice both =
          new Move.Slice(a.start(), with(a.limit(), axis, b.limit().get(axis)), a.stride());
      parts.set(parts.size() - 1, r.apply1(both, r.arg(next, 0)));
    } else {
      parts.add(next);
    }
  }

  private static List<Integer> with(List<Integer> list, int i, int value) {
    List<Integer> out = new ArrayList<>(list);
    out.set(i, value);
    return out;
  }

  /** A slice that lies within one part is a slice of that part. */
  static Optional<Value> sliceOf(RuleRewriter r, Move.Slice op, int axis, List<Value> parts) {
    int from = 0;
    for (Value part : parts) {
      int to = from + part.type().shape().dim(axis);
      int start = op.start().get(axis);
      int limit = op.limit().get(axis);
      if (from <= start && limit <= to) {
        Move.Slice within =
            new Move.Slice(
                with(op.start(), axis, start - from),
                with(op.limit(), axis, limit - from),
                op.stride());
        return Optional.of(r.apply1(within, part));
      }
      from = to;
    }
    return Optional.empty();
  }
}
