package dev.engram;

import dev.engram.ir.SourceLocation;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.Given;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
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

  int of(int argument) {
    return argument < in.size() ? in.get(argument) : 0;
  }

  /**
   * The axis of every tensor of a result of this structure.
   *
   * @throws TypeException when {@link #out} is neither one axis nor one for each part
   */
  List<Integer> outOf(TreeDef result) {
    if (out.size() == 1) {
      return Collections.nCopies(result.leafCount(), out.getFirst());
    }
    List<TreeDef> parts =
        switch (result) {
          case TreeDef.Fields f -> f.parts();
          case TreeDef.Items i -> i.parts();
          case TreeDef.Entries e -> e.parts();
          case TreeDef.Leaf _, TreeDef.Fixed _, TreeDef.Maybe _ -> List.of();
        };
    if (parts.size() != out.size() || parts.isEmpty()) {
      throw new TypeException(
          "vmap: got %d axes for results, expected one%s: %s (%s)"
              .formatted(
                  out.size(),
                  parts.isEmpty()
                      ? " for a result without parts"
                      : ", or %d, one for each part of the result".formatted(parts.size()),
                  result.paths("result"),
                  SourceLocation.here()));
    }
    List<Integer> all = new ArrayList<>();
    for (int i = 0; i < parts.size(); i++) {
      all.addAll(Collections.nCopies(parts.get(i).leafCount(), out.get(i)));
    }
    return all;
  }

  /** Checks that there are not more axes than arguments. */
  void requireFor(int arguments) {
    if (in.size() > arguments) {
      throw new TypeException(
          "vmap: got %d axes for arguments, expected at most %d, one for each argument (%s)"
              .formatted(in.size(), arguments, SourceLocation.here()));
    }
  }
}
