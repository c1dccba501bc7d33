package dev.engram.testkit;

import dev.engram.Tree;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;
import java.util.List;
import java.util.Optional;

/** Compares results elementwise, with one table of tolerances for values equal up to rounding. */
public final class Close {
  private Close() {}

  /** Largest allowed difference, per unit of the largest element (at least 1). */
  public static double tolerance(DType dtype) {
    Given.given("Close.tolerance", "dtype", dtype);
    return switch (dtype) {
      case F64 -> 1e-10;
      case F32 -> 1e-5;
      case F16 -> 4e-3;
      case BF16 -> 3e-2;
      case I8, I16, I32, I64, U8, BOOL -> 0;
    };
  }

  /**
   * Fails, naming the worst element, unless every element is within the tolerance of its type.
   *
   * @param what the name of the result in the error
   */
  public static void check(String what, Tensor got, Tensor want) {
    Given.given("Close.check", "want", want);
    check(what, got, want, tolerance(want.dtype()));
  }

  /**
   * Fails, naming the worst element, unless every element is within {@code tolerance} times the
   * largest element (at least 1). NaN equals NaN, and an infinity itself.
   */
  public static void check(String what, Tensor got, Tensor want, double tolerance) {
    check(what, got, want, tolerance, 1);
  }

  /**
   * Fails unless every element is within {@code tolerance} times the largest element, or times
   * {@code least} if that is more.
   */
  static void check(String what, Tensor got, Tensor want, double tolerance, double least) {
    Given.given("Close.check", "what", what);
    Given.given("Close.check", "got", got);
    Given.given("Close.check", "want", want);
    difference(got, want, tolerance, least)
        .ifPresent(
            d -> {
              throw new AssertionError(what + ": " + d);
            });
  }

  /** Says how two tensors differ by more than {@code tolerance}; empty if they do not. */
  static Optional<String> difference(Tensor got, Tensor want, double tolerance) {
    return difference(got, want, tolerance, 1);
  }

  private static Optional<String> difference(
      Tensor got, Tensor want, double tolerance, double least) {
    if (!got.type().equals(want.type())) {
      return Optional.of("got type " + got.type() + ", expected " + want.type());
    }
    HostTensor a = got.host();
    HostTensor b = want.host();
    long n = b.type().size();
    double scale = least;
    for (long i = 0; i < n; i++) {
      double v = Math.abs(b.getDouble(i));
      scale = Double.isFinite(v) ? Math.max(scale, v) : scale;
    }
    double allowed = tolerance * scale;
    long worst = -1;
    double distance = 0;
    for (long i = 0; i < n; i++) {
      double g = a.getDouble(i);
      double w = b.getDouble(i);
      double d = isSame(a, b, i) ? 0 : Math.abs(g - w);
      boolean differs = !(d <= allowed) || (allowed == 0 && !isSame(a, b, i));
      if (differs && (worst < 0 || !(d <= distance))) {
        worst = i;
        distance = Double.isNaN(d) ? Double.POSITIVE_INFINITY : d;
      }
    }
    return worst < 0
        ? Optional.empty()
        : Optional.of(
            "element %d is %s, expected %s within %s"
                .formatted(worst, a.getDouble(worst), b.getDouble(worst), allowed));
  }

  /** Bits for integers, beyond what a double tells apart; for floats NaN equals NaN. */
  private static boolean isSame(HostTensor a, HostTensor b, long i) {
    return a.type().dtype().isFloat()
        ? Double.compare(a.getDouble(i), b.getDouble(i)) == 0
        : a.bits(i) == b.bits(i);
  }

  /** {@link #check(String, Tensor, Tensor)} for each tensor of two structures. */
  public static void checkTrees(String what, Object got, Object want) {
    Tree.Flat a = Tree.flatten(got, what);
    Tree.Flat b = Tree.flatten(want, what);
    if (!a.structure().equals(b.structure())) {
      throw new AssertionError(
          what + ": got " + a.structure().paths(what) + ", expected " + b.structure().paths(what));
    }
    List<String> paths = a.structure().paths(what);
    for (int i = 0; i < paths.size(); i++) {
      check(paths.get(i), a.leaves().get(i), b.leaves().get(i));
    }
  }

  /** Fails if an element is NaN or infinite. */
  static void finite(String what, Tensor x) {
    HostTensor at = x.host();
    for (long i = 0; i < at.type().size(); i++) {
      if (!Double.isFinite(at.getDouble(i))) {
        throw new AssertionError(
            "%s: element %d is %s, expected a finite number".formatted(what, i, at.getDouble(i)));
      }
    }
  }

  /** Fails unless the tensors of two structures have the same bits. */
  static void sameBits(String what, Object got, Object want) {
    Tree.Flat a = Tree.flatten(got, what);
    Tree.Flat b = Tree.flatten(want, what);
    List<String> paths = b.structure().paths(what);
    for (int i = 0; i < paths.size(); i++) {
      HostTensor x = a.leaves().get(i).host();
      HostTensor y = b.leaves().get(i).host();
      if (!x.sameBits(y)) {
        check(paths.get(i), x, y);
        throw new AssertionError(
            paths.get(i) + ": the results differ by rounding, expected the same bits");
      }
    }
  }
}
