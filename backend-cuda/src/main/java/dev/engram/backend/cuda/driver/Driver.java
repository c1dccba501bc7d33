package dev.engram.backend.cuda.driver;

import dev.engram.backend.cuda.text.CudaSource;
import java.lang.foreign.MemorySegment;

/**
 * What the backend asks of the driver of one card. Work is put on one stream, which does it in
 * order; a call waits for that only where it says so. Any thread may call. Whatever fails is a
 * {@link CudaException}, perhaps of work that was put there before.
 */
public interface Driver {
  /** The card, such as {@code NVIDIA H100}. */
  String card();

  /**
   * Memory of undefined content, aligned to 256 bytes.
   *
   * @return its address on the card
   * @throws CudaException that {@linkplain CudaException#isOutOfMemory says so} where there is none
   */
  long allocate(long bytes);

  /** Gives memory back, once the work before it is done. */
  void free(long address);

  /** Copies {@code from} to the card. When this returns, {@code from} may be written to. */
  void copyToCard(long to, MemorySegment from);

  /** Copies to the host, and waits for it. */
  void copyToHost(MemorySegment to, long from);

  void copy(long to, long from, long bytes);

  void fill(long to, byte value, long bytes);

  /** Compiles and loads kernels. */
  Module load(CudaSource source);

  /** Kernels that are loaded. */
  interface Module {
    /** The handle of a kernel, for {@link Driver#launch}. */
    long function(String name);

    /** Lets go of them; none is running any more, nor will be launched. */
    void unload();
  }

  /**
   * Starts a kernel.
   *
   * @param params the address of each parameter's value; both may be changed when this returns
   */
  void launch(long function, int blocks, int threads, MemorySegment params);

  /** Waits for all work. */
  void synchronize();
}
