package dev.engram;

import java.util.List;

/** Functions of any number of arguments seen as functions of a list, and back. */
final class Fns {
  private Fns() {}

  static <R> Fn1<List<Object>, Object> list(Fn0<R> f) {
    return _ -> f.apply();
  }

  static <A, R> Fn1<List<Object>, Object> list(Fn1<A, R> f) {
    return x -> f.apply(Tree.<A>cast(x.get(0)));
  }

  static <A, B, R> Fn1<List<Object>, Object> list(Fn2<A, B, R> f) {
    return x -> f.apply(Tree.<A>cast(x.get(0)), Tree.<B>cast(x.get(1)));
  }

  static <A, B, C, R> Fn1<List<Object>, Object> list(Fn3<A, B, C, R> f) {
    return x -> f.apply(Tree.<A>cast(x.get(0)), Tree.<B>cast(x.get(1)), Tree.<C>cast(x.get(2)));
  }

  static <A, B, C, D, R> Fn1<List<Object>, Object> list(Fn4<A, B, C, D, R> f) {
    return x ->
        f.apply(
            Tree.<A>cast(x.get(0)),
            Tree.<B>cast(x.get(1)),
            Tree.<C>cast(x.get(2)),
            Tree.<D>cast(x.get(3)));
  }
}
