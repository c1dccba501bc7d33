package dev.engram.ir.op;

import static dev.engram.ir.op.ElementwiseRow.Flag.NO_REAL;
import static dev.engram.ir.op.ElementwiseRow.Flag.NO_WHOLE;
import static dev.engram.ir.op.ElementwiseRow.Flag.ZERO_DERIVATIVE;

import dev.engram.ir.Tensor;
import dev.engram.ir.TypeException;
import dev.engram.ir.op.ElementwiseRow.Domain;
import dev.engram.ir.op.ElementwiseRow.Flag;
import dev.engram.ir.op.ElementwiseRow.Partial;
import dev.engram.ir.op.ElementwiseRow.Real;
import dev.engram.ir.op.ElementwiseRow.Whole;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Makes the rows of {@link Rows} from what tells them apart. */
final class RowKinds {
  static final Domain ALL = new Domain(-3, 3);
  static final Domain POSITIVE = new Domain(0.1, 4);

  private RowKinds() {}

  interface Real1 {
    double apply(double a);
  }

  interface Real2 {
    double apply(double a, double b);
  }

  interface Test {
    boolean test(double a, double b);
  }

  interface WholeTest {
    boolean test(long a, long b);
  }

  static Partial one() {
    return (x, y) -> y.like(1);
  }

  // 1 where a > b, 1/2 where equal, else 0
  static Tensor above(Tensor a, Tensor b) {
    return a.gt(b).select(a.like(1), a.eq(b).select(a.like(0.5), a.like(0)));
  }

  static Whole noWhole(String name) {
    return (a, b, c) -> {
      throw new TypeException(name + " is not defined on integers");
    };
  }

  /** Rounding of floats. */
  static ElementwiseRow step(String name, Real1 f) {
    return row(
            name,
            1,
            RowSignature.FLOAT,
            (a, b, c) -> f.apply(a),
            noWhole(name),
            List.of(),
            ZERO_DERIVATIVE,
            NO_WHOLE)
        .build();
  }

  static ElementwiseRow float1(String name, Real1 f, Domain domain, Partial partial) {
    return row(
            name,
            1,
            RowSignature.FLOAT,
            (a, b, c) -> f.apply(a),
            noWhole(name),
            List.of(partial),
            NO_WHOLE)
        .in(domain);
  }

  static Draft float2(String name, Real2 f, Partial da, Partial db) {
    return row(
        name,
        2,
        RowSignature.FLOAT,
        (a, b, c) -> f.apply(a, b),
        noWhole(name),
        List.of(da, db),
        NO_WHOLE);
  }

  static ElementwiseRow numeric2(
      String name, Real real, Whole whole, Partial da, Partial db, Flag flag) {
    return row(name, 2, RowSignature.NUMERIC, real, whole, List.of(da, db), flag).build();
  }

  static Draft numeric2(String name, Real real, Whole whole, Partial da, Partial db) {
    return row(name, 2, RowSignature.NUMERIC, real, whole, List.of(da, db));
  }

  static ElementwiseRow compare(String name, Test real, WholeTest whole) {
    return row(
            name,
            2,
            RowSignature.COMPARE,
            (a, b, c) -> real.test(a, b) ? 1 : 0,
            (a, b, c) -> whole.test(a, b) ? 1 : 0,
            List.of(),
            ZERO_DERIVATIVE)
        .build();
  }

  static ElementwiseRow bits(String name, RowSignature signature, int arity, Whole f) {
    Real none =
        (a, b, c) -> {
          throw new TypeException(name + " is not defined on floats");
        };
    return row(name, arity, signature, none, f, List.of(), ZERO_DERIVATIVE, NO_REAL).build();
  }

  static Draft row(
      String name,
      int arity,
      RowSignature s,
      Real real,
      Whole whole,
      List<Partial> partials,
      Flag... flags) {
    return new Draft(name, arity, s, real, whole, partials, Set.of(flags));
  }

  record Draft(
      String name,
      int arity,
      RowSignature signature,
      Real real,
      Whole whole,
      List<Partial> partials,
      Set<Flag> flags) {
    ElementwiseRow in(Domain domain) {
      return new ElementwiseRow(
          name, arity, signature, real, whole, partials, Optional.empty(), domain, flags);
    }

    ElementwiseRow build() {
      return in(ALL);
    }
  }
}
