/** The CUDA backend: writes loop programs as CUDA C, and runs them on NVIDIA's cards. */
@org.jspecify.annotations.NullMarked
@SuppressWarnings("module") // the command is built after this one
module dev.engram.backend.cuda {
  requires transitive dev.engram.lower;
  requires static org.bytedeco.cuda; // for whoever has a card
  requires static org.bytedeco.javacpp;
  requires static org.jspecify;

  exports dev.engram.backend.cuda;
  exports dev.engram.backend.cuda.text to
      dev.engram.cli;

  provides dev.engram.lower.Backend with
      dev.engram.backend.cuda.CudaBackend;
}
