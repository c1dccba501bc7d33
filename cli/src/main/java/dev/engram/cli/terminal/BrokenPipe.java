package dev.engram.cli.terminal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.util.Optional;

/**
 * Tells whether a write failed because nobody reads the pipe any more. Java has no error number for
 * that, only the operating system's text, which is in the user's language; a pipe that is broken on
 * purpose shows what it is here.
 */
public final class BrokenPipe {
  private BrokenPipe() {}

  /** True for what a write to a pipe without a reader gives on this system. */
  static boolean is(IOException failure) {
    return text().map(t -> t.equals(failure.getMessage())).orElse(false);
  }

  /** What such a write says here; empty where no pipe can be made. */
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
