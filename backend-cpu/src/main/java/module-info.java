/**
 * The CPU backend: compiles loop programs to JVM bytecode, with the Vector API where it is
 * available.
 */
@org.jspecify.annotations.NullMarked
module dev.engram.backend.cpu {
  requires transitive dev.engram.lower;
  requires jdk.incubator.vector;
  requires static org.jspecify;

  exports dev.engram.backend.cpu;

  provides dev.engram.lower.Backend with
      dev.engram.backend.cpu.CpuBackend;
}
