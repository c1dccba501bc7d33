package dev.engram.backend.cuda;

import dev.engram.ir.EngramException;
import dev.engram.ir.checks.Given;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How the CUDA backend runs programs. Results do not depend on the options.
 *
 * @param memory the most memory of each card that this process takes
 * @param sync whether each kernel is waited for, so that an error names the kernel that made it
 * @param cache the folder of compiled kernels
 * @param kernels how much of a program is one kernel
 */
public record CudaOptions(Memory memory, boolean sync, Path cache, Kernels kernels) {
  private static final Pattern AMOUNT = Pattern.compile("(\\d{1,18})(%|B|[kKMGT]i?B)?");

  public CudaOptions {
    Given.given("CudaOptions", "memory", memory);
    Given.given("CudaOptions", "cache", cache);
    Given.given("CudaOptions", "kernels", kernels);
  }

  /** How much of a program is one kernel. */
  public enum Kernels {
    /** Loops over examples, in which each block goes through some of these alone; else steps. */
    SHARES,
    /** Steps that follow each other, whose blocks wait for each other; while loops. */
    STEPS,
    /** A nest. */
    NESTS
  }

  /** Of a card's memory. */
  public sealed interface Memory {
    /** So much of a card that has this many bytes. */
    long of(long bytes);

    /** {@code most} bytes, whatever the card has. */
    record Bytes(long most) implements Memory {
      @Override
      public long of(long bytes) {
        return most;
      }
    }

    /** {@code most} hundredths of what the card has, rounded down. */
    record Percent(int most) implements Memory {
      @Override
      public long of(long bytes) {
        return bytes / 100 * most + bytes % 100 * most / 100;
      }
    }
  }

  /**
   * Reads the system properties {@code engram.cuda.memory}, such as {@code 50%} or {@code 8GiB}
   * (default: all); {@code engram.cuda.sync}, {@code true} or {@code false} (default); {@code
   * engram.cuda.cache}, a folder (default: {@code engram/cuda} in the user's folder for caches);
   * and {@code engram.cuda.kernels}, {@code shares} (default), {@code steps} or {@code nests}.
   *
   * @throws EngramException when one of them has another value
   */
  public static CudaOptions ofProperties() {
    return of(name -> System.getProperty(name, ""), name -> System.getenv().getOrDefault(name, ""));
  }

  static CudaOptions of(UnaryOperator<String> properties, UnaryOperator<String> environment) {
    return new CudaOptions(
        memory(properties.apply("engram.cuda.memory").strip()),
        sync(properties.apply("engram.cuda.sync").strip()),
        cache(properties.apply("engram.cuda.cache"), environment, properties),
        kernels(properties.apply("engram.cuda.kernels").strip()));
  }

  private static Memory memory(String text) {
    Matcher m = AMOUNT.matcher(text);
    if (text.isEmpty()) {
      return new Memory.Percent(100);
    }
    if (m.matches()) {
      String unit = m.group(2) == null ? "" : m.group(2);
      long n = Long.parseLong(m.group(1));
      if (unit.equals("%") && n >= 1 && n <= 100) {
        return new Memory.Percent((int) n);
      }
      try {
        long bytes = Math.multiplyExact(n, bytes(unit));
        if (!unit.equals("%") && bytes > 0) {
          return new Memory.Bytes(bytes);
        }
      } catch (ArithmeticException e) {
        throw badMemory(text, e);
      }
    }
    throw badMemory(text, null);
  }

  /** Powers of 1000, but with an i of 1024. */
  private static long bytes(String unit) {
    if (unit.isEmpty() || unit.equals("B") || unit.equals("%")) {
      return 1;
    }
    long base = unit.contains("i") ? 1024 : 1000;
    long bytes = base;
    for (int k = "KMGT".indexOf(Character.toUpperCase(unit.charAt(0))); k > 0; k--) {
      bytes *= base;
    }
    return bytes;
  }

  private static EngramException badMemory(
      String text, @org.jspecify.annotations.Nullable Exception cause) {
    String message =
        "engram.cuda.memory is '" + text + "', expected a share or an amount, such as 50% or 8GiB";
    return cause == null ? new EngramException(message) : new EngramException(message, cause);
  }

  private static boolean sync(String text) {
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "true" -> true;
      case "false", "" -> false;
      default ->
          throw new EngramException("engram.cuda.sync is '" + text + "', expected true or false");
    };
  }

  private static Kernels kernels(String text) {
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "shares", "" -> Kernels.SHARES;
      case "steps" -> Kernels.STEPS;
      case "nests" -> Kernels.NESTS;
      default ->
          throw new EngramException(
              "engram.cuda.kernels is '" + text + "', expected shares, steps or nests");
    };
  }

  /** As the XDG Base Directory Specification has it. */
  private static Path cache(
      String text, UnaryOperator<String> environment, UnaryOperator<String> properties) {
    if (!text.isBlank()) {
      return Path.of(text.strip());
    }
    String caches = environment.apply("XDG_CACHE_HOME");
    Path folder =
        Path.of(caches).isAbsolute()
            ? Path.of(caches)
            : Path.of(properties.apply("user.home"), ".cache");
    return folder.resolve("engram/cuda");
  }
}
