package dev.engram.cli.train;

import dev.engram.cli.option.Listing;
import dev.engram.cli.terminal.Terminal;
import dev.engram.cli.train.problem.SequenceTask;
import java.util.function.Predicate;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code engram train}, which has a command for each task. */
@Command(
    name = Train.NAME,
    header = Train.HEADER,
    description = "Trains a network on a task, and writes charts and a table of its losses.",
    commandListHeading = "%njobs:%n",
    footer = {"", "`engram train JOB --help` lists the options of a job."})
public final class Train implements Runnable {
  /** How it is called. */
  public static final String NAME = "train";

  /** What it does, for the list of commands. */
  public static final String HEADER = "train a network on a task";

  @Spec private CommandSpec spec = CommandSpec.create();

  /** The command with those of all tasks, of which only the called one is made. */
  public static CommandLine command(Terminal terminal, Predicate<String> called) {
    CommandLine train = new CommandLine(new Train());
    Listing listing = new Listing(train, called);
    for (SequenceTask task : SequenceTask.all()) {
      listing.add(task.name(), task.title(), () -> Training.command(task, terminal));
    }
    return train;
  }

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(),
        "train needs the name of a job: " + String.join(", ", spec.subcommands().keySet()));
  }
}
