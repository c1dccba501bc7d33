package dev.engram.cli.terminal;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Where results are printed: as {@link PrintStream} does, which says that it failed but not why.
 */
public final class ResultStream extends PrintStream {
  private final Remembering target;
  private final Predicate<IOException> closedByReader;

  public ResultStream(OutputStream target, Charset charset) {
    this(target, charset, BrokenPipe::is);
  }

  /**
   * @param closedByReader tells those failures which mean that nobody reads any more
   */
  public ResultStream(OutputStream target, Charset charset, Predicate<IOException> closedByReader) {
    Remembering remembering = new Remembering(target);
    this.target = remembering;
    this.closedByReader = closedByReader;
    super(remembering, true, charset);
  }

  /**
   * Why something that was printed could not be written; empty when all of it was, or when its
   * reader closed the pipe early: who does has seen enough.
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
