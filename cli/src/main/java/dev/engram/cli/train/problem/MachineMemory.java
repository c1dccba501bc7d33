package dev.engram.cli.train.problem;

import java.lang.management.ManagementFactory;

/** The memory of this machine. */
public final class MachineMemory {
  private MachineMemory() {}

  /** Returns its size in bytes; infinite where the JVM cannot tell. */
  public static double bytes() {
    return ManagementFactory.getOperatingSystemMXBean()
            instanceof com.sun.management.OperatingSystemMXBean system
        ? system.getTotalMemorySize()
        : Double.POSITIVE_INFINITY;
  }
}
