package dev.engram.cli;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.util.Optional;

/**
 * Where results are printed: as {@link PrintStream} does, which says that it failed but not why.
 */
final class ResultStream extends PrintStream {
  private final Remembering target;

  ResultStream(OutputStream target, Charset charset) {
    Remembering remembering = new Remembering(target);
    this.target = remembering;
    super(remembering, true, charset);
  }

  /** Why something that was printed could not be written; empty when all of it was. */
  Optional<IOException> failure() {
    flush();
    return Optional.ofNullable(target.failure);
  }

  private static final class Remembering extends FilterOutputStream {
    private @org.jspecify.annotations.Nullable IOException failure;

    Remembering(OutputStream target) {
      super(target);
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int count) throws IOException {
      try {
        out.write(bytes, from, count);
      } catch (IOException e) {
        failure = failure == null ? e : failure;
        throw e;
      }
    }

    @Override
    public void flush() throws IOException {
      try {
        super.flush();
      } catch (IOException e) {
        failure = failure == null ? e : failure;
        throw e;
      }
    }
  }
}
