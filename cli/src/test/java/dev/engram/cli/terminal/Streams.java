package dev.engram.cli.terminal;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;

/** A terminal whose output a test can read. */
public final class Streams {
  private final Charset charset;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  public Streams() {
    this(StandardCharsets.UTF_8);
  }

  public Streams(Charset charset) {
    this.charset = charset;
  }

  public Terminal terminal(boolean live, int columns) {
    return new Terminal(
        new ResultStream(out, charset), new PrintStream(err, true, charset), live, columns);
  }

  public String out() {
    return out.toString(charset);
  }

  public String err() {
    return err.toString(charset);
  }
}
