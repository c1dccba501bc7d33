package dev.engram.lower;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Nodes that are computed in one nest, or one opaque node. */
final class Kernel {
  /** Lengths of the axes; none is 1. */
  final int[] length;

  final boolean[] reduce;
  final List<Node> nodes = new ArrayList<>();

  /** Kernels that read a result of this one. */
  final Set<Kernel> readers = new LinkedHashSet<>();

  /** Kernels that this one reads from. */
  final Set<Kernel> sources = new LinkedHashSet<>();

  int weight;

  /** Its place in the {@link Schedule}. */
  int slot;

  int turn;

  Kernel(int[] length, boolean[] reduce) {
    this.length = length;
    this.reduce = reduce;
  }

  int reductions() {
    int n = 0;
    for (boolean r : reduce) {
      n += r ? 1 : 0;
    }
    return n;
  }

  boolean isOpaque() {
    return nodes.getFirst().kind == Reads.Kind.OPAQUE;
  }

  void reads(Kernel source) {
    if (source != this) {
      sources.add(source);
      source.readers.add(this);
    }
  }
}
