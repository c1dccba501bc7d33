package dev.engram;

import dev.engram.ir.checks.Given;
import dev.engram.jit.Fns;
import dev.engram.jit.Jit;
import dev.engram.trace.Flattening;
import java.util.List;

/**
 * A compiled function as an object: {@code jit(f)}.
 *
 * <p>Stage by stage: {@link #trace} → {@link Stages.Traced}, the graph → {@link Stages.Lowered},
 * the loops with their memory and cost → the compiled function, which never recompiles.
 *
 * <p>{@code donating(i)} returns a function that takes ownership of the tensors passed as argument
 * i: their memory is reused for results of later calls, and reading them afterwards is an error. So
 * {@code p = step.apply(p, batch)} allocates nothing for p. Traced arguments, as inside an
 * enclosing transformation, are not affected.
 *
 * <p>At most {@value #PROGRAMS} programs are kept; a new one evicts the least recently used. {@code
 * keeping(n)} returns a function that keeps n, and {@link #explain} says how many were evicted.
 *
 * @param <F> the interface of the function
 */
public abstract sealed class Jitted<F> {
  /** How many programs a function keeps without {@code keeping}. */
  public static final int PROGRAMS = 256;

  final Jit jit;

  Jitted(Jit jit) {
    this.jit = jit;
  }

  /** Adapts a call by position to this function's interface. */
  abstract F typed(Fn1<List<Object>, Object> call);

  /**
   * Traces the function for arguments like these, whose values are not used.
   *
   * @param args the arguments of a call; a {@link dev.engram.ir.TensorType} may be given instead of
   *     a tensor
   */
  public Stages.Traced<F> trace(Object... args) {
    Given.given("Jitted.trace", "args", args);
    return new Stages.Traced<>(jit.trace(Fns.args(args)), this::typed);
  }

  /**
   * Lists what has been compiled, and for each program why no earlier one fitted: the argument or
   * the state that differed, with its types then and now, and the line of the call. Evicted
   * programs are only counted.
   */
  public String explain() {
    return jit.explain();
  }

  /** {@link #explain}. */
  @Override
  public String toString() {
    return explain();
  }

  /** A compiled function of no argument. */
  public static final class Of0<R> extends Jitted<Fn0<R>> implements Fn0<R> {
    Of0(Jit jit) {
      super(jit);
    }

    @Override
    public R apply() {
      return Flattening.<R>cast(jit.call(List.of()));
    }

    /**
     * Returns the same function, which may reuse the memory of these arguments: see {@link Jitted}.
     */
    public Of0<R> donating(int... arguments) {
      Given.given("donating", "arguments", arguments);
      return new Of0<>(jit.donating(0, arguments));
    }

    /**
     * Returns the same function, keeping at most {@code programs} (at least 1): see {@link Jitted}.
     */
    public Of0<R> keeping(int programs) {
      return new Of0<>(jit.keeping(programs));
    }

    @Override
    Fn0<R> typed(Fn1<List<Object>, Object> call) {
      return () -> Flattening.<R>cast(call.apply(List.of()));
    }
  }

  /** A compiled function of one argument. */
  public static final class Of1<A, R> extends Jitted<Fn1<A, R>> implements Fn1<A, R> {
    Of1(Jit jit) {
      super(jit);
    }

    @Override
    public R apply(A a) {
      return Flattening.<R>cast(jit.call(Fns.args(a)));
    }

    /**
     * Returns the same function, which may reuse the memory of these arguments: see {@link Jitted}.
     */
    public Of1<A, R> donating(int... arguments) {
      Given.given("donating", "arguments", arguments);
      return new Of1<>(jit.donating(1, arguments));
    }

    /**
     * Returns the same function, keeping at most {@code programs} (at least 1): see {@link Jitted}.
     */
    public Of1<A, R> keeping(int programs) {
      return new Of1<>(jit.keeping(programs));
    }

    @Override
    Fn1<A, R> typed(Fn1<List<Object>, Object> call) {
      return a -> Flattening.<R>cast(call.apply(Fns.args(a)));
    }
  }

  /** A compiled function of two arguments. */
  public static final class Of2<A, B, R> extends Jitted<Fn2<A, B, R>> implements Fn2<A, B, R> {
    Of2(Jit jit) {
      super(jit);
    }

    @Override
    public R apply(A a, B b) {
      return Flattening.<R>cast(jit.call(Fns.args(a, b)));
    }

    /**
     * Returns the same function, which may reuse the memory of these arguments: see {@link Jitted}.
     */
    public Of2<A, B, R> donating(int... arguments) {
      Given.given("donating", "arguments", arguments);
      return new Of2<>(jit.donating(2, arguments));
    }

    /**
     * Returns the same function, keeping at most {@code programs} (at least 1): see {@link Jitted}.
     */
    public Of2<A, B, R> keeping(int programs) {
      return new Of2<>(jit.keeping(programs));
    }

    @Override
    Fn2<A, B, R> typed(Fn1<List<Object>, Object> call) {
      return (a, b) -> Flattening.<R>cast(call.apply(Fns.args(a, b)));
    }
  }

  /** A compiled function of three arguments. */
  public static final class Of3<A, B, C, R> extends Jitted<Fn3<A, B, C, R>>
      implements Fn3<A, B, C, R> {
    Of3(Jit jit) {
      super(jit);
    }

    @Override
    public R apply(A a, B b, C c) {
      return Flattening.<R>cast(jit.call(Fns.args(a, b, c)));
    }

    /**
     * Returns the same function, which may reuse the memory of these arguments: see {@link Jitted}.
     */
    public Of3<A, B, C, R> donating(int... arguments) {
      Given.given("donating", "arguments", arguments);
      return new Of3<>(jit.donating(3, arguments));
    }

    /**
     * Returns the same function, keeping at most {@code programs} (at least 1): see {@link Jitted}.
     */
    public Of3<A, B, C, R> keeping(int programs) {
      return new Of3<>(jit.keeping(programs));
    }

    @Override
    Fn3<A, B, C, R> typed(Fn1<List<Object>, Object> call) {
      return (a, b, c) -> Flattening.<R>cast(call.apply(Fns.args(a, b, c)));
    }
  }

  /** A compiled function of four arguments. */
  public static final class Of4<A, B, C, D, R> extends Jitted<Fn4<A, B, C, D, R>>
      implements Fn4<A, B, C, D, R> {
    Of4(Jit jit) {
      super(jit);
    }

    @Override
    public R apply(A a, B b, C c, D d) {
      return Flattening.<R>cast(jit.call(Fns.args(a, b, c, d)));
    }

    /**
     * Returns the same function, which may reuse the memory of these arguments: see {@link Jitted}.
     */
    public Of4<A, B, C, D, R> donating(int... arguments) {
      Given.given("donating", "arguments", arguments);
      return new Of4<>(jit.donating(4, arguments));
    }

    /**
     * Returns the same function, keeping at most {@code programs} (at least 1): see {@link Jitted}.
     */
    public Of4<A, B, C, D, R> keeping(int programs) {
      return new Of4<>(jit.keeping(programs));
    }

    @Override
    Fn4<A, B, C, D, R> typed(Fn1<List<Object>, Object> call) {
      return (a, b, c, d) -> Flattening.<R>cast(call.apply(Fns.args(a, b, c, d)));
    }
  }
}
