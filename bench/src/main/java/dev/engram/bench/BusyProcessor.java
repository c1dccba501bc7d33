package dev.engram.bench;

import java.io.IOException;

/** A process that does nothing but keep one processor busy, the last one, until it is closed. */
final class BusyProcessor implements AutoCloseable {
  private final Process process;

  private BusyProcessor(Process process) {
    this.process = process;
  }

  /**
   * Starts it.
   *
   * @throws IOException where the machine has no {@code taskset}, as others than Linux
   */
  static BusyProcessor start() throws IOException {
    String last = Integer.toString(Runtime.getRuntime().availableProcessors() - 1);
    return new BusyProcessor(
        new ProcessBuilder("taskset", "-c", last, "sh", "-c", "while :; do :; done").start());
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
