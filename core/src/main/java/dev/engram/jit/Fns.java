package dev.engram.jit;

import dev.engram.Fn0;
import dev.engram.Fn1;
import dev.engram.Fn2;
import dev.engram.Fn3;
import dev.engram.Fn4;
import dev.engram.Tree;
import dev.engram.ir.checks.Given;
import dev.engram.trace.Flattening;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Adapts functions of any number of arguments to functions of a list, and back. */
public final class Fns {
  private Fns() {}

  /** Returns the arguments of a call as a list; {@link Tree} refuses nulls later. */
  @SuppressWarnings("NullAway")
  public static List<Object> args(@Nullable Object... args) {
    return Collections.unmodifiableList(Arrays.asList(args));
  }

  public static <R> Fn1<List<Object>, Object> list(Fn0<R> f) {
    Given.given("the function", f);
    return _ -> f.apply();
  }

  public static <A, R> Fn1<List<Object>, Object> list(Fn1<A, R> f) {
    Given.given("the function", f);
    return x -> f.apply(Flattening.<A>cast(x.get(0)));
  }

  public static <A, B, R> Fn1<List<Object>, Object> list(Fn2<A, B, R> f) {
    Given.given("the function", f);
    return x -> f.apply(Flattening.<A>cast(x.get(0)), Flattening.<B>cast(x.get(1)));
  }

  public static <A, B, C, R> Fn1<List<Object>, Object> list(Fn3<A, B, C, R> f) {
    Given.given("the function", f);
    return x ->
        f.apply(
            Flattening.<A>cast(x.get(0)),
            Flattening.<B>cast(x.get(1)),
            Flattening.<C>cast(x.get(2)));
  }

  public static <A, B, C, D, R> Fn1<List<Object>, Object> list(Fn4<A, B, C, D, R> f) {
    Given.given("the function", f);
    return x ->
        f.apply(
            Flattening.<A>cast(x.get(0)),
            Flattening.<B>cast(x.get(1)),
            Flattening.<C>cast(x.get(2)),
            Flattening.<D>cast(x.get(3)));
  }
}
