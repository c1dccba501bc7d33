package dev.engram.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Two processes that measure the same in turns: what the machine does meanwhile meets both alike.
 * Each answers every line that it reads with a {@link Line} that has {@code ns}, and where it
 * trains the {@code losses} since the line before.
 */
final class AlternatingProcesses implements AutoCloseable {
  /** Between two turns: idle threads of OpenBLAS look for work for some 20 ms. */
  private static final long PAUSE_MS = 40;

  private static final long ENDS_SECONDS = 5;

  private final Side one;
  private final Side other;

  AlternatingProcesses(Child one, Child other) {
    this.one = new Side(one);
    this.other = new Side(other);
  }

  /** What each took, and with what losses. */
  record Times(Turns one, Turns other) {}

  /**
   * The turns of one process.
   *
   * @param losses from the start of its warm-up
   */
  record Turns(Samples ns, List<Double> losses) {}

  /**
   * Lets both warm up, one after the other, and then measures so many pairs.
   *
   * @param warmSeconds from the end of the first measurement on
   */
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
    return new Times(
        new Turns(new Samples(first), List.copyOf(one.losses)),
        new Turns(new Samples(second), List.copyOf(other.losses)));
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
    side.next(); // starts and compiles
    long end = System.nanoTime() + (long) (seconds * 1e9);
    while (System.nanoTime() < end) {
      side.next();
    }
  }

  @Override
  public void close() {
    one.close();
    other.close();
  }

  private static final class Side implements AutoCloseable {
    private final Child child;
    private final List<Double> losses = new ArrayList<>();
    private Optional<Running> running = Optional.empty();

    private record Running(Process process, BufferedReader in, Writer out) {}

    Side(Child child) {
      this.child = child;
    }

    /** Starts the process when it is first asked: it may read what the other one has written. */
    private Running running() throws IOException {
      if (running.isEmpty()) {
        Process p =
            new ProcessBuilder(child.command())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        running =
            Optional.of(
                new Running(
                    p,
                    p.inputReader(StandardCharsets.UTF_8),
                    p.outputWriter(StandardCharsets.UTF_8)));
      }
      return running.get();
    }

    /** Nanoseconds of one measurement. */
    double next() throws IOException {
      Running r = running();
      try {
        r.out.write("next\n");
        r.out.flush();
        for (String s = r.in.readLine(); s != null; s = r.in.readLine()) {
          Optional<Line> line = Line.parse(s);
          if (line.isPresent()) {
            if (line.get().has("losses")) {
              losses.addAll(line.get().numbers("losses"));
            }
            return line.get().number("ns");
          }
        }
      } catch (IOException e) {
        throw new IOException(child.command() + " ended", e);
      }
      throw new IOException(child.command() + " ended");
    }

    @Override
    public void close() {
      running.ifPresent(Side::end);
    }

    private static void end(Running r) {
      try {
        r.out.close(); // ends it
        if (r.process.waitFor(ENDS_SECONDS, TimeUnit.SECONDS)) {
          return;
        }
      } catch (IOException e) {
        // it has ended before
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      r.process.destroyForcibly();
    }
  }
}
