/** Lowers graphs to fused loops with planned memory, and defines the interface of backends. */
@org.jspecify.annotations.NullMarked
@SuppressWarnings("module") // the modules that are built after this one
module dev.engram.lower {
  requires transitive dev.engram.ir;
  requires jdk.jfr;
  requires static org.jspecify;

  exports dev.engram.lower;
  exports dev.engram.lower.inspect;
  exports dev.engram.lower.interpret;
  exports dev.engram.lower.lanes;
  exports dev.engram.lower.memory to
      dev.engram.backend.cpu,
      dev.engram.backend.cuda,
      dev.engram.core;
  exports dev.engram.lower.profile;
  exports dev.engram.lower.run to
      dev.engram.backend.cuda;
  exports dev.engram.lower.split to
      dev.engram.backend.cuda;

  uses dev.engram.lower.Backend;

  provides dev.engram.lower.Backend with
      dev.engram.lower.interpret.LoopInterpreter;
}
