package dev.engram.backend.cpu.run;

/**
 * The code of one nest, over a range of its outer points. Different ranges may run concurrently.
 */
public interface Kernel {
  /** Prepares data that all ranges need; called once before them, by one thread. */
  default void prepare(KernelArgs frame) {}

  void run(KernelArgs frame, Scratch scratch, int begin, int end);

  /**
   * Returns how many ranges each thread should have. With more than one, others can do what a
   * thread that is late has not begun; but what ranges have in common, each reads again.
   *
   * @param each a thread's share of the points
   */
  default int pieces(int each) {
    return 4;
  }
}
