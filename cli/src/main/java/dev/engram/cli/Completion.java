package dev.engram.cli;

import dev.engram.cli.terminal.Terminal;
import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Prints a completion script for the shell: {@code engram completion}. */
@Command(
    name = Completion.NAME,
    header = Completion.HEADER,
    description =
        "Prints a script with which bash or zsh completes commands, options and their values:"
            + " `source <(engram completion)`.")
final class Completion implements Callable<Integer> {
  /** Its name on the command line. */
  static final String NAME = "completion";

  /** Its line in the list of commands. */
  static final String HEADER = "print a completion script for bash or zsh";

  @Spec private CommandSpec spec = CommandSpec.create();

  private final Terminal terminal;

  Completion(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    terminal.out().print(AutoComplete.bash("engram", spec.root().commandLine()));
    return Main.OK;
  }
}
