package dev.engram.backend.cpu.vector;

import jdk.incubator.vector.FloatVector;

/** Whether the Vector API is there, and the width to use it at. */
public final class VectorApi {
  private VectorApi() {}

  public static boolean isPresent() {
    return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
  }

  /** Loads the Vector API: some 100 ms in a new JVM. */
  public static int preferredBits() {
    return FloatVector.SPECIES_PREFERRED.vectorBitSize();
  }
}
