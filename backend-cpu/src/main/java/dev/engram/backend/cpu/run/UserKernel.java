package dev.engram.backend.cpu.run;

import dev.engram.ir.runtime.RowCode;

/** A kernel that calls functions of users' rows: the threads that run it are marked. */
record UserKernel(Kernel kernel) implements Kernel {
  @Override
  public void prepare(KernelArgs frame) {
    kernel.prepare(frame);
  }

  @Override
  public void run(KernelArgs frame, Scratch scratch, int begin, int end) {
    try (RowCode _ = RowCode.enter()) {
      kernel.run(frame, scratch, begin, end);
    }
  }

  @Override
  public int pieces(int each) {
    return kernel.pieces(each);
  }
}
