package dev.engram.ir;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Moves that are made of others. */
final class Moves {
  private Moves() {}

  private static Tensor one(Op op, Tensor... in) {
    return Tensor.apply(op, List.of(in)).getFirst();
  }

  static Tensor slice(Tensor x, int axis, int from, int to, int stride) {
    List<Integer> start = new ArrayList<>(Collections.nCopies(x.rank(), 0));
    List<Integer> limit = new ArrayList<>(x.shape().dims());
    List<Integer> strides = new ArrayList<>(Collections.nCopies(x.rank(), 1));
    start.set(axis, from);
    limit.set(axis, to);
    strides.set(axis, stride);
    return one(new Move.Slice(start, limit, strides), x);
  }
}
