package dev.engram.tests.sizes;

import static dev.engram.tests.sizes.HugeLengths.any;
import static dev.engram.tests.sizes.HugeLengths.exact;

import dev.engram.ir.Builder;
import dev.engram.ir.DType;
import dev.engram.ir.Graph;
import dev.engram.ir.Lit;
import dev.engram.ir.Role;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import dev.engram.ir.op.Control;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.Rows;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/** Loops, branches and calls over values of any size. */
final class SizedControls {
  private SizedControls() {}

  /** The graph that gives its parameters back, after something that no pass takes away. */
  private static Graph identity(List<TensorType> types, List<Integer> given) {
    Builder b = new Builder("body").at(OpSizesTest.LINE);
    List<Var> params = types.stream().map(t -> b.param(t, Role.INPUT, "")).toList();
    return b.build(
        given.stream().map(i -> b.emit1(new Elementwise(Rows.SIN), params.get(i))).toList());
  }

  // carry x, and x once for each step as a stacked result
  static SizedUse scan(SplittableRandom random, TensorType x) {
    int length = any(random);
    List<BigInteger> stacked = new ArrayList<>(List.of(BigInteger.valueOf(length)));
    stacked.addAll(exact(x));
    Control.Scan op =
        new Control.Scan(identity(List.of(x), List.of(0, 0)), 0, 1, length, random.nextBoolean());
    return new SizedUse(op, List.of(x), List.of(exact(x), stacked));
  }

  private static Graph never(TensorType x) {
    Builder b = new Builder("never");
    b.param(x, Role.INPUT, "");
    Value no = Lit.ofLong(TensorType.scalar(DType.BOOL), 0);
    return b.build(List.of(no));
  }

  static SizedUse loop(SplittableRandom random, TensorType x) {
    Optional<Integer> bound = Optional.of(any(random)).filter(_ -> random.nextBoolean());
    Control.While op = new Control.While(never(x), identity(List.of(x), List.of(0)), 0, bound);
    return SizedUses.use(op, List.of(x), exact(x));
  }

  static SizedUse cond(SplittableRandom random, TensorType x) {
    Graph same = identity(List.of(x), List.of(0));
    return SizedUses.use(
        new Control.Cond(same, same), List.of(TensorType.scalar(DType.BOOL), x), exact(x));
  }

  static SizedUse call(SplittableRandom random, TensorType x) {
    return SizedUses.use(
        new Control.Call(identity(List.of(x), List.of(0)), new Control.Derivative.Remat(List.of())),
        List.of(x),
        exact(x));
  }
}
