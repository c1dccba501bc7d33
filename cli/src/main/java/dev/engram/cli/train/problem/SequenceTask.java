package dev.engram.cli.train.problem;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/**
 * A task of {@code engram train}: a model sees a sequence, and has a loss in each of its last
 * steps. The task itself is only a description; its {@link SequenceProblem}, made for given
 * settings, is the model with its data.
 *
 * @param name on the command line
 * @param purpose one sentence for the help
 * @param title of the charts
 * @param defaults values of the options that are not given
 * @param metrics names of all metrics, the loss first
 * @param demand how its resource requirements follow from the settings
 * @param kappa decay of the leaky readout in one step, the filter of e-prop; empty without a leak
 * @param problem makes the model and the data
 */
public record SequenceTask(
    String name,
    String purpose,
    String title,
    Settings defaults,
    List<String> metrics,
    Demand demand,
    OptionalDouble kappa,
    Function<Settings, SequenceProblem> problem) {

  /** Returns all tasks. */
  public static List<SequenceTask> all() {
    return List.of(
        CopyingProblem.TASK,
        IntegratorProblem.TASK,
        MatchProblem.TASK,
        MatchProblem.CONTROL,
        DigitsProblem.TASK,
        TextProblem.TASK,
        NetworkProblem.TASK);
  }

  /**
   * The settings of a training; all of them have been checked.
   *
   * @param epochs training iterations, one batch each
   * @param steps time steps of a sequence
   * @param batch sequences per iteration
   * @param hidden units of each recurrent layer
   * @param layers recurrent layers; only the copying task can have more than one
   * @param lr learning rate of Adam
   * @param rules learning rules, used one after the other
   * @param seed of the weights and the data
   * @param out folder of the results
   * @param threads of the CPU
   */
  public record Settings(
      int epochs,
      int steps,
      int batch,
      int hidden,
      int layers,
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
          1,
          lr,
          List.of(Learning.D_RTRL),
          0,
          Path.of("out", name),
          processors);
    }

    /** Returns the same settings with sequences of another length. */
    public Settings withSteps(int others) {
      return new Settings(epochs, others, batch, hidden, layers, lr, rules, seed, out, threads);
    }

    /** Returns the same settings with another batch, other layers and another seed. */
    public Settings withSizes(int sequences, int units, long otherSeed) {
      return new Settings(
          epochs, steps, sequences, units, layers, lr, rules, otherSeed, out, threads);
    }

    /** Returns the same settings with other rules. */
    Settings withRules(List<Learning> others) {
      return new Settings(epochs, steps, batch, hidden, layers, lr, others, seed, out, threads);
    }
  }

  /**
   * How the resource requirements of a training follow from its settings.
   *
   * @param leastHidden minimum number of units
   * @param mostHidden maximum number of units
   * @param numbers in the inputs and the targets of a batch
   * @param longest elements of the longest array that a batch is drawn into
   * @param weights number of weights, a lower bound
   * @param carried numbers carried from step to step, or kept for all steps, a lower bound
   */
  public record Demand(
      int leastHidden,
      int mostHidden,
      ToDoubleFunction<Settings> numbers,
      ToDoubleFunction<Settings> longest,
      ToDoubleFunction<Settings> weights,
      ToDoubleFunction<Settings> carried) {
    private static final int MOST = 1_000_000;

    /** Carries, with D-RTRL, a trace for each weight and sequence. */
    Demand(
        int leastHidden,
        int numbersPerStep,
        ToDoubleFunction<Settings> longest,
        DoubleUnaryOperator weights) {
      ToDoubleFunction<Settings> of = s -> weights.applyAsDouble(s.hidden);
      this(
          leastHidden,
          MOST,
          eachStep(numbersPerStep),
          longest,
          of,
          s -> s.rules.contains(Learning.D_RTRL) ? of.applyAsDouble(s) * s.batch : 0);
    }

    /** For fully connected units, with one array for all inputs and one for all targets. */
    static Demand dense(int inputs, int targets) {
      return new Demand(
          1, inputs + targets, eachStep(Math.max(inputs, targets)), weightsOf(inputs));
    }

    /** Returns the number of weights of fully connected units. */
    static DoubleUnaryOperator weightsOf(int inputs) {
      return n -> n * (n + inputs);
    }

    /** Returns this many numbers for each step of each sequence. */
    static ToDoubleFunction<Settings> eachStep(int numbers) {
      return s -> (double) s.steps * s.batch * numbers;
    }
  }

  /** Returns the requirements of these settings. */
  public Requirements sizes(Settings s) {
    return Requirements.of(
        demand.numbers.applyAsDouble(s),
        demand.longest.applyAsDouble(s),
        demand.weights.applyAsDouble(s),
        demand.carried.applyAsDouble(s),
        (double) s.epochs * metrics.size() * s.rules.size());
  }

  public static Optional<SequenceTask> named(String name) {
    return all().stream().filter(t -> t.name.equals(name)).findFirst();
  }
}
