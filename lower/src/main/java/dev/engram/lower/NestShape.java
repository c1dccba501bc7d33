package dev.engram.lower;

import dev.engram.ir.Where;
import java.util.ArrayList;
import java.util.List;

/** Decides the order of a nest's axes, joins those that are one run of memory, and sets lanes. */
final class NestShape {
  private NestShape() {}

  static Step.Nest shape(
      String label,
      int[] length,
      boolean[] reduce,
      List<Instr> body,
      List<Instr> epilogue,
      Where where) {
    List<Integer> order = new ArrayList<>();
    for (boolean folded : new boolean[] {false, true}) {
      for (int a = 0; a < length.length; a++) {
        if (reduce[a] == folded) {
          order.add(a);
        }
      }
    }
    List<Step.Axis> axes = order.stream().map(a -> new Step.Axis(length[a], reduce[a])).toList();
    return new Step.Nest(
        label,
        axes,
        body.stream().map(i -> Rewrite.maps(i, m -> permute(m, order))).toList(),
        epilogue.stream().map(i -> Rewrite.maps(i, m -> permute(m, order))).toList(),
        where);
  }

  private static Affine permute(Affine m, List<Integer> order) {
    return new Affine(m.offset(), m.outer(), order.stream().map(m.inner()::get).toList());
  }
}
