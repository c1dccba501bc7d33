package dev.engram;

import java.util.Arrays;
import java.util.List;

/**
 * Which axis of each argument {@link Engram#vmap} maps over, and where the new axis of the results
 * is. An argument that is a structure has one axis for all its tensors.
 *
 * @param in one axis for each argument, or {@link #NONE}; arguments beyond its end have 0
 * @param out axis of all results
 */
public record Axes(List<Integer> in, int out) {
  /** The argument is shared by all examples. */
  public static final int NONE = Integer.MIN_VALUE;

  public Axes {
    in = List.copyOf(in);
  }

  /** Axis 0 of everything. */
  public static Axes first() {
    return new Axes(List.of(), 0);
  }

  /** These axes of the arguments, axis 0 of the results. */
  public static Axes in(int... axes) {
    return new Axes(Arrays.stream(axes).boxed().toList(), 0);
  }

  /** Results get their new axis here. */
  public Axes withOut(int axis) {
    return new Axes(in, axis);
  }

  int of(int argument) {
    return argument < in.size() ? in.get(argument) : 0;
  }
}
