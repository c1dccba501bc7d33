package dev.engram.cli;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;

/** A terminal whose output a test can read. */
final class Streams {
  private final Charset charset;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  Streams() {
    this(StandardCharsets.UTF_8);
  }

  Streams(Charset charset) {
    this.charset = charset;
  }

  Terminal terminal(boolean live, int columns) {
    return new Terminal(
        new ResultStream(out, charset), new PrintStream(err, true, charset), live, columns);
  }

  String out() {
    return out.toString(charset);
  }

  String err() {
    return err.toString(charset);
  }
}
