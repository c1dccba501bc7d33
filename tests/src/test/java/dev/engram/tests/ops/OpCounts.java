package dev.engram.tests.ops;

import java.util.List;
import java.util.Map;

/** Counts what {@link OpTableTest} tests. */
public final class OpCounts {
  private OpCounts() {}

  public static int ops() {
    return Samples.ofOps().size();
  }

  public static int samples() {
    return all(Samples.ofOps());
  }

  public static int errors() {
    return all(Samples.errors());
  }

  private static <T> int all(Map<String, List<T>> byOp) {
    return byOp.values().stream().mapToInt(List::size).sum();
  }
}
