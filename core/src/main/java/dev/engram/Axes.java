package dev.engram;

import dev.engram.ir.checks.Given;
import java.util.Arrays;
import java.util.List;

/**
 * Says which axis of each argument {@link Engram#vmap} maps over, where the new axis of the results
 * goes, and the name by which {@link Engram#psum} and the other collectives refer to the mapped
 * axis. An argument that is a structure has one axis for all its tensors.
 *
 * @param in one axis for each argument, or {@link #NONE}; missing entries are 0, and having more
 *     axes than arguments is an error
 * @param out one axis for the whole result, or one for each part of a result that is a record, list
 *     or map; {@link #NONE} for a part that is the same for all examples and gets no axis
 * @param name the name of the axis; empty for none
 */
public record Axes(List<Integer> in, List<Integer> out, String name) {
  /** Marks an argument or result as shared by all examples. */
  public static final int NONE = Integer.MIN_VALUE;

  public Axes {
    Given.all("Axes", "in", in);
    Given.all("Axes", "out", out);
    Given.given("Axes", "name", name);
    in = List.copyOf(in);
    out = List.copyOf(out);
  }

  /** Maps over axis 0 of every argument and result. */
  public static Axes first() {
    return new Axes(List.of(), List.of(0), "");
  }

  /** Maps over these axes of the arguments and axis 0 of the results. */
  public static Axes in(int... axes) {
    Given.given("Axes.in", "axes", axes);
    return new Axes(Arrays.stream(axes).boxed().toList(), List.of(0), "");
  }

  /** Returns this with new result axes: one for all, or one for each part of the result. */
  public Axes withOut(int... axes) {
    Given.given("Axes.withOut", "axes", axes);
    return new Axes(in, Arrays.stream(axes).boxed().toList(), name);
  }

  /** Returns this with a name for the mapped axis, for collectives inside the mapped function. */
  public Axes named(String axis) {
    return new Axes(in, out, axis);
  }
}
