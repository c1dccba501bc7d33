package dev.engram.cli.terminal;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.util.Optional;
import java.util.function.Predicate;

/** The stream for results: a {@link PrintStream} that also remembers why it failed. */
public final class ResultStream extends PrintStream {
  private final Remembering target;
  private final Predicate<IOException> closedByReader;

  public ResultStream(OutputStream target, Charset charset) {
    this(target, charset, BrokenPipe::is);
  }

  /**
   * @param closedByReader true for failures that mean that the reader closed the pipe
   */
  public ResultStream(OutputStream target, Charset charset, Predicate<IOException> closedByReader) {
    Remembering remembering = new Remembering(target);
    this.target = remembering;
    this.closedByReader = closedByReader;
    super(remembering, true, charset);
  }

  /**
   * Returns why something could not be written; empty when everything was, or when the reader
   * closed the pipe early, which is no failure.
   */
  public Optional<IOException> failure() {
    flush();
    return Optional.ofNullable(target.failure).filter(closedByReader.negate());
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
