package dev.engram.optim;

import dev.engram.Model;
import dev.engram.State;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;

/**
 * A rate that falls when the loss no longer does, as ReduceLROnPlateau in Keras and PyTorch:
 *
 * <pre>{@code
 * Plateau rate = new Plateau(1e-3);
 * Adam adam = new Adam(rate);
 * …
 * rate.observe(loss); // after each update, or after each pass over the held-out data
 * }</pre>
 *
 * <p>A loss improves when it is less than {@code best - threshold · |best|}, with the best of all
 * before. After more than {@code patience} losses in a row that do not, the rate is multiplied by
 * {@code factor}; then, after {@code cooldown} losses that are not counted, counting starts again.
 * (PyTorch has {@code best · (1 - threshold)}, which is the same for losses above 0, and leaves out
 * reductions of less than 1e-8.) A loss of NaN or ∞ never improves, and counts as any other that
 * does not.
 *
 * <p>States, found by the optimizer that has the rate as {@code rate.best} and so on: {@code best
 * f64[]}, infinite before the first loss; {@code scale f64[]}, the product of all factors so far;
 * {@code bad i32[]}, the losses in a row that did not improve; {@code waiting i32[]}, the losses
 * left of the cooldown. Works inside a transformation and outside.
 */
public final class Plateau extends Model implements LearningRate {
  private final LearningRate rate;
  private final double factor;
  private final int patience;
  private final int cooldown;
  private final double threshold;
  private final double least;
  private final State best = other(HostTensor.of(new double[] {Double.POSITIVE_INFINITY}));
  private final State scale = other(HostTensor.of(new double[] {1}));
  private final State bad = other(HostTensor.of(new int[] {0}));
  private final State waiting = other(HostTensor.of(new int[] {0}));

  /** factor = 0.1, patience = 10, no cooldown, threshold = 1e-4, least = 0. */
  public Plateau(double rate) {
    this(LearningRate.constant(rate), 0.1, 10, 0, 1e-4, 0);
  }

  /**
   * @param rate that is multiplied
   * @param factor above 0, below 1
   * @param patience number of losses in a row that need not improve, at least 0
   * @param cooldown number of losses after a reduction that are not counted, at least 0
   * @param threshold relative improvement that counts, from 0 to below 1
   * @param least the scaled rate does not fall below it, at least 0
   */
  public Plateau(
      LearningRate rate,
      double factor,
      int patience,
      int cooldown,
      double threshold,
      double least) {
    this.rate = Given.given("Plateau", "rate", rate);
    this.factor = Ranges.in("Plateau", "factor", factor, "0 < factor < 1", x -> x > 0 && x < 1);
    this.patience = Ranges.atLeast("Plateau", "patience", patience, 0);
    this.cooldown = Ranges.atLeast("Plateau", "cooldown", cooldown, 0);
    this.threshold = Ranges.kept("Plateau", "threshold", threshold);
    this.least = Ranges.notNegative("Plateau", "least", least);
  }

  /** {@code max(least, scale · rate)} with the rate after {@code done} updates. */
  @Override
  public Tensor at(Tensor done) {
    Given.given("Plateau.at", "done", done);
    Tensor now = Given.given("LearningRate: its result", rate.at(done));
    return now.mul(scale.value().cast(now.dtype())).clipMin(least);
  }

  /** {@link #observe(Tensor)} of a loss that is a number, outside of compiled functions. */
  public void observe(double loss) {
    observe(HostTensor.of(new double[] {loss}));
  }

  /**
   * Takes note of a loss.
   *
   * @param loss a float scalar
   */
  public void observe(Tensor loss) {
    Given.given("Plateau.observe", "loss", loss);
    if (loss.rank() > 0 || !loss.dtype().isFloat()) {
      throw new TypeException(
          "Plateau.observe: loss has type %s, expected a float scalar (%s); take its mean, as in loss.mean()"
              .formatted(loss.type(), SourceLocation.here()));
    }
    Tensor now = loss.cast(DType.F64);
    Tensor before = best.value();
    Tensor margin = before.abs().mul(threshold);
    // ∞ - 0 · ∞ would be NaN
    Tensor improves = now.lt(before.isFinite().select(before.sub(margin), before));
    Tensor waits = waiting.value().gt(0);
    Tensor none = bad.value().like(0);
    Tensor count = improves.or(waits).select(none, bad.value().add(1));
    Tensor reduces = count.gt(patience);
    best.set(improves.select(now, before));
    bad.set(reduces.select(none, count));
    scale.set(reduces.select(scale.value().mul(factor), scale.value()));
    Tensor left = waits.select(waiting.value().sub(1), none);
    waiting.set(reduces.select(none.add(cooldown), left));
  }
}
