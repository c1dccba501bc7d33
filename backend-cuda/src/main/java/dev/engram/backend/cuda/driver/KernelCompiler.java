package dev.engram.backend.cuda.driver;

/** Makes what a driver can load from CUDA C. */
public interface KernelCompiler {
  /** Such as {@code NVRTC 13.3}: compilers of one name make the same. */
  String name();

  /**
   * @param text includes nothing
   * @param card that is to run it
   * @return a file in memory, to be kept as it is
   */
  byte[] compile(String text, Card card);
}
