package dev.engram.cli.train.problem;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/**
 * A training of {@code engram train}: a model sees a sequence, and has a loss in each of its last
 * steps.
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
public record SequenceTask(
    String name,
    String purpose,
    String title,
    Settings defaults,
    List<String> metrics,
    Demand demand,
    OptionalDouble kappa,
    Function<Settings, SequenceProblem> problem) {

  /** All of them. */
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
   * What a job was asked to do. Every number has been checked.
   *
   * @param epochs training iterations, one batch each
   * @param steps time steps of a sequence
   * @param batch sequences per iteration
   * @param hidden units of each recurrent layer
   * @param layers recurrent ones, of which only the copying task has more than one
   * @param lr learning rate of Adam
   * @param rules to learn by, one after the other
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

    /** The same by these rules. */
    Settings withRules(List<Learning> others) {
      return new Settings(epochs, steps, batch, hidden, layers, lr, others, seed, out, threads);
    }
  }

  /**
   * How large a training is.
   *
   * @param leastHidden units that the model has at least
   * @param mostHidden units that it has at most
   * @param numbers in the inputs and the targets of a batch
   * @param longest elements of the longest array that a batch is drawn into
   * @param weights at least
   * @param carried numbers carried from step to step, or kept for all steps, at least
   */
  public record Demand(
      int leastHidden,
      int mostHidden,
      ToDoubleFunction<Settings> numbers,
      ToDoubleFunction<Settings> longest,
      ToDoubleFunction<Settings> weights,
      ToDoubleFunction<Settings> carried) {
    private static final int MOST = 1_000_000;

    /** By D-RTRL, a trace for each weight and sequence. */
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

    /** Fully connected units; an array for the inputs of all steps, and one for the targets. */
    static Demand dense(int inputs, int targets) {
      return new Demand(
          1, inputs + targets, eachStep(Math.max(inputs, targets)), weightsOf(inputs));
    }

    /** Weights of fully connected units. */
    static DoubleUnaryOperator weightsOf(int inputs) {
      return n -> n * (n + inputs);
    }

    /** So many numbers for each step of each sequence. */
    static ToDoubleFunction<Settings> eachStep(int numbers) {
      return s -> (double) s.steps * s.batch * numbers;
    }
  }

  /** What these settings take at least. */
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
