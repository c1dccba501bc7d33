package dev.engram;

import dev.engram.ir.checks.Given;
import java.util.Arrays;
import java.util.List;

/**
 * Which axis of each argument {@link Engram#vmap} maps over, where the new axis of the results is,
 * and what {@link Engram#psum} and its kin call the axis. An argument that is a structure has one
 * axis for all its tensors.
 *
 * @param in one axis for each argument, or {@link #NONE}; arguments beyond its end have 0. More
 *     axes than arguments are an error
 * @param out one axis for all of the result; or one for each part of a result that is a record,
 *     list or map. {@link #NONE} for what is the same for all examples and gets no axis
 * @param name of the axis, empty for one without
 */
public record Axes(List<Integer> in, List<Integer> out, String name) {
  /** Shared by all examples. */
  public static final int NONE = Integer.MIN_VALUE;

  public Axes {
    Given.all("Axes", "in", in);
    Given.all("Axes", "out", out);
    Given.given("Axes", "name", name);
    in = List.copyOf(in);
    out = List.copyOf(out);
  }

  /** Axis 0 of everything. */
  public static Axes first() {
    return new Axes(List.of(), List.of(0), "");
  }

  /** These axes of the arguments, axis 0 of the results. */
  public static Axes in(int... axes) {
    Given.given("Axes.in", "axes", axes);
    return new Axes(Arrays.stream(axes).boxed().toList(), List.of(0), "");
  }

  /** Results get their new axis here: one for all, or one for each part of the result. */
  public Axes withOut(int... axes) {
    Given.given("Axes.withOut", "axes", axes);
    return new Axes(in, Arrays.stream(axes).boxed().toList(), name);
  }

  /** The axis has a name inside the mapped function. */
  public Axes named(String axis) {
    return new Axes(in, out, axis);
  }
}
