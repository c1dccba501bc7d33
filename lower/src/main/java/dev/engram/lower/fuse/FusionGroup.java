package dev.engram.lower.fuse;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Nodes that are computed in one nest, or one opaque node. */
public final class FusionGroup {
  /** Lengths of the axes; none is 1. */
  public final int[] length;

  public final boolean[] reduce;
  public final List<FusedValue> nodes = new ArrayList<>();

  /** Kernels that read a result of this one. */
  final Set<FusionGroup> readers = new LinkedHashSet<>();

  /** Kernels that this one reads from. */
  final Set<FusionGroup> sources = new LinkedHashSet<>();

  int weight;

  /** Its place in the {@link GroupOrder}. */
  int slot;

  int turn;

  FusionGroup(int[] length, boolean[] reduce) {
    this.length = length;
    this.reduce = reduce;
  }

  public int reductions() {
    int n = 0;
    for (boolean r : reduce) {
      n += r ? 1 : 0;
    }
    return n;
  }

  public boolean isOpaque() {
    return nodes.getFirst().kind == AccessMaps.Kind.OPAQUE;
  }

  void reads(FusionGroup source) {
    if (source != this) {
      sources.add(source);
      source.readers.add(this);
    }
  }
}
