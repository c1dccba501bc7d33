package dev.engram.testkit;

import dev.engram.Compiler;
import dev.engram.Engram;
import dev.engram.Fn1;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.Given;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Checks of functions of tensors, such as an op, an activation or a loss of one's own. */
public final class FunctionChecks {
  /** Half the distance of the points between which a difference is taken, per unit. */
  private static final double STEP = 1e-5;

  /** Largest allowed deviation of a central difference, per unit of the largest derivative. */
  private static final double DIFFERENCE = 1e-7;

  /** Derivatives are compared as if the largest were at least this, for the rounding of values. */
  static final double LEAST = 1e-3;

  private FunctionChecks() {}

  /**
   * Checks that forward and reverse derivatives of {@code f} agree with each other and with central
   * differences.
   *
   * @param x f64, of few elements, at which {@code f} is smooth
   * @throws AssertionError naming the element where they differ
   */
  public static void derivatives(Fn1<Tensor, Tensor> f, Tensor x) {
    Given.given("FunctionChecks.derivatives", "f", f);
    Given.given("FunctionChecks.derivatives", "x", x);
    if (x.dtype() != DType.F64) {
      throw new TypeException(
          "FunctionChecks.derivatives: x has type %s, expected f64, in which differences are exact"
              .formatted(x.type()));
    }
    Tensor forward = Engram.jacfwd(f).apply(x);
    Close.check("forward against reverse mode", forward, Engram.jacrev(f).apply(x));
    Tensor slopes = differences(f, x.host());
    Close.finite("the differences", slopes);
    Close.check("derivative against differences", forward, slopes, DIFFERENCE, LEAST);
  }

  /** Returns the Jacobian of {@code f} by central differences, {@code [f(x)…, x…]}. */
  private static Tensor differences(Fn1<Tensor, Tensor> f, HostTensor x) {
    if (x.type().size() == 0) {
      throw new TypeException(
          "FunctionChecks.derivatives: x has type %s, expected at least one element"
              .formatted(x.type()));
    }
    Tensor[] columns = new Tensor[(int) x.type().size()];
    for (int i = 0; i < columns.length; i++) {
      double h = STEP * Math.max(1, Math.abs(x.getDouble(i)));
      columns[i] = f.apply(moved(x, i, h)).sub(f.apply(moved(x, i, -h))).div(2 * h);
    }
    Tensor all = Tensor.stack(columns[0].rank(), List.of(columns));
    return all.reshape(columns[0].shape().concat(x.shape()));
  }

  static HostTensor moved(HostTensor x, long at, double by) {
    HostTensor out = HostTensor.of(x.toDoubles(), x.shape().toArray());
    out.setDouble(at, x.getDouble(at) + by);
    return out;
  }

  /**
   * Checks that {@code f} over a batch, by {@link Engram#vmap}, is {@code f} of each example.
   *
   * @param xs a structure of tensors {@code [B, …]}
   * @throws AssertionError naming the tensor and the element where they differ
   */
  public static <X, R> void batches(Fn1<X, R> f, X xs) {
    Given.given("FunctionChecks.batches", "f", f);
    Given.given("FunctionChecks.batches", "xs", xs);
    Close.checkTrees("the batch", Engram.vmap(f).apply(xs), Engram.map(f, xs));
  }

  /**
   * Checks that {@code f} compiled for every backend with a device gives what it gives when it is
   * run op by op, up to rounding.
   *
   * @throws AssertionError naming the backend, the tensor and the element
   */
  public static <X, R> void backends(Fn1<X, R> f, X x) {
    Given.given("FunctionChecks.backends", "f", f);
    Given.given("FunctionChecks.backends", "x", x);
    R want = f.apply(x);
    for (String name : runners()) {
      Close.checkTrees(name, Engram.jit(new Compiler(name), f).apply(x), want);
    }
  }

  /** Returns what can run a program here: the interpreters, and every device. */
  static Set<String> runners() {
    Set<String> names = new TreeSet<>(Compiler.devices());
    names.addAll(List.of("interpreter", "loops"));
    return names;
  }
}
