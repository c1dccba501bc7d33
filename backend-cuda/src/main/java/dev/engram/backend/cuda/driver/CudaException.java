package dev.engram.backend.cuda.driver;

import dev.engram.ir.EngramException;

/** A call of the driver has failed. */
public final class CudaException extends EngramException {
  private static final long serialVersionUID = 1L;

  /** CUDA_ERROR_OUT_OF_MEMORY. */
  public static final int OUT_OF_MEMORY = 2;

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

  /** The driver's number of what went wrong. */
  public int code() {
    return code;
  }

  public boolean isOutOfMemory() {
    return code == OUT_OF_MEMORY;
  }
}
