package dev.engram.testkit;

import dev.engram.ir.checks.Given;
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
 * @param log where what changed is printed
 */
public record Bless(boolean on, boolean ci, PrintStream log) {
  public Bless {
    Given.given("Bless", "log", log);
  }

  /**
   * Rewrites where the system property {@code engram.bless} is {@code true}, refuses to where the
   * environment variable {@code CI} is, and prints to {@link System#out}.
   */
  public static Bless fromSettings() {
    return new Bless(
        Boolean.getBoolean("engram.bless"), "true".equals(System.getenv("CI")), System.out);
  }

  /**
   * Does nothing where the two texts are equal; else rewrites the file or fails.
   *
   * @param is the content of the file
   * @param expected what it should be
   * @throws AssertionError with the lines that differ
   * @throws IOException when the file cannot be written
   */
  public void check(Path file, String is, String expected) throws IOException {
    Given.given("Bless.check", "file", file);
    Given.given("Bless.check", "is", is);
    Given.given("Bless.check", "expected", expected);
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
