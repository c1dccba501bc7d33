package dev.engram.cli;

import java.io.IOException;
import java.lang.module.ModuleDescriptor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
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

  private static final Syntax ANY = new Syntax("engram COMMAND [OPTIONS]", "", List.of());
  private static final Syntax TRAIN = new Syntax("engram train JOB [OPTIONS]", "", List.of());

  private final Jobs jobs;
  private final Terminal terminal;

  /** What was called, as far as the words have been read. */
  private Syntax called = ANY;

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
   * Runs one command and ends the JVM: 0 when all went well, 1 for a failure, 2 for wrong usage. A
   * reader that closes the pipe early, such as {@code head}, is no failure.
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
    int code = attempt(Arrays.asList(args));
    Optional<IOException> lost = terminal.out().failure();
    if (lost.isEmpty()) {
      return code;
    }
    terminal.err().println("engram: cannot write to standard output: " + lost.get().getMessage());
    return code == OK ? FAILED : code;
  }

  private int attempt(List<String> words) {
    try {
      start(words);
      return OK;
    } catch (UsageException e) {
      terminal.err().println("engram: " + e.getMessage());
      terminal
          .err()
          .println("usage: " + called.usage() + " (`" + called.helpCommand() + "` tells more)");
      return USAGE;
    } catch (IOException e) {
      terminal.err().println("engram: " + e.getMessage());
    } catch (OutOfMemoryError e) {
      terminal.err().println("engram: out of memory (" + e.getMessage() + "); " + smaller());
    } catch (RuntimeException | StackOverflowError e) {
      terminal
          .err()
          .println(
              isSize(e)
                  ? "engram: a size is too large (" + Unexpected.line(e) + "); " + smaller()
                  : "engram: unexpected " + Unexpected.line(e));
      trace(e);
    }
    return FAILED;
  }

  /** True for a product of lengths that left its type; not for a division by zero. */
  private static boolean isSize(Throwable e) {
    return e instanceof NegativeArraySizeException
        || (e instanceof ArithmeticException
            && e.getMessage() != null
            && e.getMessage().endsWith(" overflow"));
  }

  /** How this command takes less memory. */
  private String smaller() {
    String options = Sizes.smaller(called);
    return options.isEmpty()
        ? "make the tensors smaller, or let the JVM have more: ENGRAM_JAVA_OPTIONS=-Xmx…"
        : "lower " + options;
  }

  private void trace(Throwable e) {
    if (Boolean.getBoolean("engram.trace")) {
      e.printStackTrace(terminal.err());
    } else {
      terminal.err().println("(ENGRAM_JAVA_OPTIONS=-Dengram.trace=true prints where)");
    }
  }

  private void start(List<String> words) throws UsageException, IOException {
    String command = words.isEmpty() ? "" : words.getFirst();
    switch (command) {
      case "" -> throw new UsageException("a command is missing: " + String.join(", ", COMMANDS));
      case "-h", "--help", "help" -> terminal.out().print(HELP);
      case "-V", "--version" -> terminal.out().println(version());
      case "train" -> train(words.subList(1, words.size()));
      case "dump" -> command(DumpOptions.SYNTAX, DumpOptions::parse, jobs.dump(), words);
      case "explain" ->
          command(ExplainOptions.SYNTAX, ExplainOptions::parse, jobs.explain(), words);
      case "opt" -> command(OptOptions.SYNTAX, OptOptions::parse, jobs.opt(), words);
      case "run" -> command(RunOptions.SYNTAX, RunOptions::parse, jobs.run(), words);
      default ->
          throw new UsageException(
              "unknown command '"
                  + OptionType.shown(command)
                  + "'"
                  + Spelling.hint(command, COMMANDS));
    }
  }

  private static List<String> trainings() {
    List<String> names = new ArrayList<>(List.of("copying"));
    SequenceTask.all().forEach(t -> names.add(t.name()));
    return List.copyOf(names);
  }

  private void train(List<String> words) throws UsageException, IOException {
    called = TRAIN;
    String job = words.isEmpty() ? "" : words.getFirst();
    if (job.isEmpty() || job.startsWith("-")) {
      Optional<String> later = words.stream().filter(JOBS::contains).findFirst();
      if (later.isPresent()) {
        throw new UsageException(
            "the job comes before its options: engram train " + later.get() + " [OPTIONS]");
      }
      if (asksForHelp(words)) {
        terminal.out().print(trainHelp());
        return;
      }
      throw new UsageException("train needs the name of a job: " + String.join(", ", JOBS));
    }
    if (!JOBS.contains(job)) {
      throw new UsageException(
          "unknown job '"
              + OptionType.shown(job)
              + "', expected "
              + String.join(", ", JOBS)
              + Spelling.hint(job, JOBS));
    }
    List<String> rest = words.subList(1, words.size());
    Optional<SequenceTask> task = SequenceTask.named(job);
    if (task.isPresent()) {
      train(task.get(), rest);
      return;
    }
    called = TrainOptions.SYNTAX;
    if (asksForHelp(rest)) {
      terminal.out().print(TrainOptions.SYNTAX.help());
      return;
    }
    TrainOptions options = TrainOptions.parse(rest);
    options.sizes().check(TrainOptions.SYNTAX);
    OutputFolder.prepare(options.out(), Results.files(options.out(), TrainOptions.METRICS));
    jobs.train().run(options, terminal);
  }

  private static String trainHelp() {
    StringBuilder text = new StringBuilder("usage: " + TRAIN.usage() + "\n\njobs:\n");
    text.append(String.format("  %-18s %s%n", "copying", CopyingProblem.TITLE));
    SequenceTask.all()
        .forEach(t -> text.append(String.format("  %-18s %s%n", t.name(), t.title())));
    return text.append("\n`engram train JOB --help` lists the options of a job.\n").toString();
  }

  private void train(SequenceTask task, List<String> words) throws UsageException, IOException {
    called = task.syntax();
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
    called = syntax;
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

  private static String version() {
    String version =
        Optional.ofNullable(Main.class.getModule().getDescriptor())
            .flatMap(ModuleDescriptor::rawVersion)
            .orElse("(unpackaged)");
    return "engram " + version + ", Java " + Runtime.version();
  }
}
