package dev.engram.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/**
 * A training of {@code engram train} in which a model sees a sequence and has a loss in each step.
 *
 * @param name of the job
 * @param purpose for the help, one sentence
 * @param title of the charts
 * @param defaults values of the options that are not given
 * @param metrics all of them, the loss first
 * @param demand what its sizes are made of
 * @param kappa decay of the readout in one step, which e-prop filters by; empty without a leak
 * @param problem makes the model and the data
 */
record SequenceTask(
    String name,
    String purpose,
    String title,
    Settings defaults,
    List<String> metrics,
    Demand demand,
    OptionalDouble kappa,
    Function<Settings, SequenceProblem> problem) {

  /** All jobs but the copying task. */
  static List<SequenceTask> all() {
    return List.of(
        IntegratorProblem.TASK,
        MatchProblem.TASK,
        MatchProblem.CONTROL,
        DigitsProblem.TASK,
        TextProblem.TASK,
        NetworkProblem.TASK);
  }

  /**
   * What a job was asked to do. Every number has been checked.
   *
   * @param epochs training iterations, one batch each
   * @param steps time steps of a sequence
   * @param batch sequences per iteration
   * @param hidden units
   * @param lr learning rate of Adam
   * @param rules to learn by, one after the other
   * @param seed of the weights and the data
   */
  record Settings(
      int epochs,
      int steps,
      int batch,
      int hidden,
      double lr,
      List<Learning> rules,
      long seed,
      Path out,
      int threads) {

    static Settings of(String name, int epochs, int steps, int batch, int hidden, double lr) {
      int processors = Runtime.getRuntime().availableProcessors();
      return new Settings(
          epochs,
          steps,
          batch,
          hidden,
          lr,
          List.of(Learning.D_RTRL),
          0,
          Path.of("out", name),
          processors);
    }
  }

  /**
   * How large a training is.
   *
   * @param leastHidden units that the model has at least
   * @param numbers in the input and the target of one step of one sequence
   * @param longest elements of the longest array that a batch is drawn into
   * @param weights of so many hidden units, at least
   */
  record Demand(
      int leastHidden,
      int numbers,
      ToDoubleFunction<Settings> longest,
      DoubleUnaryOperator weights) {
    /** Fully connected units; an array for the inputs of all steps, and one for the targets. */
    static Demand dense(int inputs, int targets) {
      return new Demand(
          1, inputs + targets, eachStep(Math.max(inputs, targets)), n -> n * (n + inputs));
    }

    /** An array of so many numbers for each step of each sequence. */
    static ToDoubleFunction<Settings> eachStep(int numbers) {
      return s -> (double) s.steps * s.batch * numbers;
    }
  }

  /** What these settings take at least. */
  Sizes sizes(Settings s) {
    double weights = demand.weights.applyAsDouble(s.hidden);
    double traces = s.rules.contains(Learning.D_RTRL) ? weights * s.batch : 0;
    double results = (double) s.epochs * metrics.size() * s.rules.size();
    double batch = (double) s.steps * s.batch * demand.numbers;
    return Sizes.of(batch, demand.longest.applyAsDouble(s), weights, traces, results);
  }

  static Optional<SequenceTask> named(String name) {
    return all().stream().filter(t -> t.name.equals(name)).findFirst();
  }

  /** The options, whose fallbacks are this task's defaults. */
  private record Options(Settings d, int leastHidden, boolean leaky) {
    Option<Integer> epochs() {
      return number("--epochs", 1, 1_000_000_000, d.epochs, "training iterations");
    }

    Option<Integer> steps() {
      return number("--steps", 1, 10_000_000, d.steps, "time steps of a sequence");
    }

    Option<Integer> batch() {
      return number("--batch", 1, 1_000_000, d.batch, "sequences per iteration");
    }

    Option<Integer> hidden() {
      return number("--hidden", leastHidden, 1_000_000, d.hidden, "recurrent units");
    }

    Option<Double> lr() {
      return new Option<>(
          "--lr",
          "X",
          OptionType.positive(1000),
          d.lr,
          "learning rate of Adam (default " + d.lr + ")");
    }

    Option<List<Learning>> rule() {
      return Learning.option(d.rules, leaky);
    }

    Option<Path> out() {
      return new Option<>(
          "--out",
          "FOLDER",
          OptionType.path(),
          d.out,
          "folder of the results (default " + d.out + ")");
    }

    private static Option<Integer> number(
        String name, int least, int most, int fallback, String what) {
      return new Option<>(
          name,
          "N",
          OptionType.integer(least, most),
          fallback,
          what + " (default " + fallback + ")");
    }
  }

  Syntax syntax() {
    Options o = new Options(defaults, demand.leastHidden, kappa.isPresent());
    return syntax(o.epochs(), o.steps(), o.batch(), o.hidden(), o.lr(), o.rule(), o.out());
  }

  private Syntax syntax(Option<?>... own) {
    List<Option<?>> all = new ArrayList<>(List.of(own));
    all.add(TrainOptions.SEED);
    all.add(TrainOptions.THREADS);
    return new Syntax("engram train " + name + " [OPTIONS]", purpose, all);
  }

  /** Reads the words after {@code train NAME}. */
  Settings parse(List<String> words) throws UsageException {
    Options o = new Options(defaults, demand.leastHidden, kappa.isPresent());
    Option<Integer> epochs = o.epochs();
    Option<Integer> steps = o.steps();
    Option<Integer> batch = o.batch();
    Option<Integer> hidden = o.hidden();
    Option<Double> lr = o.lr();
    Option<List<Learning>> rule = o.rule();
    Option<Path> out = o.out();
    Syntax.Arguments given = syntax(epochs, steps, batch, hidden, lr, rule, out).parse(words);
    if (!given.operands().isEmpty()) {
      throw new UsageException(
          "unexpected word '" + OptionType.shown(given.operands().getFirst()) + "'");
    }
    Settings settings =
        new Settings(
            given.get(epochs),
            given.get(steps),
            given.get(batch),
            given.get(hidden),
            given.get(lr),
            given.get(rule),
            given.get(TrainOptions.SEED),
            given.get(out),
            given.get(TrainOptions.THREADS));
    sizes(settings).check(syntax());
    return settings;
  }
}
