package dev.engram.ir.runtime;

import java.util.Locale;

/** Numbers of bytes in words. */
public final class Bytes {
  private static final String[] UNITS = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};

  private Bytes() {}

  /** {@code 33.6 MB}; a unit is 1000 of the one before it. */
  public static String text(long bytes) {
    double n = bytes;
    int unit = 0;
    while (n >= 1000 && unit < UNITS.length - 1) {
      n /= 1000;
      unit++;
    }
    return unit == 0 ? bytes + " B" : String.format(Locale.ROOT, "%.1f %s", n, UNITS[unit]);
  }
}
