package dev.engram.lower.fuse;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Values that are computed in one nest, or one opaque value. */
public final class FusionGroup {
  /** Lengths of the axes, none of which is 1. */
  public final int[] length;

  public final boolean[] reduce;
  public final List<FusedValue> members = new ArrayList<>();

  /** Groups that read a result of this one. */
  final Set<FusionGroup> readers = new LinkedHashSet<>();

  /** Groups that this one reads from. */
  final Set<FusionGroup> sources = new LinkedHashSet<>();

  int weight;

  /** Its slot in the {@link GroupOrder}. */
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
    return members.getFirst().kind == AccessMaps.Kind.OPAQUE;
  }

  void reads(FusionGroup source) {
    if (source != this) {
      sources.add(source);
      source.readers.add(this);
    }
  }
}
