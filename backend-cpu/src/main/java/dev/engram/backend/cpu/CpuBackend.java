package dev.engram.backend.cpu;

import dev.engram.backend.cpu.run.CpuProgram;
import dev.engram.backend.cpu.run.KernelCache;
import dev.engram.backend.cpu.run.WorkerPool;
import dev.engram.backend.cpu.vector.VectorApi;
import dev.engram.ir.runtime.Log;
import dev.engram.lower.CompiledProgram;
import dev.engram.lower.HostBackend;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.profile.ProgramProfile;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Runs loop programs as JVM bytecode on all cores; its name is {@code cpu}. */
public final class CpuBackend extends HostBackend {
  private final Supplier<CpuOptions> wanted;
  private @Nullable Setup setup;

  private record Setup(CpuOptions options, WorkerPool pool, KernelCache kernels) {}

  /**
   * Uses {@link CpuOptions#ofProperties}, which are read at first use, so that they do not matter
   * to a program that runs on another backend.
   */
  public CpuBackend() {
    this.wanted = CpuOptions::ofProperties;
  }

  public CpuBackend(CpuOptions options) {
    this.wanted = () -> options;
  }

  private synchronized Setup setup() {
    Setup s = setup;
    if (s == null) {
      CpuOptions o = wanted.get();
      s = new Setup(o, new WorkerPool(o.threads()), new KernelCache(vectors(o.vectors())));
      setup = s;
    }
    return s;
  }

  private static CpuOptions.Vectors vectors(CpuOptions.Vectors wanted) {
    if (wanted == CpuOptions.Vectors.OFF || VectorApi.isPresent()) {
      return wanted;
    }
    Log.warning(
        "the Vector API is not available, so programs run in scalar code; start Java with"
            + " --add-modules jdk.incubator.vector for vector code");
    return CpuOptions.Vectors.OFF;
  }

  @Override
  public String name() {
    return "cpu";
  }

  public CpuOptions options() {
    return setup().options;
  }

  @Override
  public CompiledProgram compile(LoopProgram program) {
    Setup s = setup();
    return new CpuProgram(program, new ProgramProfile(name(), program), s.kernels, s.pool);
  }
}
