package dev.engram.cli.terminal;

import java.io.PrintStream;
import java.util.Locale;
import java.util.function.LongSupplier;

/**
 * Shows the progress of a training. On a terminal one line is redrawn at most ten times a second;
 * elsewhere a plain line is printed after every tenth of the iterations. Not thread-safe.
 */
public final class ProgressBar implements AutoCloseable {
  private static final long REDRAW_NANOS = 100_000_000;
  private static final int BAR = 30;

  private final Terminal terminal;
  private final String label;
  private final long total;
  private final LongSupplier clock;
  private final boolean blocks;
  private final long start;
  private long drawnAt;
  private int drawnLength;
  private int tenths;
  private long done;
  private double loss = Double.NaN;
  private boolean closed;

  /** Makes a bar at 0 of {@code total}; {@code clock} counts nanoseconds. */
  ProgressBar(Terminal terminal, String label, long total, LongSupplier clock) {
    if (total < 1) {
      throw new IllegalArgumentException(
          "a progress bar needs a total of at least 1, got " + total);
    }
    this.terminal = terminal;
    this.label = label;
    this.total = total;
    this.clock = clock;
    this.blocks = terminal.err().charset().newEncoder().canEncode('█');
    this.start = clock.getAsLong();
    this.drawnAt = start - REDRAW_NANOS;
  }

  /** Shows that {@code done} iterations are finished, the last of them with this loss. */
  public void update(long done, double loss) {
    this.done = done;
    this.loss = loss;
    if (terminal.live()) {
      if (clock.getAsLong() - drawnAt >= REDRAW_NANOS) {
        draw();
      }
    } else if (done * 10 / total > tenths) {
      tenths = (int) (done * 10 / total);
      terminal.err().println(label + ": " + state());
    }
  }

  /** Prints a line on {@code stream} without damaging the bar. */
  public void println(PrintStream stream, String line) {
    erase();
    stream.println(line);
    stream.flush();
    if (terminal.live() && !closed) {
      draw();
    }
  }

  /** Leaves the final state of the bar on the terminal. */
  @Override
  public void close() {
    if (terminal.live() && !closed) {
      draw();
      terminal.err().println();
      terminal.err().flush();
      drawnLength = 0;
    }
    closed = true;
  }

  private void draw() {
    String text = label + " " + bar() + " " + state();
    // A line that reaches the last column would wrap, and could not be redrawn.
    text = text.substring(0, Math.min(text.length(), Math.max(1, terminal.columns() - 1)));
    String blanks = " ".repeat(Math.max(0, drawnLength - text.length()));
    terminal.err().print("\r" + text + blanks);
    terminal.err().flush();
    drawnLength = text.length();
    drawnAt = clock.getAsLong();
  }

  private void erase() {
    if (drawnLength > 0) {
      terminal.err().print("\r" + " ".repeat(drawnLength) + "\r");
      terminal.err().flush();
      drawnLength = 0;
    }
  }

  private String bar() {
    int room = terminal.columns() - 1 - label.length() - 3 - state().length();
    int width = Math.clamp(room, 0, BAR);
    int full = (int) (done * width / total);
    String on = blocks ? "█" : "#";
    String off = blocks ? "░" : ".";
    return width < 5 ? "" : "[" + on.repeat(full) + off.repeat(width - full) + "]";
  }

  /** {@code 120/200 16.3 it/s ETA 0:05 loss 2.0812}. */
  private String state() {
    double seconds = (clock.getAsLong() - start) / 1e9;
    double rate = seconds > 0 ? done / seconds : 0;
    String width = Long.toString(Long.toString(total).length());
    StringBuilder text = new StringBuilder(String.format("%" + width + "d/%d", done, total));
    if (done > 0 && rate > 0) {
      text.append(
          String.format(
              Locale.ROOT, "  %s it/s", rate < 10 ? format("%.2f", rate) : format("%.1f", rate)));
      text.append(done < total ? "  ETA " + time((total - done) / rate) : "  in " + time(seconds));
    }
    if (!Double.isNaN(loss)) {
      text.append("  loss ").append(format("%.4f", loss));
    }
    return text.toString();
  }

  private static String format(String pattern, double value) {
    return String.format(Locale.ROOT, pattern, value);
  }

  /** {@code m:ss} or {@code h:mm:ss}. */
  private static String time(double seconds) {
    long s = Math.round(seconds);
    return s < 3600
        ? String.format("%d:%02d", s / 60, s % 60)
        : String.format("%d:%02d:%02d", s / 3600, s / 60 % 60, s % 60);
  }
}
