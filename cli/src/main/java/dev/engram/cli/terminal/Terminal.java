package dev.engram.cli.terminal;

import java.io.BufferedOutputStream;
import java.io.File;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The streams that a command prints to.
 *
 * @param out for results
 * @param err for progress, warnings and errors
 * @param live whether {@code err} is a terminal, on which a line can be redrawn
 * @param columns the width of that terminal
 */
public record Terminal(ResultStream out, PrintStream err, boolean live, int columns) {
  private static final int DEFAULT_COLUMNS = 80;
  private static final int BUFFER = 8192;

  /** Returns the streams of this process. */
  public static Terminal system() {
    boolean live = !"dumb".equals(System.getenv("TERM")) && errIsTerminal();
    ResultStream out =
        new ResultStream(
            new BufferedOutputStream(new FileOutputStream(FileDescriptor.out), BUFFER),
            System.out.charset());
    return new Terminal(out, System.err, live, live ? columnsOfTerminal() : DEFAULT_COLUMNS);
  }

  /**
   * Returns a terminal that prints results to the error stream, when the output is needed
   * otherwise.
   */
  public Terminal withResultsOnErr() {
    return new Terminal(new ResultStream(err, err.charset()), err, live, columns);
  }

  /** Makes a progress bar for {@code total} iterations with this label. */
  public ProgressBar progress(String label, long total) {
    return new ProgressBar(this, label, total, System::nanoTime);
  }

  private static boolean errIsTerminal() {
    // Console.isTerminal is about input and output together, and either may be redirected alone.
    Path descriptor = Path.of("/proc/self/fd/" + Integer.getInteger("engram.stderr", 2));
    if (Files.isSymbolicLink(descriptor)) {
      try {
        String target = Files.readSymbolicLink(descriptor).toString();
        return target.startsWith("/dev/pts/")
            || target.startsWith("/dev/tty")
            || target.equals("/dev/console");
      } catch (IOException e) {
        return false;
      }
    }
    return System.console() != null && System.console().isTerminal();
  }

  private static int columnsOfTerminal() {
    try {
      Process stty =
          new ProcessBuilder("stty", "size")
              .redirectInput(new File("/dev/tty"))
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      String size = new String(stty.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
      Matcher rowsAndColumns = Pattern.compile("\\d{1,5} (\\d{1,5})\\s*").matcher(size);
      int columns = rowsAndColumns.matches() ? Integer.parseInt(rowsAndColumns.group(1)) : 0;
      return columns > 0 ? columns : DEFAULT_COLUMNS;
    } catch (IOException e) {
      return DEFAULT_COLUMNS;
    }
  }
}
