package dev.engram.tests.random;

/** One step of a program, of any family. */
final class Steps {
  private Steps() {}

  static void step(Draft d, Choices c) {
    int kind = c.next(22);
    switch (kind) {
      case 0, 1, 2, 3, 4 -> RowSteps.elementwise(d, c);
      case 5, 6, 7, 8 -> MoveSteps.move(d, c);
      case 9 -> RowSteps.cast(d, c);
      case 10, 16 -> FoldSteps.reduce(d, c);
      case 11 -> FoldSteps.dot(d, c);
      case 12, 13 -> IndexSteps.index(d, c);
      case 14 -> IndexSteps.source(d, c);
      case 15 -> IndexSteps.check(d, c);
      case 17, 18 -> RowSteps.chain(d, c);
      default -> {
        if (d.depth > 0) {
          ControlSteps.control(d, c);
        } else {
          RowSteps.elementwise(d, c);
        }
      }
    }
  }

  /** Some steps, for inner graphs. */
  static void steps(Draft d, Choices c) {
    for (int n = 1 + c.next(4); n > 0; n--) {
      step(d, c);
    }
  }
}
