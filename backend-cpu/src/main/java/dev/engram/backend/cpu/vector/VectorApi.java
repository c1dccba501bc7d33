package dev.engram.backend.cpu.vector;

import jdk.incubator.vector.FloatVector;

/** Says whether the Vector API is available, and which width to use. */
public final class VectorApi {
  /** The option of the JVM that makes it available. */
  public static final String FLAG = "--add-modules=jdk.incubator.vector";

  private VectorApi() {}

  public static boolean isPresent() {
    return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
  }

  /** Returns the preferred width. Loads the Vector API, which takes some 100 ms in a new JVM. */
  public static int preferredBits() {
    return FloatVector.SPECIES_PREFERRED.vectorBitSize();
  }
}
