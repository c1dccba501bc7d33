package dev.engram.cli;

import java.nio.file.Path;
import java.util.List;

/**
 * What {@code engram train copying} was asked to do. Every number has been checked.
 *
 * @param epochs training iterations, one batch each, at least 1
 * @param lag time steps between the last digit shown and the first one asked for, at least 0
 * @param batch sequences per iteration, at least 1
 * @param hidden units of each recurrent layer, at least 1
 * @param layers recurrent layers, at least 1
 * @param lr learning rate of Adam, above 0
 * @param rules to learn by, one after the other
 * @param seed of the weights and the data
 * @param out folder of the results
 * @param threads CPU threads, at least 1
 */
record TrainOptions(
    int epochs,
    int lag,
    int batch,
    int hidden,
    int layers,
    double lr,
    List<Learning> rules,
    long seed,
    Path out,
    int threads) {
  /** Time steps that show the digits, and again time steps that ask for them. */
  static final int DIGITS = 10;

  private static final int PROCESSORS = Runtime.getRuntime().availableProcessors();

  static final Option<Integer> EPOCHS =
      new Option<>(
          "--epochs",
          "N",
          OptionType.integer(1, 1_000_000_000),
          200,
          "training iterations (default 200)");
  static final Option<Integer> LAG =
      new Option<>(
          "--lag",
          "N",
          OptionType.integer(0, 10_000_000),
          50,
          "time steps to remember over (default 50)");
  static final Option<Integer> BATCH =
      new Option<>(
          "--batch",
          "N",
          OptionType.integer(1, 1_000_000),
          64,
          "sequences per iteration (default 64)");
  static final Option<Integer> HIDDEN =
      new Option<>(
          "--hidden",
          "N",
          OptionType.integer(1, 32_768),
          128,
          "units per recurrent layer (default 128)");
  static final Option<Integer> LAYERS =
      new Option<>(
          "--layers", "N", OptionType.integer(1, 1_000), 1, "recurrent layers (default 1)");
  static final Option<Double> LR =
      new Option<>(
          "--lr", "X", OptionType.positive(1000), 1e-3, "learning rate of Adam (default 0.001)");
  static final Option<List<Learning>> RULE =
      Learning.option(List.of(Learning.D_RTRL, Learning.BPTT), false);
  static final Option<Long> SEED =
      new Option<>(
          "--seed",
          "N",
          OptionType.integer(Long.MIN_VALUE, Long.MAX_VALUE),
          0L,
          "of weights and data (default 0)");
  static final Option<Path> OUT =
      new Option<>(
          "--out",
          "FOLDER",
          OptionType.path(),
          Path.of("out", "copying"),
          "folder of the results (default out/copying)");
  static final Option<Integer> THREADS =
      new Option<>(
          "--threads",
          "N",
          OptionType.integer(1, PROCESSORS),
          PROCESSORS,
          "CPU threads (default and most: all " + PROCESSORS + " of this machine)");

  static final List<String> METRICS = List.of("loss");

  static final Syntax SYNTAX =
      new Syntax(
          "engram train copying [OPTIONS]",
          """
          Trains a GRU to repeat ten digits after a delay, online by D-RTRL and offline by
          BPTT, and writes both loss curves to losses.png, losses.svg and losses.csv.\
          """,
          List.of(EPOCHS, LAG, BATCH, HIDDEN, LAYERS, LR, RULE, SEED, OUT, THREADS));

  /** Reads the words after {@code train copying}. */
  static TrainOptions parse(List<String> words) throws UsageException {
    Syntax.Arguments given = SYNTAX.parse(words);
    if (!given.operands().isEmpty()) {
      throw new UsageException(
          "unexpected word '" + OptionType.shown(given.operands().getFirst()) + "'");
    }
    return from(given, given.get(RULE));
  }

  /** The options among {@code given} and the defaults of the rest. */
  static TrainOptions from(Syntax.Arguments given, List<Learning> rules) {
    return new TrainOptions(
        given.get(EPOCHS),
        given.get(LAG),
        given.get(BATCH),
        given.get(HIDDEN),
        given.get(LAYERS),
        given.get(LR),
        rules,
        given.get(SEED),
        given.get(OUT),
        given.get(THREADS));
  }

  /** As the settings of a task. */
  SequenceTask.Settings settings() {
    return new SequenceTask.Settings(epochs, steps(), batch, hidden, lr, rules, seed, out, threads);
  }

  /** Time steps of one sequence. */
  int steps() {
    return lag + 2 * DIGITS;
  }

  /**
   * What these options take at least, in single precision: the weights of two gates and the
   * candidate, the traces of two of them for each sequence (D-RTRL) or the hidden states of all
   * steps (BPTT), the symbols of one batch with the digits asked for, and the losses.
   */
  Sizes sizes() {
    double matrix = (double) hidden * (hidden + CopyingProblem.SYMBOLS);
    double above = 2.0 * hidden * hidden;
    double matrices = matrix + (layers - 1) * above;
    double traces = rules.contains(Learning.D_RTRL) ? 2 * matrices * batch : 0;
    double states = rules.contains(Learning.BPTT) ? (double) steps() * batch * hidden * layers : 0;
    double symbols = (double) steps() * batch;
    return Sizes.of(
        symbols + (double) DIGITS * batch,
        symbols,
        3 * matrices,
        Math.max(traces, states),
        (double) epochs * rules.size());
  }
}
