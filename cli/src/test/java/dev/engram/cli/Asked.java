package dev.engram.cli;

import dev.engram.cli.inspect.Dump;
import dev.engram.cli.inspect.DumpOptions;
import dev.engram.cli.terminal.Streams;
import dev.engram.cli.train.Training;
import dev.engram.cli.train.problem.SequenceTask;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.ParseResult;

/** Command lines as the commands read them. */
final class Asked {
  private Asked() {}

  /** The command that trains this. */
  static CommandLine command(SequenceTask task) {
    CommandLine all = new Main(new Streams().terminal(false, 80)).command("train", task.name());
    return all.getSubcommands().get("train").getSubcommands().get(task.name());
  }

  /** The settings that these options ask for. */
  static SequenceTask.Settings settings(SequenceTask task, String options) {
    List<String> words = new ArrayList<>(List.of("train", task.name()));
    words.addAll(Arrays.asList(options.split(" ")));
    return ((Training) parsed(words)).settings();
  }

  /** What these words ask {@code engram dump} for. */
  static DumpOptions dump(String... words) {
    List<String> all = new ArrayList<>(List.of("dump"));
    all.addAll(Arrays.asList(words));
    return ((Dump) parsed(all)).options();
  }

  private static Object parsed(List<String> words) {
    String[] line = words.toArray(String[]::new);
    CommandLine all = new Main(new Streams().terminal(false, 80)).command(line);
    ParseResult at = all.parseArgs(line);
    while (at.hasSubcommand()) {
      at = at.subcommand();
    }
    return at.commandSpec().userObject();
  }
}
