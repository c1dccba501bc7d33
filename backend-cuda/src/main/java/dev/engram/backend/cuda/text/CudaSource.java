package dev.engram.backend.cuda.text;

import java.util.List;

/**
 * The CUDA C of a loop program. It is to be compiled with {@link #OPTIONS}, without which the bits
 * are others.
 *
 * @param text one translation unit, which includes nothing
 * @param kernels one for each nest and sort of the program, in the order of the text form
 */
public record CudaSource(String text, List<CudaKernel> kernels) {
  /**
   * What a compiler of CUDA must be told: products and sums are rounded one by one, but where the
   * text asks for a fused multiply-add.
   */
  public static final List<String> OPTIONS = List.of("--fmad=false");

  public CudaSource {
    kernels = List.copyOf(kernels);
  }
}
