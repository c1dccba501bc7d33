package dev.engram.ir.op;

import dev.engram.ir.Shape;
import dev.engram.ir.TensorType;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.TypeRules;
import java.util.ArrayList;
import java.util.List;

/**
 * General contraction: sums over pairs of contracted axes, keeping pairs of batch axes.
 *
 * <p>The result's axes are the batch axes in the order given, then the left operand's free axes,
 * then the right operand's. Both operands have one numeric element type, which is the result's.
 */
public record Dot(
    List<Integer> lhsContract,
    List<Integer> rhsContract,
    List<Integer> lhsBatch,
    List<Integer> rhsBatch)
    implements Op {
  public Dot {
    Given.all("Dot", "lhsContract", lhsContract);
    Given.all("Dot", "rhsContract", rhsContract);
    Given.all("Dot", "lhsBatch", lhsBatch);
    Given.all("Dot", "rhsBatch", rhsBatch);
    lhsContract = List.copyOf(lhsContract);
    rhsContract = List.copyOf(rhsContract);
    lhsBatch = List.copyOf(lhsBatch);
    rhsBatch = List.copyOf(rhsBatch);
  }

  /** {@code [m,k] · [k,n]}. */
  public static Dot matmul() {
    return new Dot(List.of(1), List.of(0), List.of(), List.of());
  }

  @Override
  public String mnemonic() {
    return "dot";
  }

  /** Axes of the left operand that are neither contracted nor batch, ascending. */
  public List<Integer> lhsFree(int rank) {
    return free(rank, lhsContract, lhsBatch);
  }

  /** Axes of the right operand that are neither contracted nor batch, ascending. */
  public List<Integer> rhsFree(int rank) {
    return free(rank, rhsContract, rhsBatch);
  }

  private static List<Integer> free(int rank, List<Integer> contract, List<Integer> batch) {
    List<Integer> out = new ArrayList<>();
    for (int i = 0; i < rank; i++) {
      if (!contract.contains(i) && !batch.contains(i)) {
        out.add(i);
      }
    }
    return List.copyOf(out);
  }

  @Override
  public List<TensorType> typeOf(List<TensorType> in) {
    TypeRules.arity("dot", in, 2);
    TensorType l = in.get(0);
    TensorType r = in.get(1);
    if (!l.dtype().isNumeric()) {
      throw TypeRules.bad("dot", 0, l, "a numeric type");
    }
    if (r.dtype() != l.dtype()) {
      throw TypeRules.bad(
          "dot",
          1,
          r,
          r.with(l.dtype()) + "; convert it with .cast(DType." + l.dtype().name() + ")");
    }
    check(l, lhsContract, lhsBatch, "lhs");
    check(r, rhsContract, rhsBatch, "rhs");
    pair(l, lhsContract, r, rhsContract, "contracted");
    pair(l, lhsBatch, r, rhsBatch, "batch");
    List<Integer> dims = new ArrayList<>();
    lhsBatch.forEach(a -> dims.add(l.shape().dim(a)));
    lhsFree(l.rank()).forEach(a -> dims.add(l.shape().dim(a)));
    rhsFree(r.rank()).forEach(a -> dims.add(r.shape().dim(a)));
    return List.of(new TensorType(l.dtype(), Shape.of(dims)));
  }

  private static void check(
      TensorType t, List<Integer> contract, List<Integer> batch, String side) {
    List<Integer> both = new ArrayList<>(contract);
    both.addAll(batch);
    TypeRules.axes("dot", side + " axes", both, t.rank());
  }

  private static void pair(
      TensorType l, List<Integer> la, TensorType r, List<Integer> ra, String what) {
    if (la.size() != ra.size()) {
      throw new TypeException(
          "dot: " + what + " axes " + la + " of the left do not pair with " + ra + " of the right");
    }
    for (int i = 0; i < la.size(); i++) {
      int dl = l.shape().dim(la.get(i));
      int dr = r.shape().dim(ra.get(i));
      if (dl != dr) {
        throw TypeRules.bad(
            "dot",
            1,
            r,
            "length "
                + dl
                + " on "
                + what
                + " axis "
                + ra.get(i)
                + " to match axis "
                + la.get(i)
                + " of "
                + l);
      }
    }
  }
}
