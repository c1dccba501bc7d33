package dev.engram.cli;

import dev.engram.cli.terminal.Terminal;
import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Prints what teaches a shell the words of the command: {@code engram completion}. */
@Command(
    name = Completion.NAME,
    header = Completion.HEADER,
    description =
        "Prints a script that has bash or zsh complete commands, options and their values:"
            + " `source <(engram completion)`.")
final class Completion implements Callable<Integer> {
  /** How it is called. */
  static final String NAME = "completion";

  /** What it does, for the list of commands. */
  static final String HEADER = "print a script that has bash or zsh complete words";

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
