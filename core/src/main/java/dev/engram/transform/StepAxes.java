package dev.engram.transform;

import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** How errors tell to exchange the axes of steps and examples. */
public final class StepAxes {
  private StepAxes() {}

  /** {@code .transpose(1, 0, 2)}, for a rank of 3. */
  public static String swapped(int rank) {
    return IntStream.range(0, rank)
        .mapToObj(i -> Integer.toString(i < 2 ? 1 - i : i))
        .collect(Collectors.joining(", ", ".transpose(", ")"));
  }
}
