/** The CUDA backend: writes loop programs as CUDA C. */
@org.jspecify.annotations.NullMarked
@SuppressWarnings("module") // the command is built after this one
module dev.engram.backend.cuda {
  requires transitive dev.engram.lower;
  requires static org.jspecify;

  exports dev.engram.backend.cuda.text to
      dev.engram.cli;
}
