package dev.engram.cli;

import dev.engram.cli.terminal.Terminal;

/**
 * The training run for the launcher's class archive: runs several command lines in one JVM, one per
 * argument. A line may be invalid, so that its error path is archived too; none may fail.
 */
public final class Trial {
  private Trial() {}

  /** Runs each of {@code lines}. */
  public static void main(String[] lines) {
    Main.withoutDisplay();
    int worst = Main.OK;
    for (String line : lines) {
      Terminal terminal = Terminal.system();
      int code = new Main(terminal).run(line.split(" "));
      terminal.out().flush();
      terminal.err().println("exit code " + code + ": engram " + line);
      worst = code == Main.USAGE ? worst : Math.max(worst, code);
    }
    System.exit(worst);
  }
}
