package dev.engram.backend.cuda.javacpp;

import dev.engram.backend.cuda.driver.Card;
import dev.engram.backend.cuda.driver.Driver;
import dev.engram.backend.cuda.driver.KernelCompiler;
import dev.engram.backend.cuda.driver.Task;
import dev.engram.backend.cuda.text.CudaSource;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.cuda.cudart.CUctx_st;
import org.bytedeco.cuda.cudart.CUfunc_st;
import org.bytedeco.cuda.cudart.CUmemPoolHandle_st;
import org.bytedeco.cuda.cudart.CUmod_st;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.PointerPointer;
import org.bytedeco.javacpp.SizeTPointer;

/** The driver of NVIDIA for one card: its primary context, a stream, and its pool of memory. */
final class JavaCppDriver implements Driver {
  private static final long KEEP_ALL = -1;

  /** A kernel, with its name for errors. */
  record Kernel(String name, CUfunc_st function) implements Function {}

  private final int device;
  private final Card card;
  private final KernelCompiler compiler;
  private final CUctx_st context = new CUctx_st();
  private final CUstream_st stream = new CUstream_st();
  private final CUmemPoolHandle_st pool = new CUmemPoolHandle_st();
  private final StagingBuffers staging = new StagingBuffers(context, stream);
  private volatile boolean open;

  /**
   * @param device the driver's number of the card
   */
  JavaCppDriver(int device, Card card, KernelCompiler compiler) {
    this.device = device;
    this.card = card;
    this.compiler = compiler;
  }

  /** For each call: the driver has a context for each thread. The first one opens the card. */
  private void enter() {
    if (!open) {
      open();
    }
    Calls.check(cudart.cuCtxSetCurrent(context), "the context of " + card.name());
  }

  private synchronized void open() {
    if (open) {
      return;
    }
    if (context.isNull()) {
      Calls.check(
          cudart.cuDevicePrimaryCtxRetain(context, device), "the context of " + card.name());
    }
    Calls.check(cudart.cuCtxSetCurrent(context), "the context of " + card.name());
    if (stream.isNull()) {
      Calls.check(cudart.cuStreamCreate(stream, cudart.CU_STREAM_NON_BLOCKING), "a stream");
    }
    Calls.check(cudart.cuDeviceGetDefaultMemPool(pool, device), "the pool of memory");
    // Without this, each wait gives all free memory back, and each allocation asks for it anew.
    try (LongPointer keep = new LongPointer(1)) {
      Calls.check(
          cudart.cuMemPoolSetAttribute(
              pool, cudart.CU_MEMPOOL_ATTR_RELEASE_THRESHOLD, keep.put(KEEP_ALL)),
          "the setting of the pool of memory");
    }
    open = true;
  }

  @Override
  public Card card() {
    return card;
  }

  @Override
  public long freeBytes() {
    enter();
    try (SizeTPointer free = new SizeTPointer(1);
        SizeTPointer total = new SizeTPointer(1)) {
      Calls.check(cudart.cuMemGetInfo(free, total), "the question for free memory");
      return free.get();
    }
  }

  @Override
  public long allocate(long bytes) {
    enter();
    long[] address = new long[1];
    Calls.check(cudart.cuMemAllocAsync(address, bytes, stream), "an allocation");
    return address[0];
  }

  @Override
  public void free(long address) {
    enter();
    Calls.check(cudart.cuMemFreeAsync(address, stream), "a release of memory");
  }

  @Override
  public void trim() {
    synchronize();
    Calls.check(cudart.cuMemPoolTrimTo(pool, 0), "the release of free memory");
  }

  @Override
  public void copyToCard(long to, MemorySegment from) {
    enter();
    staging.copy(to, from);
  }

  @Override
  public void copyToHost(MemorySegment to, long from) {
    enter();
    if (to.byteSize() > 0) {
      int code = cudart.cuMemcpyDtoHAsync(new Address(to), from, to.byteSize(), stream);
      Calls.check(code, "a copy to the host");
    }
    synchronize();
    Reference.reachabilityFence(to);
  }

  @Override
  public void copy(long to, long from, long bytes) {
    enter();
    if (bytes > 0) {
      Calls.check(cudart.cuMemcpyDtoDAsync(to, from, bytes, stream), "a copy on the card");
    }
  }

  @Override
  public void run(Task task) {
    enter();
    switch (task) {
      case Task.Fill f ->
          Calls.check(cudart.cuMemsetD8Async(f.to(), f.value(), f.bytes(), stream), "a fill");
      case Task.Launch l -> launch(l);
    }
  }

  private void launch(Task.Launch l) {
    Kernel k = (Kernel) l.function();
    PointerPointer<?> params = new PointerPointer<>(new Address(l.params()));
    int blocks = l.blocks();
    int threads = l.threads();
    int code =
        l.cooperative()
            ? cudart.cuLaunchCooperativeKernel(
                k.function, blocks, 1, 1, threads, 1, 1, 0, stream, params)
            : cudart.cuLaunchKernel(
                k.function, blocks, 1, 1, threads, 1, 1, 0, stream, params, null);
    Reference.reachabilityFence(l);
    if (code != cudart.CUDA_SUCCESS) {
      Calls.check(code, "a launch of " + k.name);
    }
  }

  @Override
  public int blocksAtOnce(Function function, int threads) {
    enter();
    Kernel k = (Kernel) function;
    int[] blocks = new int[1];
    Calls.check(
        cudart.cuOccupancyMaxActiveBlocksPerMultiprocessor(blocks, k.function, threads, 0),
        "the question for blocks of " + k.name);
    return blocks[0] * card.processors();
  }

  @Override
  public Module load(CudaSource source) {
    List<CudaSource.Unit> units = source.units();
    List<byte[]> images =
        compiler.compile(units.stream().map(CudaSource.Unit::text).toList(), card);
    enter();
    Loaded loaded = new Loaded();
    try {
      for (int i = 0; i < images.size(); i++) {
        loaded.add(units.get(i).functions(), images.get(i));
      }
      return loaded;
    } catch (RuntimeException | Error e) {
      try {
        loaded.unload();
      } catch (RuntimeException also) {
        e.addSuppressed(also);
      }
      throw e;
    }
  }

  private final class Loaded implements Module {
    private final List<CUmod_st> modules = new ArrayList<>();
    private final Map<String, CUmod_st> byFunction = new HashMap<>();

    void add(List<String> functions, byte[] image) {
      CUmod_st module = new CUmod_st();
      // The end of PTX is a zero; a cubin has its size in itself.
      try (BytePointer p = new BytePointer(image.length + 1L)) {
        p.put(image, 0, image.length).put(image.length, (byte) 0);
        Calls.check(cudart.cuModuleLoadData(module, p), "the loading of kernels");
      }
      modules.add(module);
      functions.forEach(f -> byFunction.put(f, module));
    }

    @Override
    public Function function(String name) {
      enter();
      CUfunc_st f = new CUfunc_st();
      Calls.check(
          cudart.cuModuleGetFunction(f, Objects.requireNonNull(byFunction.get(name)), name),
          "the look for the kernel " + name);
      return new Kernel(name, f);
    }

    @Override
    public void unload() {
      synchronize();
      while (!modules.isEmpty()) { // each once, though this is called again after an error
        Calls.check(cudart.cuModuleUnload(modules.removeLast()), "the unloading of kernels");
      }
    }
  }

  @Override
  public Graph graph(List<Task> tasks) {
    enter();
    return new LinearGraph(context, stream, tasks);
  }

  @Override
  public void synchronize() {
    enter();
    Calls.check(cudart.cuStreamSynchronize(stream), "a wait for the card");
  }
}
