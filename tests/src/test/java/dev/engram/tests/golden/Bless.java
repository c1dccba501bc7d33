package dev.engram.tests.golden;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Compares a golden file with its expected content or, with {@code -Dengram.bless=true}, rewrites
 * it and prints what changed.
 *
 * @param on rewrite instead of failing
 * @param ci on a build server, which must never rewrite
 */
public record Bless(boolean on, boolean ci, PrintStream log) {

  public static Bless fromSettings() {
    return new Bless(
        Boolean.getBoolean("engram.bless"), "true".equals(System.getenv("CI")), System.out);
  }

  public void check(Path file, String is, String expected) throws IOException {
    if (is.equals(expected)) {
      return;
    }
    String diff = LineDiff.of(is, expected);
    if (!on) {
      throw new AssertionError(
          file.getFileName()
              + " does not meet its expectations (- the file, + what it should be;"
              + " -Dengram.bless=true rewrites it):\n"
              + diff);
    }
    if (ci) {
      throw new AssertionError("engram.bless is refused where CI=true:\n" + diff);
    }
    log.println("blessed " + file + "\n" + diff);
    Files.writeString(file, expected);
  }
}
