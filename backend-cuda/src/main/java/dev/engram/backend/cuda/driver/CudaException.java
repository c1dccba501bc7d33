package dev.engram.backend.cuda.driver;

import dev.engram.ir.EngramException;
import java.util.Set;

/** A call of the driver has failed. */
public final class CudaException extends EngramException {
  private static final long serialVersionUID = 1L;

  /** CUDA_ERROR_OUT_OF_MEMORY. */
  public static final int OUT_OF_MEMORY = 2;

  /**
   * Errors after which the driver refuses all further work of the process: uncorrectable errors of
   * its memory, errors of kernels, and of cards that are lost (CUDA Driver API, "Data types",
   * CUresult).
   */
  private static final Set<Integer> LASTING =
      Set.of(214, 220, 226, 700, 702, 709, 710, 714, 715, 716, 717, 718, 719, 721, 810, 911);

  private final int code;

  /**
   * @param code of the driver, other than 0
   * @param what failed, such as {@code a launch of k3_dot}
   * @param says the driver's own words
   */
  public CudaException(int code, String what, String says) {
    super(what + " failed: CUDA error " + code + ", " + says);
    this.code = code;
  }

  /** The same error, with another text. */
  public CudaException(String text, CudaException cause) {
    super(text, cause);
    this.code = cause.code;
  }

  /** The driver's number of what went wrong. */
  public int code() {
    return code;
  }

  public boolean isOutOfMemory() {
    return code == OUT_OF_MEMORY;
  }

  /** True where this process can do nothing more on the card. */
  public boolean lasts() {
    return LASTING.contains(code);
  }
}
