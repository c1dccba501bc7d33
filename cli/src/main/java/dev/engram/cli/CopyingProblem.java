package dev.engram.cli;

import dev.engram.Pair;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.loss.Losses;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.SplittableRandom;

/**
 * The copying task: ten digits 1 to 8, a delay of zeros, then ten times the symbol 9 that asks for
 * the digits again. Only the recall has a loss.
 */
final class CopyingProblem implements SequenceProblem {
  /** Number of different symbols, one-hot inputs and logits. */
  static final int SYMBOLS = 10;

  static final String TITLE = "GRU on Copying Task: Online vs. Offline Learning";

  private static final int RECALL = 9;
  private static final int DIGITS = TrainOptions.DIGITS;

  private final TrainOptions options;
  private final CopyingNet model;
  private final SplittableRandom random;

  CopyingProblem(TrainOptions options) {
    this.options = options;
    this.model = new CopyingNet(options);
    this.random = new SplittableRandom(options.seed());
  }

  /** Trains by each rule asked for. */
  static void train(TrainOptions options, Terminal terminal) throws IOException {
    SequenceTask task =
        new SequenceTask(
            "copying",
            TrainOptions.SYNTAX.purpose(),
            TITLE,
            options.settings(),
            TrainOptions.METRICS,
            SequenceTask.Demand.dense(SYMBOLS, 1),
            OptionalDouble.empty(),
            _ -> new CopyingProblem(options));
    SequenceJob.run(task, options.settings(), terminal);
  }

  @Override
  public String describe() {
    return String.format(
        "GRU %d -> %s -> %d, lag %d",
        SYMBOLS,
        options.hidden() + (options.layers() == 1 ? "" : " x " + options.layers()),
        SYMBOLS,
        options.lag());
  }

  @Override
  public CopyingNet model() {
    return model;
  }

  /** Symbols {@code i32[T, B]}, whose first ten rows are the targets, too. */
  @Override
  public Pair<Tensor, Tensor> next() {
    int steps = options.steps();
    int batch = options.batch();
    int[] ids = new int[Sizes.count(steps, batch)];
    for (int b = 0; b < batch; b++) {
      for (int t = 0; t < DIGITS; t++) {
        ids[t * batch + b] = random.nextInt(1, RECALL);
      }
    }
    Arrays.fill(ids, (steps - DIGITS) * batch, ids.length, RECALL);
    int[] digits = Arrays.copyOf(ids, DIGITS * batch);
    return new Pair<>(HostTensor.of(ids, steps, batch), HostTensor.of(digits, DIGITS, batch));
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

  /** One that knows nothing but that digits are asked for. */
  @Override
  public List<Baseline> baselines() {
    return List.of(new Baseline("loss", "without memory: ln 8", Math.log(RECALL - 1)));
  }
}
