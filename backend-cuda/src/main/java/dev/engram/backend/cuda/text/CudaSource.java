package dev.engram.backend.cuda.text;

import java.util.List;

/**
 * The CUDA C of a loop program.
 *
 * @param text one translation unit, which includes nothing
 * @param kernels one for each nest and sort of the program, in the order of the text form
 */
public record CudaSource(String text, List<Kernel> kernels) {
  public CudaSource {
    kernels = List.copyOf(kernels);
  }
}
