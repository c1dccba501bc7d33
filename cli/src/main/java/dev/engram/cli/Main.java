package dev.engram.cli;

import dev.engram.cli.doctor.Doctor;
import dev.engram.cli.inspect.Dump;
import dev.engram.cli.inspect.Explain;
import dev.engram.cli.inspect.Opt;
import dev.engram.cli.inspect.Profile;
import dev.engram.cli.inspect.Run;
import dev.engram.cli.memory.Memory;
import dev.engram.cli.option.Listing;
import dev.engram.cli.shell.Shell;
import dev.engram.cli.terminal.Terminal;
import dev.engram.cli.train.Train;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.UsageMessageSpec;
import picocli.CommandLine.ParseResult;

/** The command {@code engram}. */
public final class Main {
  /** Success. */
  static final int OK = 0;

  /** The command line was valid, but the command failed. */
  static final int FAILED = 1;

  /** The command line was not valid. */
  static final int USAGE = 2;

  private static final int COLUMNS = 100;

  /** The order of an option that comes after all others. */
  private static final int LAST = 1000;

  private final Terminal terminal;
  private final Function<Predicate<String>, CommandLine> commands;

  Main(Terminal terminal) {
    this(terminal, called -> command(terminal, called));
  }

  /**
   * Runs the given commands instead of those of {@link #command}.
   *
   * @param commands makes the commands, given which names occur in the command line
   */
  Main(Terminal terminal, Function<Predicate<String>, CommandLine> commands) {
    this.terminal = terminal;
    this.commands = commands;
  }

  /** Makes the command that parses these words. */
  CommandLine command(String... words) {
    List<String> all = Arrays.asList(words);
    boolean every = all.contains(Completion.NAME) || all.contains(Help.NAME);
    CommandLine command = commands.apply(name -> every || all.contains(name));
    command.setOut(new PrintWriter(terminal.out(), true, terminal.out().charset()));
    command.setErr(new PrintWriter(terminal.err(), true, terminal.err().charset()));
    command.setColorScheme(CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.OFF));
    command.setUsageHelpWidth(COLUMNS);
    // The header appears in the list of commands; the help of a command begins with its usage.
    List<String> sections = new ArrayList<>(command.getHelpSectionKeys());
    sections.remove(UsageMessageSpec.SECTION_KEY_HEADER);
    command.setHelpSectionKeys(sections);
    command.setPosixClusteredShortOptionsAllowed(false);
    command.setOverwrittenOptionsAllowed(true);
    command.setExpandAtFiles(false); // @f is the graph f
    command.setParameterExceptionHandler(new UsageErrors(terminal.err()));
    command.setExecutionExceptionHandler(new Failures(terminal.err()));
    inAllCommands(command);
    return command;
  }

  private static void inAllCommands(CommandLine command) {
    CommandSpec spec = command.getCommandSpec();
    spec.addOption(
        OptionSpec.builder("-h", "--help")
            .usageHelp(true)
            .order(LAST)
            .description("show this text")
            .build());
    spec.usageMessage()
        .abbreviateSynopsis(true)
        .sortOptions(false)
        .synopsisHeading("usage: ")
        .descriptionHeading("%n")
        .parameterListHeading("%nparameters:%n")
        .optionListHeading("%noptions:%n");
    command.getSubcommands().values().forEach(Main::inAllCommands);
  }

  /**
   * Makes all commands. Reading annotations takes much of the start-up time, so commands that are
   * not called are only listed.
   */
  static CommandLine command(Terminal terminal, Predicate<String> called) {
    CommandLine engram = new CommandLine(new EngramCommand());
    engram.getCommandSpec().usageMessage().commandListHeading("%ncommands:%n");
    new Listing(engram, called)
        .add(Train.NAME, Train.HEADER, () -> Train.command(terminal, called))
        .add(Memory.NAME, Memory.HEADER, () -> new CommandLine(new Memory(terminal)))
        .add(Dump.NAME, Dump.HEADER, () -> new CommandLine(new Dump(terminal)))
        .add(Explain.NAME, Explain.HEADER, () -> new CommandLine(new Explain(terminal)))
        .add(Opt.NAME, Opt.HEADER, () -> new CommandLine(new Opt(terminal)))
        .add(Run.NAME, Run.HEADER, () -> new CommandLine(new Run(terminal)))
        .add(Profile.NAME, Profile.HEADER, () -> new CommandLine(new Profile(terminal)))
        .add(Shell.NAME, Shell.HEADER, () -> new CommandLine(new Shell()))
        .add(Doctor.NAME, Doctor.HEADER, () -> new CommandLine(new Doctor(terminal)))
        .add(Completion.NAME, Completion.HEADER, () -> new CommandLine(new Completion(terminal)))
        .add(Help.NAME, Help.HEADER, () -> new CommandLine(new Help()));
    return engram;
  }

  /**
   * Runs one command and exits: 0 for success, 1 for a failure, 2 for wrong usage. A reader that
   * closes the pipe early, such as {@code head}, is not a failure.
   */
  public static void main(String[] args) {
    withoutDisplay();
    Terminal terminal = Terminal.system();
    int code = new Main(terminal).run(args);
    terminal.out().flush();
    terminal.err().flush();
    System.exit(code);
  }

  /** Makes AWT headless: charts are drawn in memory and need no display. */
  static void withoutDisplay() {
    System.setProperty("java.awt.headless", "true");
  }

  /** Runs one command and returns the exit code. */
  int run(String... args) {
    int code = attempt(args);
    Optional<IOException> lost = terminal.out().failure();
    if (lost.isEmpty()) {
      return code;
    }
    terminal.err().println("engram: cannot write to standard output: " + lost.get().getMessage());
    return code == OK ? FAILED : code;
  }

  private int attempt(String... args) {
    CommandLine command = command(args);
    try {
      return command.execute(args);
    } catch (OutOfMemoryError | StackOverflowError e) {
      return new Failures(terminal.err()).report(e, called(command));
    }
  }

  /** Returns the innermost command that was named. */
  private static CommandLine called(CommandLine command) {
    ParseResult words = command.getParseResult();
    while (words.hasSubcommand()) {
      words = words.subcommand();
    }
    return words.commandSpec().commandLine();
  }
}
