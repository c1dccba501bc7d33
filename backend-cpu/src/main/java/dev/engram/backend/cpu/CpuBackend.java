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
    this.kernels = new KernelCache(options);
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
