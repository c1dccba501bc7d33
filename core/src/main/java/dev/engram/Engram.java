package dev.engram;

import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;
import dev.engram.ir.passes.CheckIndices;
import dev.engram.ir.passes.CheckNumerics;
import dev.engram.jit.Fns;
import dev.engram.jit.Jit;
import dev.engram.state.NewStates;
import dev.engram.trace.AxisNames;
import dev.engram.trace.Flattening;
import dev.engram.transform.AssociativeScan;
import dev.engram.transform.CheckedFunction;
import dev.engram.transform.CondTransform;
import dev.engram.transform.CustomRule;
import dev.engram.transform.Differentiate;
import dev.engram.transform.Directional;
import dev.engram.transform.Parts;
import dev.engram.transform.Rematerialize;
import dev.engram.transform.ScanTransform;
import dev.engram.transform.SwitchTransform;
import dev.engram.transform.VectorMap;
import dev.engram.transform.WhileTransform;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The transformations. Each takes a function over trees of tensors (see {@link Tree}) and returns
 * another; each works on known values as well as inside the others.
 *
 * <p>A function is traced: it runs once on tracers, and the operations on them are recorded as a
 * graph. States that it reads become inputs of the graph, states that it writes become results (see
 * {@link State}).
 */
public final class Engram {
  private Engram() {}

  // Compilation.

  /** See {@link #jit(Fn1)}. */
  public static <R> Jitted.Of0<R> jit(Fn0<R> f) {
    return jit(Compiler.standard(), f);
  }

  /** {@link #jit(Fn1)} with the given compiler. */
  public static <R> Jitted.Of0<R> jit(Compiler compiler, Fn0<R> f) {
    Given.given("jit", "compiler", compiler);
    return new Jitted.Of0<>(new Jit("jit", compiler, Fns.list(f)));
  }

  /**
   * Compiles {@code f} on its first call for every new structure and type of its arguments and of
   * the states it reads. Parts of an argument that are not tensors, such as numbers and text, are
   * static: another value compiles another program. Inside another transformation {@code f} is
   * simply called.
   *
   * <p>What {@code f} captures from its surroundings is fixed by the first call: known tensors,
   * Java counters, numbers of a {@code java.util.Random}. Pass data that changes as an argument, or
   * keep it in a {@link State}; for random numbers use {@link RandomTensors} with a {@link
   * RandomKey}.
   *
   * <p>The result is also an object: see {@link Jitted} for its stages of compilation, for what it
   * has compiled and why, and for donating the memory of arguments.
   */
  public static <A, R> Jitted.Of1<A, R> jit(Fn1<A, R> f) {
    return jit(Compiler.standard(), f);
  }

  /** {@link #jit(Fn1)} with the given compiler. */
  public static <A, R> Jitted.Of1<A, R> jit(Compiler compiler, Fn1<A, R> f) {
    Given.given("jit", "compiler", compiler);
    return new Jitted.Of1<>(new Jit("jit", compiler, Fns.list(f)));
  }

  /** See {@link #jit(Fn1)}. */
  public static <A, B, R> Jitted.Of2<A, B, R> jit(Fn2<A, B, R> f) {
    return jit(Compiler.standard(), f);
  }

  /** {@link #jit(Fn1)} with the given compiler. */
  public static <A, B, R> Jitted.Of2<A, B, R> jit(Compiler compiler, Fn2<A, B, R> f) {
    Given.given("jit", "compiler", compiler);
    return new Jitted.Of2<>(new Jit("jit", compiler, Fns.list(f)));
  }

  /** See {@link #jit(Fn1)}. */
  public static <A, B, C, R> Jitted.Of3<A, B, C, R> jit(Fn3<A, B, C, R> f) {
    return jit(Compiler.standard(), f);
  }

  /** {@link #jit(Fn1)} with the given compiler. */
  public static <A, B, C, R> Jitted.Of3<A, B, C, R> jit(Compiler compiler, Fn3<A, B, C, R> f) {
    Given.given("jit", "compiler", compiler);
    return new Jitted.Of3<>(new Jit("jit", compiler, Fns.list(f)));
  }

  /** See {@link #jit(Fn1)}. */
  public static <A, B, C, D, R> Jitted.Of4<A, B, C, D, R> jit(Fn4<A, B, C, D, R> f) {
    return jit(Compiler.standard(), f);
  }

  /** {@link #jit(Fn1)} with the given compiler. */
  public static <A, B, C, D, R> Jitted.Of4<A, B, C, D, R> jit(
      Compiler compiler, Fn4<A, B, C, D, R> f) {
    Given.given("jit", "compiler", compiler);
    return new Jitted.Of4<>(new Jit("jit", compiler, Fns.list(f)));
  }

  // Derivatives with respect to the first argument.

  /**
   * Returns the gradient of a scalar function with respect to its first argument, in the argument's
   * structure.
   *
   * @throws dev.engram.ir.TypeException when the result is not a float scalar, or the argument
   *     holds a tensor that is not float
   */
  public static <A> Fn1<A, A> grad(Fn1<A, Tensor> f) {
    Differentiate d = new Differentiate(Fns.list(f), Optional.empty());
    return a -> Flattening.<A>cast(d.call(Fns.args(a)).grad());
  }

  /** {@link #grad(Fn1)} together with the function's value. */
  public static <A> Fn1<A, ValueAndGrad<A>> valueAndGrad(Fn1<A, Tensor> f) {
    Differentiate d = new Differentiate(Fns.list(f), Optional.empty());
    return a -> d.call(Fns.args(a)).valueAndGrad();
  }

  /** {@link #grad(Fn1)} of a function with further results, together with all of them. */
  public static <A, X> Fn1<A, GradWithAux<A, X>> gradWithAux(Fn1<A, WithAux<X>> f) {
    Differentiate d = new Differentiate(Fns.list(f), Optional.empty());
    return a -> d.call(Fns.args(a)).withAux();
  }

  /** See {@link #grad(Fn1)}. */
  public static <A, B> Fn2<A, B, A> grad(Fn2<A, B, Tensor> f) {
    Differentiate d = new Differentiate(Fns.list(f), Optional.empty());
    return (a, b) -> Flattening.<A>cast(d.call(Fns.args(a, b)).grad());
  }

  /** {@link #grad(Fn1)} together with the function's value. */
  public static <A, B> Fn2<A, B, ValueAndGrad<A>> valueAndGrad(Fn2<A, B, Tensor> f) {
    Differentiate d = new Differentiate(Fns.list(f), Optional.empty());
    return (a, b) -> d.call(Fns.args(a, b)).valueAndGrad();
  }

  /** {@link #grad(Fn1)} of a function with further results, together with all of them. */
  public static <A, B, X> Fn2<A, B, GradWithAux<A, X>> gradWithAux(Fn2<A, B, WithAux<X>> f) {
    Differentiate d = new Differentiate(Fns.list(f), Optional.empty());
    return (a, b) -> d.call(Fns.args(a, b)).withAux();
  }

  /** See {@link #grad(Fn1)}. */
  public static <A, B, C> Fn3<A, B, C, A> grad(Fn3<A, B, C, Tensor> f) {
    Differentiate d = new Differentiate(Fns.list(f), Optional.empty());
    return (a, b, c) -> Flattening.<A>cast(d.call(Fns.args(a, b, c)).grad());
  }

  /** {@link #grad(Fn1)} together with the function's value. */
  public static <A, B, C> Fn3<A, B, C, ValueAndGrad<A>> valueAndGrad(Fn3<A, B, C, Tensor> f) {
    Differentiate d = new Differentiate(Fns.list(f), Optional.empty());
    return (a, b, c) -> d.call(Fns.args(a, b, c)).valueAndGrad();
  }

  /** {@link #grad(Fn1)} of a function with further results, together with all of them. */
  public static <A, B, C, X> Fn3<A, B, C, GradWithAux<A, X>> gradWithAux(
      Fn3<A, B, C, WithAux<X>> f) {
    Differentiate d = new Differentiate(Fns.list(f), Optional.empty());
    return (a, b, c) -> d.call(Fns.args(a, b, c)).withAux();
  }

  // Derivatives with respect to states.

  /**
   * Returns the gradient of a scalar function with respect to {@code weights}, by path; zero for
   * those that the function does not read. States that the function sets are set.
   *
   * @throws dev.engram.ir.TypeException when the result is not a float scalar
   */
  public static Fn0<Grads> grad(Fn0<Tensor> f, States weights) {
    Differentiate d =
        new Differentiate(Fns.list(f), Optional.of(Given.given("grad: the states", weights)));
    return () -> Flattening.<Grads>cast(d.call(List.of()).grad());
  }

  /** {@link #grad(Fn0, States)} together with the function's value. */
  public static Fn0<ValueAndGrad<Grads>> valueAndGrad(Fn0<Tensor> f, States weights) {
    Differentiate d =
        new Differentiate(Fns.list(f), Optional.of(Given.given("grad: the states", weights)));
    return () -> d.call(List.of()).valueAndGrad();
  }

  /** {@link #grad(Fn0, States)} of a function with further results, together with all of them. */
  public static <X> Fn0<GradWithAux<Grads, X>> gradWithAux(Fn0<WithAux<X>> f, States weights) {
    Differentiate d =
        new Differentiate(Fns.list(f), Optional.of(Given.given("grad: the states", weights)));
    return () -> d.call(List.of()).withAux();
  }

  /** See {@link #grad(Fn0, States)}. */
  public static <A> Fn1<A, Grads> grad(Fn1<A, Tensor> f, States weights) {
    Differentiate d =
        new Differentiate(Fns.list(f), Optional.of(Given.given("grad: the states", weights)));
    return a -> Flattening.<Grads>cast(d.call(Fns.args(a)).grad());
  }

  /** {@link #grad(Fn0, States)} together with the function's value. */
  public static <A> Fn1<A, ValueAndGrad<Grads>> valueAndGrad(Fn1<A, Tensor> f, States weights) {
    Differentiate d =
        new Differentiate(Fns.list(f), Optional.of(Given.given("grad: the states", weights)));
    return a -> d.call(Fns.args(a)).valueAndGrad();
  }

  /** {@link #grad(Fn0, States)} of a function with further results, together with all of them. */
  public static <A, X> Fn1<A, GradWithAux<Grads, X>> gradWithAux(
      Fn1<A, WithAux<X>> f, States weights) {
    Differentiate d =
        new Differentiate(Fns.list(f), Optional.of(Given.given("grad: the states", weights)));
    return a -> d.call(Fns.args(a)).withAux();
  }

  /** See {@link #grad(Fn0, States)}. */
  public static <A, B> Fn2<A, B, Grads> grad(Fn2<A, B, Tensor> f, States weights) {
    Differentiate d =
        new Differentiate(Fns.list(f), Optional.of(Given.given("grad: the states", weights)));
    return (a, b) -> Flattening.<Grads>cast(d.call(Fns.args(a, b)).grad());
  }

  /** {@link #grad(Fn0, States)} together with the function's value. */
  public static <A, B> Fn2<A, B, ValueAndGrad<Grads>> valueAndGrad(
      Fn2<A, B, Tensor> f, States weights) {
    Differentiate d =
        new Differentiate(Fns.list(f), Optional.of(Given.given("grad: the states", weights)));
    return (a, b) -> d.call(Fns.args(a, b)).valueAndGrad();
  }

  /** {@link #grad(Fn0, States)} of a function with further results, together with all of them. */
  public static <A, B, X> Fn2<A, B, GradWithAux<Grads, X>> gradWithAux(
      Fn2<A, B, WithAux<X>> f, States weights) {
    Differentiate d =
        new Differentiate(Fns.list(f), Optional.of(Given.given("grad: the states", weights)));
    return (a, b) -> d.call(Fns.args(a, b)).withAux();
  }

  /** See {@link #grad(Fn0, States)}. */
  public static <A, B, C> Fn3<A, B, C, Grads> grad(Fn3<A, B, C, Tensor> f, States weights) {
    Differentiate d =
        new Differentiate(Fns.list(f), Optional.of(Given.given("grad: the states", weights)));
    return (a, b, c) -> Flattening.<Grads>cast(d.call(Fns.args(a, b, c)).grad());
  }

  /** {@link #grad(Fn0, States)} together with the function's value. */
  public static <A, B, C> Fn3<A, B, C, ValueAndGrad<Grads>> valueAndGrad(
      Fn3<A, B, C, Tensor> f, States weights) {
    Differentiate d =
        new Differentiate(Fns.list(f), Optional.of(Given.given("grad: the states", weights)));
    return (a, b, c) -> d.call(Fns.args(a, b, c)).valueAndGrad();
  }

  /** {@link #grad(Fn0, States)} of a function with further results, together with all of them. */
  public static <A, B, C, X> Fn3<A, B, C, GradWithAux<Grads, X>> gradWithAux(
      Fn3<A, B, C, WithAux<X>> f, States weights) {
    Differentiate d =
        new Differentiate(Fns.list(f), Optional.of(Given.given("grad: the states", weights)));
    return (a, b, c) -> d.call(Fns.args(a, b, c)).withAux();
  }

  // Directional derivatives.

  /**
   * Returns the value of {@code f} at {@code a}, and its derivative along {@code tangent}.
   *
   * @param tangent of the structure and types of {@code a}; parts that are not float are ignored
   */
  public static <A, R> JvpResult<R> jvp(Fn1<A, R> f, A a, A tangent) {
    return Directional.jvp(f, a, tangent);
  }

  /**
   * Returns the value of {@code f} at {@code a}, and its pullback there: cotangents to cotangents.
   */
  public static <A, R> VjpResult<A, R> vjp(Fn1<A, R> f, A a) {
    return Directional.vjp(f, a);
  }

  /**
   * Returns the value of {@code f} at {@code a}, and the derivative there as a linear function of a
   * tangent. That function can be called repeatedly without running {@code f} again: its residuals
   * have been computed.
   */
  public static <A, R> LinearizeResult<A, R> linearize(Fn1<A, R> f, A a) {
    return Directional.linearize(f, a);
  }

  /**
   * Returns the Jacobian, {@code [out…, in…]}, in forward mode: one pass for each argument element.
   * For functions with more results than arguments, and for loops without a bound.
   */
  public static Fn1<Tensor, Tensor> jacfwd(Fn1<Tensor, Tensor> f) {
    Given.given("the function", f);
    return x -> Directional.jacfwd(f, x);
  }

  /**
   * {@link #jacfwd} in reverse mode: one pass for each result element. For functions with fewer
   * results than arguments.
   */
  public static Fn1<Tensor, Tensor> jacrev(Fn1<Tensor, Tensor> f) {
    Given.given("the function", f);
    return x -> Directional.jacrev(f, x);
  }

  /** {@link #jacfwd}. */
  public static Fn1<Tensor, Tensor> jacobian(Fn1<Tensor, Tensor> f) {
    return jacfwd(f);
  }

  /** Returns the Hessian of a scalar function, {@code [in…, in…]}, by forward over reverse mode. */
  public static Fn1<Tensor, Tensor> hessian(Fn1<Tensor, Tensor> f) {
    return jacfwd(grad(f));
  }

  /**
   * Rematerializes {@code f}: reverse mode keeps only its argument and recomputes what the backward
   * pass needs. States and captured values are differentiated as usual.
   */
  public static <A, R> Fn1<A, R> remat(Fn1<A, R> f) {
    return remat(f, RematPolicy.NOTHING);
  }

  /** {@link #remat(Fn1)} that also keeps what {@code policy} names. */
  public static <A, R> Fn1<A, R> remat(Fn1<A, R> f, RematPolicy policy) {
    Given.given("remat", "policy", policy);
    Given.given("the function", f);
    return a -> Rematerialize.call(f, policy, Given.given("remat: the argument", a));
  }

  /**
   * Returns {@code f} with a check of every float result: the first NaN or infinity stops the run
   * with a {@link dev.engram.ir.RunException} that names the op, the position, and the line in
   * {@code f}. Derivatives taken inside {@code f} are checked too: {@code checkNumerics(grad(f))}.
   */
  public static <A, R> Fn1<A, R> checkNumerics(Fn1<A, R> f) {
    Given.given("the function", f);
    return a -> CheckedFunction.call("checkNumerics", CheckNumerics::run, f, a);
  }

  /**
   * Returns {@code f} with a check of every index that is known only in the run: one outside of its
   * axis, which would be clamped or dropped, stops the run with a {@link
   * dev.engram.ir.RunException} that names the op, the position, and the line in {@code f}. Apply
   * it inside {@link #vmap(Fn1)}, which clamps the starts of windows itself and runs both branches
   * of a {@code cond}. See also {@link Tensor#checkRange}.
   */
  public static <A, R> Fn1<A, R> checked(Fn1<A, R> f) {
    Given.given("the function", f);
    return a -> CheckedFunction.call("checked", CheckIndices::run, f, a);
  }

  // Custom derivatives.

  /**
   * Returns {@code f} with a custom forward derivative. Captured values are constants to it.
   *
   * @param rule takes argument and tangent, returns value and tangent; linear in the tangent
   */
  public static <A, R> Fn1<A, R> customJvp(Fn1<A, R> f, Fn2<A, A, Pair<R, R>> rule) {
    Given.given("the function", f);
    Given.given("the rule", rule);
    return a -> CustomRule.jvp(f, rule, Given.given("customJvp: the argument", a));
  }

  /**
   * Returns {@code f} with a custom reverse derivative. Captured values are constants to it.
   *
   * @param forward returns the value and the residuals that {@code backward} needs
   * @param backward takes the residuals and the value's cotangent, returns the argument's
   */
  public static <A, R, S> Fn1<A, R> customVjp(
      Fn1<A, R> f, Fn1<A, Pair<R, S>> forward, Fn2<S, R, A> backward) {
    Given.given("the function", f);
    Given.given("the forward rule", forward);
    Given.given("the backward rule", backward);
    return a -> CustomRule.vjp(f, forward, backward, Given.given("customVjp: the argument", a));
  }

  // Batches.

  /**
   * Applies {@code f}, a function of one example, to a batch: maps over axis 0 of every argument.
   */
  public static <A, R> Fn1<A, R> vmap(Fn1<A, R> f) {
    return vmap(f, Axes.first());
  }

  /** See {@link #vmap(Fn1)}. */
  public static <R> Fn0<R> vmap(Fn0<R> f) {
    return vmap(f, Axes.first());
  }

  /** See {@link #vmap(Fn1, Axes)}. */
  public static <R> Fn0<R> vmap(Fn0<R> f, Axes axes) {
    Given.given("vmap", "axes", axes);
    VectorMap m = new VectorMap(Fns.list(f), axes);
    return () -> Flattening.<R>cast(m.call(List.of()));
  }

  /**
   * Applies {@code f}, a function of one example, to a batch, over the given axes. States set in
   * {@link #vmapNewStates} are mapped over their axis 0; others are shared, and setting one to a
   * value that differs between examples is an error.
   */
  public static <A, R> Fn1<A, R> vmap(Fn1<A, R> f, Axes axes) {
    Given.given("vmap", "axes", axes);
    VectorMap m = new VectorMap(Fns.list(f), axes);
    return a -> Flattening.<R>cast(m.call(Fns.args(a)));
  }

  /** See {@link #vmap(Fn1)}. */
  public static <A, B, R> Fn2<A, B, R> vmap(Fn2<A, B, R> f) {
    return vmap(f, Axes.first());
  }

  /** See {@link #vmap(Fn1, Axes)}. */
  public static <A, B, R> Fn2<A, B, R> vmap(Fn2<A, B, R> f, Axes axes) {
    Given.given("vmap", "axes", axes);
    VectorMap m = new VectorMap(Fns.list(f), axes);
    return (a, b) -> Flattening.<R>cast(m.call(Fns.args(a, b)));
  }

  /** See {@link #vmap(Fn1)}. */
  public static <A, B, C, R> Fn3<A, B, C, R> vmap(Fn3<A, B, C, R> f) {
    return vmap(f, Axes.first());
  }

  /** See {@link #vmap(Fn1, Axes)}. */
  public static <A, B, C, R> Fn3<A, B, C, R> vmap(Fn3<A, B, C, R> f, Axes axes) {
    Given.given("vmap", "axes", axes);
    VectorMap m = new VectorMap(Fns.list(f), axes);
    return (a, b, c) -> Flattening.<R>cast(m.call(Fns.args(a, b, c)));
  }

  /**
   * Returns the sum of {@code tree} over all examples of the {@link #vmap(Fn1, Axes)} whose axis
   * has this name; it is the same for each example.
   *
   * @throws dev.engram.ir.EngramException when no enclosing vmap has an axis of this name
   */
  public static <T> T psum(T tree, String axis) {
    Given.given("psum", "tree", tree);
    Given.given("psum", "axis", axis);
    return AxisNames.sum(tree, axis);
  }

  /** {@link #psum} divided by the number of examples. */
  public static <T> T pmean(T tree, String axis) {
    Given.given("pmean", "tree", tree);
    Given.given("pmean", "axis", axis);
    return AxisNames.mean(tree, axis);
  }

  /** Returns the index of the example along the axis with this name: {@code i32[]}, from 0. */
  public static Tensor axisIndex(String axis) {
    Given.given("axisIndex", "axis", axis);
    return AxisNames.index(axis);
  }

  /**
   * Runs {@code init}; every state that it sets gets a new axis of length {@code size} in front,
   * and becomes a mapped state: {@link Vmap} and {@link #vmap(Fn1)} give each example its own.
   */
  public static void vmapNewStates(int size, Runnable init) {
    Given.given("vmapNewStates", "init", init);
    NewStates.run(size, init);
  }

  // Control flow.

  /**
   * Runs {@code body} once for each position of axis 0 of {@code xs}.
   *
   * @param body takes the carry and one slice of {@code xs}, returns the next carry and an output
   * @return the last carry and the stacked outputs
   * @throws dev.engram.ir.TypeException when the carry or a state changes its type
   */
  public static <C, X, Y> StepResult<C, Y> scan(Fn2<C, X, StepResult<C, Y>> body, C init, X xs) {
    return Flattening.<StepResult<C, Y>>cast(
        new ScanTransform(ScanTransform.Labels.SCAN, Fns.list(body), false)
            .run(init, Fns.args(xs), OptionalInt.empty()));
  }

  /** {@link #scan(Fn2, Object, Object)} in reverse, from the last slice to the first. */
  public static <C, X, Y> StepResult<C, Y> scanReverse(
      Fn2<C, X, StepResult<C, Y>> body, C init, X xs) {
    return Flattening.<StepResult<C, Y>>cast(
        new ScanTransform(ScanTransform.Labels.SCAN, Fns.list(body), true)
            .run(init, Fns.args(xs), OptionalInt.empty()));
  }

  /** {@link #scan(Fn2, Object, Object)} without stacked inputs, {@code length} times. */
  public static <C, Y> StepResult<C, Y> scan(Fn1<C, StepResult<C, Y>> body, C init, int length) {
    return Flattening.<StepResult<C, Y>>cast(
        new ScanTransform(ScanTransform.Labels.SCAN, Fns.list(body), false)
            .run(init, List.of(), OptionalInt.of(length)));
  }

  /**
   * {@link #scan(Fn2, Object, Object)} whose reverse derivative keeps the carry of every {@code
   * ⌈√T⌉}-th step alone, and runs each part of so many steps once more: memory grows with √T, time
   * by a third (Griewank 1992, with two levels; Chen et al. 2016).
   */
  public static <C, X, Y> StepResult<C, Y> checkpointedScan(
      Fn2<C, X, StepResult<C, Y>> body, C init, X xs) {
    return checkpointedScan(
        body, init, xs, (int) Math.ceil(Math.sqrt(Math.max(1, steps("checkpointedScan", xs)))));
  }

  /**
   * {@link #checkpointedScan(Fn2, Object, Object)} with parts of {@code every} steps, the last of
   * which may be shorter.
   */
  public static <C, X, Y> StepResult<C, Y> checkpointedScan(
      Fn2<C, X, StepResult<C, Y>> body, C init, X xs, int every) {
    Given.given("checkpointedScan", "body", body);
    Ranges.atLeastOne("checkpointedScan", "every", every);
    return new Parts(steps("checkpointedScan", xs), every)
        .<C, Y>scan(
            (carry, part) ->
                Engram.<Pair<C, X>, StepResult<C, Y>>remat(p -> scan(body, p.first(), p.second()))
                    .apply(new Pair<>(carry, Flattening.<X>cast(part.getFirst()))),
            init,
            Fns.args(xs));
  }

  private static int steps(String op, Object xs) {
    return ScanTransform.steps(new ScanTransform.Labels(op, List.of("xs")), Fns.args(xs));
  }

  /**
   * Returns all prefixes of {@code xs} under an associative {@code combine}, {@code y_i = x_0 ∘ … ∘
   * x_i}, in about {@code 2 log₂ T} rounds instead of T steps (Blelloch 1990): for linear
   * recurrences, such as {@code (a, b) ∘ (c, d) = (a c, b c + d)}, over long sequences.
   *
   * @param combine two elements to one of the same structure and types, associative
   * @param xs elements along axis 0
   */
  public static <T> T associativeScan(Fn2<T, T, T> combine, T xs) {
    Given.given("associativeScan", "combine", combine);
    Given.given("associativeScan", "xs", xs);
    return AssociativeScan.run(combine, xs, false);
  }

  /** {@link #associativeScan} from the last element to the first: {@code y_i = x_T ∘ … ∘ x_i}. */
  public static <T> T associativeScanReverse(Fn2<T, T, T> combine, T xs) {
    Given.given("associativeScanReverse", "combine", combine);
    Given.given("associativeScanReverse", "xs", xs);
    return AssociativeScan.run(combine, xs, true);
  }

  /** Runs {@code body} {@code length} times; returns its stacked results. */
  public static <Y> Y forLoop(Fn0<Y> body, int length) {
    return ScanTransform.plain(Fns.list(body), List.of(), OptionalInt.of(length));
  }

  /**
   * Runs {@code body} once for each position of axis 0 of {@code xs}; returns its stacked results.
   */
  public static <X, Y> Y forLoop(Fn1<X, Y> body, X xs) {
    return ScanTransform.plain(Fns.list(body), Fns.args(xs), OptionalInt.empty());
  }

  /**
   * Runs {@code body} for {@code i = from, …, to - 1}; returns the last carry.
   *
   * @param to at least {@code from}; smaller values are refused as likely swapped bounds ({@code to
   *     = from} is an empty loop)
   * @param body takes i ({@code i32[]}) and the carry, returns the next carry
   * @throws dev.engram.ir.TypeException when the carry or a state changes its type
   */
  public static <C> C forLoop(int from, int to, Fn2<Tensor, C, C> body, C init) {
    Given.given("forLoop", "body", body);
    Tensor counts = ScanTransform.counter(from, to);
    Fn2<C, Tensor, StepResult<C, List<Tensor>>> step =
        (carry, i) -> new StepResult<>(body.apply(i, carry), List.of());
    return scan(step, init, counts).carry();
  }

  /**
   * Applies {@code f} to every position of axis 0 of {@code xs}, one after the other, and stacks
   * the results: like {@link #vmap(Fn1)}, in the memory of one example.
   */
  public static <X, Y> Y map(Fn1<X, Y> f, X xs) {
    return forLoop(f, xs);
  }

  /** Like {@link #forLoop(Fn1, Object)}, over two structures in step. */
  public static <X, Z, Y> Y forLoop(Fn2<X, Z, Y> body, X xs, Z zs) {
    return ScanTransform.plain(Fns.list(body), Fns.args(xs, zs), OptionalInt.empty());
  }

  /**
   * Runs one of two functions, chosen at run time. A state that only one of them sets keeps its
   * value in the other.
   *
   * <p>Where examples of a {@link #vmap(Fn1)} take different branches, both branches run for all
   * examples. The branch that an example does not take contributes no derivative to that example's
   * own values. To values that all examples share, such as weights, an infinite derivative of a
   * branch not taken contributes NaN; keep the branch finite there, as in {@code
   * x.clipMin(0).sqrt()}.
   *
   * @param pred {@code bool[]}
   * @throws dev.engram.ir.TypeException when the results differ in structure or type
   */
  public static <R> R cond(Tensor pred, Fn0<R> onTrue, Fn0<R> onFalse) {
    return Flattening.<R>cast(
        CondTransform.run(
            CondTransform.Labels.COND, pred, Fns.list(onTrue), Fns.list(onFalse), List.of()));
  }

  /** {@link #cond(Tensor, Fn0, Fn0)} with an argument. */
  public static <A, R> R cond(Tensor pred, Fn1<A, R> onTrue, Fn1<A, R> onFalse, A a) {
    Given.given("cond", "a", a);
    return Flattening.<R>cast(
        CondTransform.run(
            CondTransform.Labels.COND, pred, Fns.list(onTrue), Fns.list(onFalse), Fns.args(a)));
  }

  /** {@link #cond(Tensor, Fn0, Fn0)} with two arguments. */
  public static <A, B, R> R cond(Tensor pred, Fn2<A, B, R> onTrue, Fn2<A, B, R> onFalse, A a, B b) {
    Given.given("cond", "a", a);
    Given.given("cond", "b", b);
    return Flattening.<R>cast(
        CondTransform.run(
            CondTransform.Labels.COND, pred, Fns.list(onTrue), Fns.list(onFalse), Fns.args(a, b)));
  }

  /**
   * Runs branch {@code index}, chosen at run time; an index out of range is clamped to the first or
   * the last. States behave as in {@link #cond(Tensor, Fn0, Fn0)}. Where examples of a {@link
   * #vmap(Fn1)} take different branches, all branches run for all of them.
   *
   * @param index {@code i32[]}, or another integer scalar
   * @throws dev.engram.ir.TypeException when the results differ in structure or type
   */
  public static <R> R switchCase(Tensor index, List<Fn0<R>> branches) {
    Given.given("switchCase", "branches", branches);
    return Flattening.<R>cast(
        SwitchTransform.run(index, branches.stream().map(f -> Fns.list(f)).toList(), List.of()));
  }

  /** {@link #switchCase(Tensor, List)} with an argument. */
  public static <A, R> R switchCase(Tensor index, List<Fn1<A, R>> branches, A a) {
    Given.given("switchCase", "a", a);
    Given.given("switchCase", "branches", branches);
    return Flattening.<R>cast(
        SwitchTransform.run(index, branches.stream().map(f -> Fns.list(f)).toList(), Fns.args(a)));
  }

  /**
   * Runs {@code body} on the carry while {@code condition} holds; returns the last carry. Has
   * forward-mode derivatives ({@link #jvp}); reverse mode needs a bound. Under {@link #vmap(Fn1)}
   * each example stops at its own step.
   *
   * @param condition returns {@code bool[]}; it may read states, but not set them
   * @param body returns the next carry, of the structure and types of {@code init}
   * @throws dev.engram.ir.TypeException when the carry or a state changes its type
   */
  public static <C> C whileLoop(Fn1<C, Tensor> condition, Fn1<C, C> body, C init) {
    return Flattening.<C>cast(
        WhileTransform.run(Fns.list(condition), Fns.list(body), init, Optional.empty()));
  }

  /**
   * {@link #whileLoop(Fn1, Fn1, Object)} that stops after at most {@code bound} steps, and so can
   * be differentiated in reverse mode. Memory is allocated for the residuals of {@code bound}
   * steps.
   */
  public static <C> C whileLoop(Fn1<C, Tensor> condition, Fn1<C, C> body, C init, int bound) {
    return Flattening.<C>cast(
        WhileTransform.run(Fns.list(condition), Fns.list(body), init, Optional.of(bound)));
  }

  /** Returns {@code tree}, with derivative zero. */
  public static <T> T stopGradient(T tree) {
    return Tree.map(Tensor::stopGradient, tree);
  }
}
