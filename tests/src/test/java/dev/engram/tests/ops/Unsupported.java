package dev.engram.tests.ops;

import static dev.engram.tests.ops.Concern.BATCH;
import static dev.engram.tests.ops.Concern.EVAL;
import static dev.engram.tests.ops.Concern.JVP;
import static dev.engram.tests.ops.Concern.LOWER;
import static dev.engram.tests.ops.Concern.TRANSPOSE;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Cells of the table that are empty on purpose. A cell that works must not be listed here. */
final class Unsupported {
  private record Cell(String op, Concern concern) {}

  private static final Map<Cell, String> REASONS = reasons();

  private Unsupported() {}

  private static Map<Cell, String> reasons() {
    Map<Cell, String> m = new HashMap<>();
    // A linear map that is only known by its transpose; reverse mode eliminates it.
    for (Concern c : List.of(EVAL, JVP, TRANSPOSE, BATCH, LOWER)) {
      m.put(new Cell("transposed", c), "inside reverse mode only");
    }
    // The axis has no position until vmap assigns one.
    for (Concern c : List.of(EVAL, JVP, TRANSPOSE, BATCH, LOWER)) {
      m.put(new Cell("axisSum", c), "under a vmap of the axis only");
    }
    for (Concern c : List.of(EVAL, LOWER)) {
      m.put(new Cell("axisIndex", c), "under a vmap of the axis only");
    }
    m.put(new Cell("print", BATCH), "one order for all examples");
    m.put(new Cell("progress", BATCH), "one order for all examples");
    return Map.copyOf(m);
  }

  static Optional<String> reason(String op, Concern concern) {
    return Optional.ofNullable(REASONS.get(new Cell(op, concern)));
  }
}
