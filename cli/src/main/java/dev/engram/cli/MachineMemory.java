package dev.engram.cli;

import java.lang.management.ManagementFactory;

/** The memory of this machine. */
final class MachineMemory {
  private MachineMemory() {}

  /** All of it, in bytes; infinite where the JVM cannot tell. */
  static double bytes() {
    return ManagementFactory.getOperatingSystemMXBean()
            instanceof com.sun.management.OperatingSystemMXBean system
        ? system.getTotalMemorySize()
        : Double.POSITIVE_INFINITY;
  }
}
