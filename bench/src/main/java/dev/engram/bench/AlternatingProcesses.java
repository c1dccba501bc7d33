package dev.engram.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Two processes that measure the same in turns: what the machine does meanwhile meets both alike.
 * Each answers every line that it reads with a {@link Line} that has {@code ns}.
 */
final class AlternatingProcesses implements AutoCloseable {
  /** Between two turns: idle threads of OpenBLAS look for work for some 20 ms. */
  private static final long PAUSE_MS = 40;

  private static final long ENDS_SECONDS = 5;

  private final Side one;
  private final Side other;

  AlternatingProcesses(Child one, Child other) throws IOException {
    this.one = new Side(one);
    try {
      this.other = new Side(other);
    } catch (IOException e) {
      this.one.close();
      throw e;
    }
  }

  /** What each took. */
  record Times(Samples one, Samples other) {}

  /** Lets both warm up, one after the other, and then measures so many pairs. */
  Times measure(double warmSeconds, int pairs) throws IOException {
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
    return new Times(new Samples(first), new Samples(second));
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
      process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
      in =
          new BufferedReader(
              new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
      out = process.outputWriter(StandardCharsets.UTF_8);
    }

    /** Nanoseconds of one measurement. */
    double next() throws IOException {
      try {
        out.write("next\n");
        out.flush();
        for (String s = in.readLine(); s != null; s = in.readLine()) {
          Optional<Line> line = Line.parse(s);
          if (line.isPresent()) {
            return line.get().number("ns");
          }
        }
      } catch (IOException e) {
        throw new IOException(command + " ended", e);
      }
      throw new IOException(command + " ended");
    }

    @Override
    public void close() {
      try {
        out.close(); // ends it
        if (process.waitFor(ENDS_SECONDS, TimeUnit.SECONDS)) {
          return;
        }
      } catch (IOException e) {
        // it has ended before
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      process.destroyForcibly();
    }
  }
}
