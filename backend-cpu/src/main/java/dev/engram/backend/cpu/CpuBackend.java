package dev.engram.backend.cpu;

import dev.engram.backend.cpu.nest.NestKernel;
import dev.engram.backend.cpu.run.CpuProgram;
import dev.engram.backend.cpu.run.KernelCache;
import dev.engram.backend.cpu.run.WorkerPool;
import dev.engram.backend.cpu.vector.ProductClass;
import dev.engram.backend.cpu.vector.VectorApi;
import dev.engram.ir.EngramException;
import dev.engram.ir.runtime.Log;
import dev.engram.lower.CompiledProgram;
import dev.engram.lower.HostBackend;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.LoweringOptions;
import dev.engram.lower.profile.ProgramProfile;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Runs loop programs as JVM bytecode on all cores; its name is {@code cpu}. */
public final class CpuBackend extends HostBackend {
  /** The same for one thread and for two, so that their programs are the same. */
  private static final int LEAST_SHARES = 8;

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

  /** Uses these options. */
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
        "the Vector API is not available, so programs run in scalar code; start Java with "
            + VectorApi.FLAG
            + " for vector code");
    return CpuOptions.Vectors.OFF;
  }

  @Override
  public String name() {
    return "cpu";
  }

  /** Returns the options that programs run with. */
  public CpuOptions options() {
    return setup().options;
  }

  /** Its threads, and how it uses vectors; what {@link CpuOptions} refuse is told instead. */
  @Override
  public Map<String, String> facts() {
    Map<String, String> facts = new LinkedHashMap<>();
    try {
      CpuOptions o = settled();
      facts.put("threads", Integer.toString(o.threads()));
      facts.put("vectors", vectorFact(o.vectors()));
    } catch (EngramException e) {
      facts.put("options", String.valueOf(e.getMessage()));
    }
    return Collections.unmodifiableMap(facts);
  }

  /** The options in use, or to be used; no thread is started. */
  private synchronized CpuOptions settled() {
    return setup == null ? wanted.get() : setup.options;
  }

  private static String vectorFact(CpuOptions.Vectors wanted) {
    String word = wanted.name().toLowerCase(Locale.ROOT).replaceFirst("_\\d+", "");
    if (wanted == CpuOptions.Vectors.OFF) {
      return word;
    }
    return VectorApi.isPresent()
        ? word + ", " + NestKernel.bits(wanted) + " bits"
        : "none: the module jdk.incubator.vector is missing; add " + VectorApi.FLAG;
  }

  /** Loops in enough shares for each thread to take several: no thread waits long for another. */
  @Override
  public LoweringOptions lowering() {
    LoweringOptions o = LoweringOptions.standard();
    return o.withShares(
        Math.max(LEAST_SHARES, 4 * settled().threads()), o.shareWork(), ProductClass.ROWS);
  }

  @Override
  public CompiledProgram compile(LoopProgram program) {
    Setup s = setup();
    return new CpuProgram(program, new ProgramProfile(name(), program), s.kernels, s.pool);
  }
}
