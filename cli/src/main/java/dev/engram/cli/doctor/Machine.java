package dev.engram.cli.doctor;

import dev.engram.cli.text.EngramVersion;
import dev.engram.cli.train.problem.MachineMemory;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * The JVM and what it runs on.
 *
 * @param heap the most bytes of the heap
 * @param memory the bytes of the machine, if the JVM can tell
 * @param properties the system properties of Engram that are set, by name
 */
record Machine(
    String engram,
    String java,
    String vendor,
    String vm,
    String home,
    String os,
    String arch,
    int processors,
    long heap,
    OptionalLong memory,
    Map<String, String> properties) {

  /** Describes this one. */
  static Machine current() {
    return new Machine(
        EngramVersion.text(),
        Runtime.version().toString(),
        property("java.vendor"),
        property("java.vm.name") + ", " + property("java.vm.info"),
        property("java.home"),
        property("os.name") + " " + property("os.version"),
        property("os.arch"),
        Runtime.getRuntime().availableProcessors(),
        Runtime.getRuntime().maxMemory(),
        physical(),
        ofEngram());
  }

  private static String property(String name) {
    return System.getProperty(name, "unknown");
  }

  private static OptionalLong physical() {
    try {
      double bytes = MachineMemory.bytes();
      return Double.isFinite(bytes) ? OptionalLong.of((long) bytes) : OptionalLong.empty();
    } catch (RuntimeException | LinkageError e) {
      return OptionalLong.empty();
    }
  }

  private static Map<String, String> ofEngram() {
    Map<String, String> set = new TreeMap<>();
    for (String name : System.getProperties().stringPropertyNames()) {
      if (name.startsWith("engram.")) {
        set.put(name, property(name));
      }
    }
    return set;
  }
}
