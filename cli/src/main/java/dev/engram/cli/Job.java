package dev.engram.cli;

import java.io.IOException;

/** What a command does once its words are understood. */
@FunctionalInterface
interface Job<O> {
  /**
   * Does it; results go to {@code terminal.out()}.
   *
   * @throws IOException when it cannot be done; its message is all that the user sees
   */
  void run(O options, Terminal terminal) throws IOException;
}
