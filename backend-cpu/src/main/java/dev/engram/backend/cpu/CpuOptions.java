package dev.engram.backend.cpu;

import dev.engram.ir.EngramException;
import java.util.Locale;

/**
 * How the CPU backend runs programs. Results do not depend on the options: every choice yields the
 * same bits.
 *
 * @param threads number of threads that share the work of a nest, including the caller's
 * @param vectors when the Vector API is used
 */
public record CpuOptions(int threads, Vectors vectors) {

  /** When vector code is used, and how wide it is. */
  public enum Vectors {
    /** Once it has been measured to be faster, at the machine's preferred width. */
    AUTO,
    /** Never. */
    OFF,
    /** From the first call on, at the preferred width: for tests and long runs. */
    FORCE,
    /** From the first call on, 128 bits wide. */
    FORCE_128,
    /** From the first call on, 256 bits wide. */
    FORCE_256,
    /** From the first call on, 512 bits wide. */
    FORCE_512
  }

  /**
   * @throws EngramException when {@code threads} is less than 1
   */
  public CpuOptions {
    if (threads < 1) {
      throw new EngramException("threads is " + threads + ", expected at least 1");
    }
  }

  /**
   * Reads the system properties {@code engram.threads} (default: all processors) and {@code
   * engram.cpu.vector}: {@code auto}, {@code off}, {@code force}, {@code 128}, {@code 256} or
   * {@code 512}.
   *
   * @throws EngramException when one of them has another value
   */
  public static CpuOptions ofProperties() {
    return of(
        System.getProperty("engram.threads", ""), System.getProperty("engram.cpu.vector", "auto"));
  }

  static CpuOptions of(String threads, String vectors) {
    return new CpuOptions(threads(threads), vectors(vectors));
  }

  private static int threads(String text) {
    if (text.isBlank()) {
      return Runtime.getRuntime().availableProcessors();
    }
    try {
      int n = Integer.parseInt(text.strip());
      if (n >= 1) {
        return n;
      }
    } catch (NumberFormatException e) {
      throw badThreads(text, e);
    }
    throw badThreads(text, null);
  }

  private static EngramException badThreads(
      String text, @org.jspecify.annotations.Nullable Exception cause) {
    String message = "engram.threads is '" + text + "', expected a number of at least 1";
    return cause == null ? new EngramException(message) : new EngramException(message, cause);
  }

  private static Vectors vectors(String text) {
    return switch (text.strip().toLowerCase(Locale.ROOT)) {
      case "auto", "" -> Vectors.AUTO;
      case "off" -> Vectors.OFF;
      case "force" -> Vectors.FORCE;
      case "128" -> Vectors.FORCE_128;
      case "256" -> Vectors.FORCE_256;
      case "512" -> Vectors.FORCE_512;
      default ->
          throw new EngramException(
              "engram.cpu.vector is '" + text + "', expected auto, off, force, 128, 256 or 512");
    };
  }
}
