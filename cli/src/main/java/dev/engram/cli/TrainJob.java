package dev.engram.cli;

import java.io.IOException;

/** The training behind {@code engram train copying}. */
@FunctionalInterface
interface TrainJob {
  /**
   * Trains, reports on {@code terminal}, and writes {@link TrainOptions#chartFile} and {@link
   * TrainOptions#tableFile}, whose folder exists and is writable.
   *
   * @throws IOException when a result cannot be written; its message is all that the user sees
   */
  void run(TrainOptions options, Terminal terminal) throws IOException;
}
