package dev.engram.backend.cpu;

/** The code of one nest, over a range of its outer points. Different ranges may run at once. */
interface Kernel {
  void run(Frame frame, Scratch scratch, int begin, int end);
}
