package dev.engram.backend.cpu;

import dev.engram.lower.Backend;
import dev.engram.lower.Executable;
import dev.engram.lower.LoopProgram;

/** Runs loop programs as JVM bytecode on all cores; its name is {@code cpu}. */
public final class CpuBackend implements Backend {
  private final CpuOptions options;
  private final WorkerPool pool;
  private final KernelCache kernels;

  /** With {@link CpuOptions#ofProperties}. */
  public CpuBackend() {
    this(CpuOptions.ofProperties());
  }

  public CpuBackend(CpuOptions options) {
    this.options = options;
    this.pool = new WorkerPool(options.threads());
    this.kernels = new KernelCache(vectors(options.vectors()));
  }

  private static CpuOptions.Vectors vectors(CpuOptions.Vectors wanted) {
    if (wanted == CpuOptions.Vectors.OFF || VectorApi.isPresent()) {
      return wanted;
    }
    System.getLogger("dev.engram.backend.cpu")
        .log(
            System.Logger.Level.WARNING,
            "The Vector API is not there, so programs run in scalar code; start Java with"
                + " --add-modules jdk.incubator.vector for vector code.");
    return CpuOptions.Vectors.OFF;
  }

  @Override
  public String name() {
    return "cpu";
  }

  public CpuOptions options() {
    return options;
  }

  @Override
  public Executable compile(LoopProgram program) {
    return new CpuExecutable(program, kernels, pool);
  }
}
