package dev.engram.backend.cpu.run;

/** The code of one nest, over a range of its outer points. Different ranges may run at once. */
public interface Kernel {
  /** Does what all ranges need; called once before them, by one thread. */
  default void prepare(KernelArgs frame) {}

  void run(KernelArgs frame, Scratch scratch, int begin, int end);

  /** How much work a point of {@code frame} is, among the frames of this kernel. */
  default long work(KernelArgs frame) {
    return 1;
  }

  /**
   * Invocations for the JIT to count, of all that runs the points, without effect on points that
   * are run after it.
   */
  default void touch(KernelArgs frame, Scratch scratch, int begin, int end) {
    run(frame, scratch, begin, begin);
  }
}
