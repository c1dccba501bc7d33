package dev.engram.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command without a subcommand. */
@Command(
    name = "engram",
    description = "Trains networks online, and shows what the compiler makes of programs.",
    versionProvider = Version.class,
    exitCodeListHeading = "%nexit codes:%n",
    exitCodeList = {
      "0:success",
      "1:the command line was valid, but the command failed",
      "2:the command line was not valid; nothing was done"
    },
    footer = {"", "`engram COMMAND --help` describes a command."})
final class EngramCommand implements Runnable {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = {"-V", "--version"},
      versionHelp = true,
      order = 2000,
      description = "print the versions of Engram and of Java")
  @SuppressWarnings("UnusedVariable") // set and read by picocli
  private boolean version;

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(),
        "a command is missing: " + String.join(", ", spec.subcommands().keySet()));
  }
}
