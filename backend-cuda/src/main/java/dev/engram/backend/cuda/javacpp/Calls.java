package dev.engram.backend.cuda.javacpp;

import dev.engram.backend.cuda.driver.CudaException;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerPointer;

/** What calls of the driver return. */
final class Calls {
  private Calls() {}

  /**
   * Throws what the driver says about {@code code}, where that is not 0.
   *
   * @param what the call was for, for errors
   */
  static void check(int code, String what) {
    if (code != cudart.CUDA_SUCCESS) {
      throw new CudaException(code, what, text(code));
    }
  }

  /** The driver's own words. */
  static String text(int code) {
    try (PointerPointer<BytePointer> to = new PointerPointer<>(1)) {
      if (cudart.cuGetErrorString(code, to) != cudart.CUDA_SUCCESS) {
        return "which this driver does not know";
      }
      return to.get(BytePointer.class, 0).getString();
    }
  }
}
