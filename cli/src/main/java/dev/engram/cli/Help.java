package dev.engram.cli;

import dev.engram.cli.option.Words;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Prints help: {@code engram help train match} is {@code engram train match --help}. */
@Command(
    name = Help.NAME,
    header = Help.HEADER,
    description = "Prints the help of a command, as `engram COMMAND --help` does.")
final class Help implements Callable<Integer> {
  /** Its name on the command line. */
  static final String NAME = "help";

  /** Its line in the list of commands. */
  static final String HEADER = "print the help of a command";

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "COMMAND", description = "such as `train copying`")
  private List<String> words = new ArrayList<>();

  @Override
  public Integer call() {
    CommandLine at = spec.root().commandLine();
    for (String word : words) {
      Map<String, CommandLine> commands = at.getSubcommands();
      if (!commands.containsKey(word)) {
        throw new ParameterException(
            spec.commandLine(),
            "there is no command `"
                + at.getCommandSpec().qualifiedName()
                + " "
                + Words.shown(word)
                + "`");
      }
      at = commands.get(word);
    }
    at.usage(at.getOut());
    return Main.OK;
  }
}
