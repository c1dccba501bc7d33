package dev.engram.cli;

import java.io.IOException;

/** The printing behind {@code engram dump}. */
@FunctionalInterface
interface DumpJob {
  /**
   * Prints the graph on {@code terminal.out()}.
   *
   * @throws IOException when the graph cannot be read; its message is all that the user sees
   */
  void run(DumpOptions options, Terminal terminal) throws IOException;
}
