package dev.engram.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Two processes that measure the same in turns: what the machine does meanwhile meets both alike.
 * Each answers every line that it reads with a {@link Line} that has {@code ns}.
 */
final class Turns implements AutoCloseable {
  /** Between two turns: idle threads of OpenBLAS look for work for some 20 ms. */
  private static final long PAUSE_MS = 40;

  private final Side one;
  private final Side other;

  Turns(Child one, Child other) throws IOException {
    this.one = new Side(one);
    try {
      this.other = new Side(other);
    } catch (IOException e) {
      this.one.close();
      throw e;
    }
  }

  /** What both took, pair by pair. */
  record Pairs(Samples one, Samples other) {}

  /** Lets both warm up, one after the other, and then measures so many pairs. */
  Pairs measure(double warmSeconds, int pairs) throws IOException {
    warm(one, warmSeconds);
    pause();
    warm(other, warmSeconds);
    List<Double> first = new ArrayList<>();
    List<Double> second = new ArrayList<>();
    for (int i = 0; i < pairs; i++) {
      boolean forward = i % 2 == 0;
      pause();
      (forward ? first : second).add((forward ? one : other).next());
      pause();
      (forward ? second : first).add((forward ? other : one).next());
    }
    return new Pairs(new Samples(first), new Samples(second));
  }

  private static void pause() throws IOException {
    try {
      Thread.sleep(PAUSE_MS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private static void warm(Side side, double seconds) throws IOException {
    long end = System.nanoTime() + (long) (seconds * 1e9);
    do {
      side.next();
    } while (System.nanoTime() < end);
  }

  @Override
  public void close() {
    one.close();
    other.close();
  }

  private static final class Side implements AutoCloseable {
    private final List<String> command;
    private final Process process;
    private final BufferedReader in;
    private final Writer out;

    Side(Child child) throws IOException {
      command = child.command();
      process = new ProcessBuilder(command).redirectErrorStream(true).start();
      in =
          new BufferedReader(
              new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
      out = process.outputWriter(StandardCharsets.UTF_8);
    }

    /** Nanoseconds of one measurement. */
    double next() throws IOException {
      out.write("next\n");
      out.flush();
      List<String> said = new ArrayList<>();
      for (String s = in.readLine(); s != null; s = in.readLine()) {
        Optional<Line> line = Line.parse(s);
        if (line.isPresent()) {
          return line.get().number("ns");
        }
        said.add(s);
      }
      throw new IOException(command + " ended:\n" + String.join("\n", said));
    }

    @Override
    public void close() {
      process.destroyForcibly();
    }
  }
}
