package dev.engram;

import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;
import dev.engram.ir.tensor.RoundOnce;
import dev.engram.trace.Flattening;
import java.util.ArrayList;
import java.util.List;

/**
 * Steps of differential equations {@code dx/dt = f(x)} of one's own, such as the dynamics of a
 * neuron: each returns x after {@code dt} for a structure x of float tensors (see {@link Tree}).
 * Derivatives pass through them. An input that changes with time is a tensor that {@code f} reads,
 * held during the step, or a part of x.
 *
 * <pre>{@code
 * v.set(Ode.exponentialEuler(x -> x.neg().add(current).div(tau), v.value(), dt));
 * }</pre>
 */
public final class Ode {
  /** Where the quotient of φ₁ would lose digits, above all in its derivatives. */
  private static final double NEAR = 0.1;

  private static final int TERMS = 9;

  private Ode() {}

  /** {@code x + dt f(x)} (Euler): order 1. */
  public static <X> X euler(Fn1<X, X> f, X x, double dt) {
    check("Ode.euler", f, x, dt);
    return moved(x, slope("Ode.euler", f, x), dt);
  }

  /** {@code x + dt (k₁ + k₂)/2}, k₁ = f(x), k₂ = f(x + dt k₁) (Heun 1900): order 2. */
  public static <X> X heun(Fn1<X, X> f, X x, double dt) {
    check("Ode.heun", f, x, dt);
    X first = slope("Ode.heun", f, x);
    X second = slope("Ode.heun", f, moved(x, first, dt));
    return moved(x, Tree.zip(Tensor::add, first, second), dt / 2);
  }

  /** The classical method of four slopes (Kutta 1901): order 4. */
  public static <X> X rk4(Fn1<X, X> f, X x, double dt) {
    check("Ode.rk4", f, x, dt);
    X first = slope("Ode.rk4", f, x);
    X second = slope("Ode.rk4", f, moved(x, first, dt / 2));
    X third = slope("Ode.rk4", f, moved(x, second, dt / 2));
    X fourth = slope("Ode.rk4", f, moved(x, third, dt));
    X middle = Tree.map(k -> k.mul(2), Tree.zip(Tensor::add, second, third));
    X all = Tree.zip(Tensor::add, Tree.zip(Tensor::add, first, fourth), middle);
    return moved(x, all, dt / 6);
  }

  /**
   * {@code x + dt φ₁(dt λ) f(x)} with {@code λ = ∂f/∂x} and {@code φ₁(z) = (e^z - 1)/z}, the
   * exponential Rosenbrock-Euler method (Hochbruck and Ostermann 2010) for a Jacobian that is
   * diagonal. It is exact where each element of f is linear in its own x, and stable however stiff
   * that is. Where f is elementwise in one tensor it is of order 2; of several tensors that depend
   * on each other, as gating variables on a potential, λ is that of each in itself, and the order
   * is 1.
   *
   * @param f of which each element of a tensor depends on no other element of the same tensor; if
   *     it does, λ is the sum of a row of the Jacobian, and the order is 1
   */
  public static <X> X exponentialEuler(Fn1<X, X> f, X x, double dt) {
    String who = "Ode.exponentialEuler";
    check(who, f, x, dt);
    Tree.Flat at = Tree.flatten(x, "x");
    List<Tensor> next = new ArrayList<>();
    for (int i = 0; i < at.leaves().size(); i++) {
      int own = i;
      Fn1<Tensor, Tensor> part =
          xi -> {
            List<Tensor> all = new ArrayList<>(at.leaves());
            all.set(own, xi);
            X moved = Flattening.<X>cast(at.structure().build(all));
            return Tree.leaves(slope(who, f, moved)).get(own);
          };
      Tensor xi = at.leaves().get(i);
      JvpResult<Tensor> k = Engram.jvp(part, xi, xi.like(1).broadcastTo(xi.shape()));
      next.add(
          RoundOnce.of(
              List.of(xi, k.value(), k.tangent()),
              in -> in.get(0).add(in.get(1).mul(phi(in.get(2).mul(dt))).mul(dt))));
    }
    return Flattening.<X>cast(at.structure().build(next));
  }

  /** {@code (e^z - 1)/z}, by its series near 0. */
  private static Tensor phi(Tensor z) {
    Tensor near = z.abs().lt(NEAR);
    Tensor small = near.select(z, z.like(0));
    Tensor large = near.select(z.like(1), z);
    // 1 + z/2 (1 + z/3 (1 + …))
    Tensor series = z.like(1);
    for (int i = TERMS; i >= 2; i--) {
      series = series.mul(small).mul(1.0 / i).add(1);
    }
    return near.select(series, large.expm1().div(large));
  }

  private static <X> X moved(X x, X slope, double dt) {
    return Tree.zip((a, k) -> RoundOnce.of(a, k, (b, s) -> b.add(s.mul(dt))), x, slope);
  }

  private static <X> X slope(String who, Fn1<X, X> f, X x) {
    X k = f.apply(x);
    Tree.Flat got = Tree.flatten(k, "f(x)");
    Tree.Flat want = Tree.flatten(x, "x");
    if (!got.structure().equals(want.structure()) || !got.types().equals(want.types())) {
      throw new TypeException(
          "%s: f(x) is %s of %s, expected the structure and types of x, %s of %s (%s)"
              .formatted(
                  who,
                  got.structure().paths("f(x)"),
                  got.types(),
                  want.structure().paths("x"),
                  want.types(),
                  SourceLocation.here()));
    }
    return k;
  }

  private static <X> void check(String who, Fn1<X, X> f, X x, double dt) {
    Given.given(who, "f", f);
    Given.given(who, "x", x);
    Ranges.positive(who, "dt", dt);
    for (Tensor t : Tree.leaves(x)) {
      if (!t.dtype().isFloat()) {
        throw new TypeException(
            "%s: a part of x has type %s, expected floats (%s)"
                .formatted(who, t.type(), SourceLocation.here()));
      }
    }
  }
}
