package dev.engram.cli;

import java.io.IOException;
import java.lang.module.ModuleDescriptor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The command {@code engram}. */
public final class Main {
  /** Everything was done. */
  static final int OK = 0;

  /** The command line was understood, and something failed later. */
  static final int FAILED = 1;

  /** The command line was wrong. */
  static final int USAGE = 2;

  private static final List<String> COMMANDS =
      List.of("train", "dump", "explain", "opt", "run", "--help", "--version");
  private static final List<String> JOBS = trainings();
  private static final String HELP =
      """
      usage: engram COMMAND [OPTIONS]

      commands:
        train copying   train a GRU on the copying task, online and offline
        train JOB       train on another task, online unless told otherwise: integrator, match,
                        match-lif, digits, text, network
        dump            print a program after a stage of the compiler
        explain         print how a model learns online: groups, traces, costs
        opt             run passes on the graphs of a file, or find the pass that spoils them
        run             run the graphs of a file
        --version       print the versions of Engram and of Java
        --help          print this text; `engram COMMAND --help` tells more
      """;

  private final Jobs jobs;
  private final Terminal terminal;

  /** What the commands do. */
  record Jobs(
      Job<TrainOptions> train,
      Job<DumpOptions> dump,
      Job<ExplainOptions> explain,
      Job<OptOptions> opt,
      Job<RunOptions> run) {}

  Main(Jobs jobs, Terminal terminal) {
    this.jobs = jobs;
    this.terminal = terminal;
  }

  /**
   * Runs one command and ends the JVM: 0 when all went well, 1 for a failure, 2 for wrong usage.
   */
  public static void main(String[] args) {
    // Charts are drawn in memory; no display is ever looked for.
    System.setProperty("java.awt.headless", "true");
    Terminal terminal = Terminal.system();
    Jobs jobs =
        new Jobs(
            CopyingProblem::train, new StepDump(), new ExplainJob(), new OptJob(), new RunJob());
    int code = new Main(jobs, terminal).run(args);
    terminal.out().flush();
    terminal.err().flush();
    System.exit(code);
  }

  /** Runs one command and returns the exit code. */
  int run(String... args) {
    List<String> words = Arrays.asList(args);
    String usage = "engram COMMAND [OPTIONS]";
    String help = "engram --help";
    try {
      String command = words.isEmpty() ? "" : words.getFirst();
      switch (command) {
        case "" -> throw new UsageException("a command is missing: " + String.join(", ", COMMANDS));
        case "-h", "--help", "help" -> terminal.out().print(HELP);
        case "-V", "--version" -> terminal.out().println(version());
        case "train" -> {
          usage = TrainOptions.SYNTAX.usage();
          help = "engram train --help";
          train(words.subList(1, words.size()));
        }
        case "dump" -> {
          usage = DumpOptions.SYNTAX.usage();
          help = "engram dump --help";
          command(DumpOptions.SYNTAX, DumpOptions::parse, jobs.dump(), words);
        }
        case "explain" -> {
          usage = ExplainOptions.SYNTAX.usage();
          help = "engram explain --help";
          command(ExplainOptions.SYNTAX, ExplainOptions::parse, jobs.explain(), words);
        }
        case "opt" -> {
          usage = OptOptions.SYNTAX.usage();
          help = "engram opt --help";
          command(OptOptions.SYNTAX, OptOptions::parse, jobs.opt(), words);
        }
        case "run" -> {
          usage = RunOptions.SYNTAX.usage();
          help = "engram run --help";
          command(RunOptions.SYNTAX, RunOptions::parse, jobs.run(), words);
        }
        default ->
            throw new UsageException(
                "unknown command '"
                    + OptionType.shown(command)
                    + "'"
                    + Spelling.hint(command, COMMANDS));
      }
      return OK;
    } catch (UsageException e) {
      terminal.err().println("engram: " + e.getMessage());
      terminal.err().println("usage: " + usage + " (`" + help + "` tells more)");
      return USAGE;
    } catch (IOException e) {
      terminal.err().println("engram: " + e.getMessage());
      return FAILED;
    } catch (OutOfMemoryError e) {
      terminal
          .err()
          .println(
              "engram: out of memory ("
                  + e.getMessage()
                  + "); lower --batch, --hidden, --layers or --lag");
      return FAILED;
    }
  }

  private static List<String> trainings() {
    List<String> names = new ArrayList<>(List.of("copying"));
    SequenceTask.all().forEach(t -> names.add(t.name()));
    return List.copyOf(names);
  }

  private void train(List<String> words) throws UsageException, IOException {
    Optional<SequenceTask> task = words.stream().findFirst().flatMap(SequenceTask::named);
    if (task.isPresent()) {
      train(task.get(), words.subList(1, words.size()));
      return;
    }
    if (asksForHelp(words)) {
      terminal.out().print(TrainOptions.SYNTAX.help());
      return;
    }
    if (words.isEmpty() || words.getFirst().startsWith("-")) {
      throw new UsageException("train needs the name of a job: " + String.join(", ", JOBS));
    }
    String job = words.getFirst();
    if (!JOBS.contains(job)) {
      throw new UsageException(
          "unknown job '" + OptionType.shown(job) + "', expected " + String.join(", ", JOBS));
    }
    TrainOptions options = TrainOptions.parse(words.subList(1, words.size()));
    checkMemory(options);
    OutputFolder.prepare(options.out(), Results.files(options.out(), TrainOptions.METRICS));
    jobs.train().run(options, terminal);
  }

  private void train(SequenceTask task, List<String> words) throws UsageException, IOException {
    if (asksForHelp(words)) {
      terminal.out().print(task.syntax().help());
      return;
    }
    SequenceTask.Settings settings = task.parse(words);
    OutputFolder.prepare(settings.out(), Results.files(settings.out(), task.metrics()));
    SequenceJob.run(task, settings, terminal);
  }

  /** Reads the words after the name of a command. */
  private interface Reader<O> {
    O read(List<String> words) throws UsageException;
  }

  private <O> void command(Syntax syntax, Reader<O> reader, Job<O> job, List<String> words)
      throws UsageException, IOException {
    List<String> rest = words.subList(1, words.size());
    if (asksForHelp(rest)) {
      terminal.out().print(syntax.help());
      return;
    }
    job.run(reader.read(rest), terminal);
  }

  private static boolean asksForHelp(List<String> words) {
    return words.contains("--help") || words.contains("-h");
  }

  private static void checkMemory(TrainOptions options) throws UsageException {
    double least = options.leastBytes();
    if (least < 1e9) {
      return;
    }
    double most = MachineMemory.bytes();
    if (least > most) {
      throw new UsageException(
          String.format(
              Locale.ROOT,
              "these sizes need more than %.1f GB of memory, this machine has %.1f GB; lower"
                  + " --batch, --hidden, --layers, --lag or --epochs",
              least / 1e9,
              most / 1e9));
    }
  }

  private static String version() {
    String version =
        Optional.ofNullable(Main.class.getModule().getDescriptor())
            .flatMap(ModuleDescriptor::rawVersion)
            .orElse("(unpackaged)");
    return "engram " + version + ", Java " + Runtime.version();
  }
}
