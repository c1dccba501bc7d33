package dev.engram.backend.cpu;

/** The code of one nest, over a range of its outer points. Different ranges may run at once. */
interface Kernel {
  /** Does what all ranges need; called once before them, by one thread. */
  default void prepare(Frame frame) {}

  void run(Frame frame, Scratch scratch, int begin, int end);

  /** An invocation without effect on the points that are run after it, for the JIT to count. */
  default void touch(Frame frame, Scratch scratch) {
    run(frame, scratch, 0, 0);
  }
}
