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

/** {@code engram train}, with a subcommand for each task. */
@Command(
    name = Train.NAME,
    header = Train.HEADER,
    description = "Trains a network on a task, and writes charts and a table of its losses.",
    commandListHeading = "%ntasks:%n",
    footer = {"", "`engram train TASK --help` lists the options of a task."})
public final class Train implements Runnable {
  /** Its name on the command line. */
  public static final String NAME = "train";

  /** Its line in the list of commands. */
  public static final String HEADER = "train a network on a task";

  @Spec private CommandSpec spec = CommandSpec.create();

  /**
   * Makes the command, with a subcommand for each task; only the one that is called is constructed.
   */
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
        "train needs the name of a task: " + String.join(", ", spec.subcommands().keySet()));
  }
}
