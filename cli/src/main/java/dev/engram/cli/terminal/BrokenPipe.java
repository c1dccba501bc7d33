package dev.engram.cli.terminal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.util.Optional;

/**
 * Detects writes that failed because the reader closed the pipe. Java exposes no error number for
 * that, only the operating system's message, which is in the user's language; breaking a pipe on
 * purpose shows what the message is here.
 */
public final class BrokenPipe {
  private BrokenPipe() {}

  /** True for the failure of a write to a pipe without a reader. */
  static boolean is(IOException failure) {
    return text().map(t -> t.equals(failure.getMessage())).orElse(false);
  }

  /** Returns the message of such a failure on this system; empty where no pipe can be made. */
  static Optional<String> text() {
    Pipe pipe;
    try {
      pipe = Pipe.open();
    } catch (IOException e) {
      return Optional.empty();
    }
    try (Pipe.SinkChannel in = pipe.sink()) {
      pipe.source().close();
      in.write(ByteBuffer.allocate(1));
      return Optional.empty();
    } catch (IOException broken) {
      return Optional.ofNullable(broken.getMessage());
    }
  }
}
