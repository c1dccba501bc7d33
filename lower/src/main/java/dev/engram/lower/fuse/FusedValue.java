package dev.engram.lower.fuse;

import dev.engram.ir.Eqn;
import dev.engram.ir.Value;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A value that is computed at its own place in the schedule; the equations between fused values are
 * recomputed by each reader.
 */
public final class FusedValue {
  /** What is computed; for a copy, what is copied. */
  public final Value value;

  /** Null for a copy. */
  final @Nullable public Eqn eqn;

  public final AccessMaps.Kind kind;

  /** Number of equations computed at each point. */
  final int weight;

  private @Nullable FusionGroup group;

  /** The index of the value's element at a point of the group. */
  private @Nullable AffineIndex point;

  /** For a fold, the folded position at a point of the group. */
  private @Nullable AffineIndex folded;

  /** True when it is computed in the epilogue, once the group's folds are done. */
  public boolean epilogue;

  /** True when another group reads it, so that it must be stored. */
  public boolean external;

  FusedValue(Value value, @Nullable Eqn eqn, AccessMaps.Kind kind, int weight) {
    this.value = value;
    this.eqn = eqn;
    this.kind = kind;
    this.weight = weight;
  }

  void place(FusionGroup k, AffineIndex at, AffineIndex fold) {
    group = k;
    point = at;
    folded = fold;
  }

  public FusionGroup group() {
    return Objects.requireNonNull(group);
  }

  public AffineIndex point() {
    return Objects.requireNonNull(point);
  }

  public AffineIndex folded() {
    return Objects.requireNonNull(folded);
  }

  public Eqn equation() {
    return Objects.requireNonNull(eqn);
  }
}
