package dev.engram.cli.train.problem;

import dev.engram.Pair;
import dev.engram.ir.DType;
import dev.engram.ir.Tensor;
import dev.engram.loss.Losses;
import java.util.List;
import java.util.OptionalDouble;
import java.util.SplittableRandom;

/**
 * The copying task: ten digits 1 to 8, a delay of zeros, then ten times the symbol 9, which asks
 * for the digits again. Only the recall has a loss.
 */
public final class CopyingProblem implements SequenceProblem {
  /** Number of different symbols, one-hot inputs and logits. */
  public static final int SYMBOLS = 10;

  /** Maximum number of units of a layer. */
  public static final int MOST_HIDDEN = 32_768;

  /** Number of time steps that show the digits, and of those that ask for them. */
  private static final int DIGITS = 10;

  private static final int RECALL = 9;

  public static final SequenceTask TASK =
      new SequenceTask(
          "copying",
          "Trains a GRU to repeat ten digits after a delay, online by D-RTRL and offline by BPTT,"
              + " and writes both loss curves to losses.png, losses.svg and losses.csv.",
          "GRU on Copying Task: Online vs. Offline Learning",
          SequenceTask.Settings.of("copying", 200, steps(50), 64, 128, 1e-3)
              .withRules(List.of(Learning.D_RTRL, Learning.BPTT)),
          List.of("loss"),
          new SequenceTask.Demand(
              1,
              MOST_HIDDEN,
              s -> (s.steps() + (double) DIGITS) * s.batch(),
              SequenceTask.Demand.eachStep(1),
              // Two gates and the candidate.
              s -> 3 * matrices(s),
              CopyingProblem::carried),
          OptionalDouble.empty(),
          CopyingProblem::new);

  private final SequenceTask.Settings settings;
  private final CopyingNet model;
  private final SplittableRandom random;

  public CopyingProblem(SequenceTask.Settings settings) {
    this.settings = settings;
    this.model = new CopyingNet(settings.hidden(), settings.layers(), settings.seed());
    this.random = new SplittableRandom(settings.seed());
  }

  /** Returns the time steps of a sequence with {@code lag} zeros. */
  public static int steps(int lag) {
    return lag + 2 * DIGITS;
  }

  /** Returns the number of elements of one matrix of each layer, summed. */
  private static double matrices(SequenceTask.Settings s) {
    double hidden = s.hidden();
    return hidden * (hidden + SYMBOLS) + (s.layers() - 1) * 2 * hidden * hidden;
  }

  /** The traces of two matrices for each sequence, or the hidden states of all steps. */
  private static double carried(SequenceTask.Settings s) {
    double traces = s.rules().contains(Learning.D_RTRL) ? 2 * matrices(s) * s.batch() : 0;
    double states =
        s.rules().contains(Learning.BPTT)
            ? (double) s.steps() * s.batch() * s.hidden() * s.layers()
            : 0;
    return Math.max(traces, states);
  }

  @Override
  public String describe() {
    return String.format(
        "GRU %d -> %s -> %d, lag %d",
        SYMBOLS,
        settings.hidden() + (settings.layers() == 1 ? "" : " x " + settings.layers()),
        SYMBOLS,
        settings.steps() - steps(0));
  }

  @Override
  public CopyingNet model() {
    return model;
  }

  /** Draws symbols {@code i32[T, B]}, whose first ten rows are also the targets. */
  @Override
  public Pair<Tensor, Tensor> next() {
    DrawnBatch batch = DrawnBatch.of(settings);
    DrawnBatch.Ints ids = batch.ints();
    for (int b = 0; b < batch.size(); b++) {
      for (int t = 0; t < DIGITS; t++) {
        ids.set(t, b, random.nextInt(1, RECALL));
      }
      for (int t = batch.steps() - DIGITS; t < batch.steps(); t++) {
        ids.set(t, b, RECALL);
      }
    }
    return new Pair<>(ids.tensor(), ids.first(DIGITS).tensor());
  }

  @Override
  public Tensor encode(Tensor ids) {
    return ids.oneHot(SYMBOLS, DType.F32);
  }

  @Override
  public Tensor loss(Tensor outputs, Tensor digits) {
    return Losses.softmaxCrossEntropy(outputs, digits).mean();
  }

  @Override
  public List<Tensor> metrics(Tensor outputs, Tensor digits) {
    return List.of();
  }

  /** The predictor that only knows when digits are asked for. */
  @Override
  public List<Baseline> baselines() {
    return List.of(new Baseline("loss", "without memory: ln 8", Math.log(RECALL - 1)));
  }
}
