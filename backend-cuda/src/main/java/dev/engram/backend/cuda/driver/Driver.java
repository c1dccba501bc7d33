package dev.engram.backend.cuda.driver;

import dev.engram.backend.cuda.text.CudaSource;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * What the backend asks of the driver of one card. Work is put on one stream, which does it in
 * order; a call waits for that only where it says so. Any thread may call. Whatever fails is a
 * {@link CudaException}, perhaps of work that was put there before.
 */
public interface Driver {
  Card card();

  /** Bytes that are free on the card, for this process and for others. */
  long freeBytes();

  /**
   * Memory of undefined content, aligned to 256 bytes.
   *
   * @return its address on the card
   * @throws CudaException that {@linkplain CudaException#isOutOfMemory says so} where there is none
   */
  long allocate(long bytes);

  /** Gives memory back, once the work before it is done. */
  void free(long address);

  /** Waits for all work, and gives memory that was given back to other processes. */
  void trim();

  /** Copies {@code from} to the card. When this returns, {@code from} may be written to. */
  void copyToCard(long to, MemorySegment from);

  /** Copies to the host, and waits for it. */
  void copyToHost(MemorySegment to, long from);

  void copy(long to, long from, long bytes);

  /** Compiles and loads kernels. */
  Module load(CudaSource source);

  /** Kernels that are loaded. */
  interface Module {
    Function function(String name);

    /** Waits for all work, and lets go of them; none will be launched any more. */
    void unload();
  }

  /** A kernel that is loaded. */
  interface Function {}

  /** How many blocks of so many threads of a kernel run at the same time. */
  int blocksAtOnce(Function function, int threads);

  /** Puts a task on the stream. Where it reads from the host, that may be changed afterwards. */
  void run(Task task);

  /** Makes one piece of work of tasks, each of which begins when the one before it is done. */
  Graph graph(List<Task> tasks);

  /** Tasks that are put on the stream as one. */
  interface Graph {
    void run();

    /**
     * Gives a launch in it other parameters from now on.
     *
     * @param at its place among the tasks
     * @param launch of the same kernel
     */
    void change(int at, Task.Launch launch);

    /** Lets go of it, once it is done. */
    void close();
  }

  /** Waits for all work. */
  void synchronize();
}
