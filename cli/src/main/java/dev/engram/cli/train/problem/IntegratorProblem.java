package dev.engram.cli.train.problem;

import dev.engram.Layer;
import dev.engram.Pair;
import dev.engram.RandomKey;
import dev.engram.ir.DType;
import dev.engram.ir.Tensor;
import dev.engram.loss.Losses;
import dev.engram.nn.GruCell;
import dev.engram.nn.Linear;
import dev.engram.nn.Sequential;
import java.util.List;
import java.util.OptionalDouble;
import java.util.SplittableRandom;

/** The integrator task: the input is white noise, the target is its running sum. */
public final class IntegratorProblem implements SequenceProblem {
  static final SequenceTask TASK =
      new SequenceTask(
          "integrator",
          "Trains a GRU to add up white noise, and writes curves of loss and relative error.",
          "GRU Integrates White Noise",
          SequenceTask.Settings.of("integrator", 300, 50, 32, 64, 3e-3),
          List.of("loss", "relative error"),
          SequenceTask.Demand.dense(1, 1),
          OptionalDouble.empty(),
          IntegratorProblem::new);

  private final SequenceTask.Settings settings;
  private final SplittableRandom random;
  private final Sequential model;

  IntegratorProblem(SequenceTask.Settings settings) {
    this.settings = settings;
    this.random = new SplittableRandom(settings.seed());
    List<RandomKey> keys = RandomKey.of(settings.seed()).split(2);
    this.model =
        new Sequential(
            new GruCell(1, settings.hidden(), keys.get(0), DType.F32),
            new Linear(settings.hidden(), 1, keys.get(1)));
  }

  @Override
  public String describe() {
    return "GRU 1 -> " + settings.hidden() + " -> 1";
  }

  @Override
  public Layer model() {
    return model;
  }

  /** Draws noise, scaled so that the variance of the final sum is 1. */
  @Override
  public Pair<Tensor, Tensor> next() {
    DrawnBatch batch = DrawnBatch.of(settings);
    DrawnBatch.Floats noise = batch.floats(1);
    DrawnBatch.Floats sums = batch.floats(1);
    for (int b = 0; b < batch.size(); b++) {
      double total = 0;
      for (int t = 0; t < batch.steps(); t++) {
        double u = random.nextGaussian();
        total += u / Math.sqrt(batch.steps());
        noise.set(t, b, 0, u);
        sums.set(t, b, 0, total);
      }
    }
    return new Pair<>(noise.tensor(), sums.tensor());
  }

  @Override
  public Tensor loss(Tensor outputs, Tensor targets) {
    return Losses.meanSquaredError(outputs, targets);
  }

  /** The best predictor that only sees the current input, u / √T. */
  @Override
  public List<Baseline> baselines() {
    String name = "without memory";
    // E(s_t - u_t / √T)² = (t - 1) / T, and E s_t² = t / T, for t = 1 … T.
    double steps = settings.steps();
    double loss = (steps - 1) / (2 * steps);
    return List.of(
        new Baseline("loss", name, loss),
        new Baseline("relative error", name, Math.sqrt((steps - 1) / (steps + 1))));
  }

  /** The root mean square error relative to that of the targets. */
  @Override
  public List<Tensor> metrics(Tensor outputs, Tensor targets) {
    Tensor error = Losses.meanSquaredError(outputs, targets);
    return List.of(error.div(targets.square().mean()).sqrt());
  }
}
