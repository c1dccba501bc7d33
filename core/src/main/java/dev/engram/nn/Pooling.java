package dev.engram.nn;

import dev.engram.Layer;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;
import dev.engram.ir.op.ConvWindows;
import java.util.Arrays;

/** Pooling layers: one value for each window over the spatial axes, channels last. */
public final class Pooling {
  private Pooling() {}

  /** Max pooling over non-overlapping windows. */
  public static Layer max(int... size) {
    Given.given("Pooling.max", "size", size);
    Ranges.atLeastOne("Pooling.max", "size", size);
    return max(size, sideBySide(size));
  }

  public static Layer max(int[] size, ConvWindows windows) {
    Given.given("Pooling.max", "size", size);
    Ranges.atLeastOne("Pooling.max", "size", size);
    Given.given("Pooling.max", "windows", windows);
    int[] kept = size.clone();
    return Layer.of(x -> x.maxPool(kept, windows));
  }

  /** Average pooling over non-overlapping windows. */
  public static Layer average(int... size) {
    Given.given("Pooling.average", "size", size);
    Ranges.atLeastOne("Pooling.average", "size", size);
    return average(size, sideBySide(size));
  }

  public static Layer average(int[] size, ConvWindows windows) {
    Given.given("Pooling.average", "size", size);
    Ranges.atLeastOne("Pooling.average", "size", size);
    Given.given("Pooling.average", "windows", windows);
    int[] kept = size.clone();
    return Layer.of(x -> x.avgPool(kept, windows));
  }

  private static ConvWindows sideBySide(int[] size) {
    return ConvWindows.valid().stride(Arrays.stream(size).boxed().toArray(Integer[]::new));
  }
}
