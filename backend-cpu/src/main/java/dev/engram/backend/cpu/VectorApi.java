package dev.engram.backend.cpu;

import jdk.incubator.vector.FloatVector;

/** Whether the Vector API is there, and the width to use it at. */
final class VectorApi {
  private VectorApi() {}

  static boolean isPresent() {
    return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
  }

  /** Loads the Vector API: some 100 ms in a new JVM. */
  static int preferredBits() {
    return FloatVector.SPECIES_PREFERRED.vectorBitSize();
  }
}
