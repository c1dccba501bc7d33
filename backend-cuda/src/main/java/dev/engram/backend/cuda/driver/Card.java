package dev.engram.backend.cuda.driver;

/**
 * A card, as its driver describes it.
 *
 * @param name such as {@code NVIDIA H200}
 * @param major of its compute capability: 9 of 9.0
 * @param minor of its compute capability: 0 of 9.0
 * @param bytes of its memory
 * @param processors multiprocessors
 * @param cooperative whether it runs kernels whose blocks wait for each other
 */
public record Card(
    String name, int major, int minor, long bytes, int processors, boolean cooperative) {
  /** Its compute capability as one number: 90. */
  public int architecture() {
    return 10 * major + minor;
  }
}
