/** The CUDA backend: writes loop programs as CUDA C. */
@org.jspecify.annotations.NullMarked
module dev.engram.backend.cuda {
  requires transitive dev.engram.lower;
  requires static org.jspecify;

  exports dev.engram.backend.cuda.text to
      dev.engram.cli;
}
