package dev.engram.backend.cuda.driver;

/**
 * A card, as its driver describes it.
 *
 * @param name such as {@code NVIDIA H200}
 * @param major of its compute capability: 9 of 9.0
 * @param minor of its compute capability: 0 of 9.0
 * @param bytes of its memory
 */
public record Card(String name, int major, int minor, long bytes) {
  /** Its compute capability as one number: 90. */
  public int architecture() {
    return 10 * major + minor;
  }
}
