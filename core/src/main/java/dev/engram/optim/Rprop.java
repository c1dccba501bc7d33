package dev.engram.optim;

import dev.engram.State;
import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Ranges;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Rprop (Riedmiller and Braun 1993), for gradients of the whole data: each element has a step size
 * of its own, which grows while its gradient keeps its sign and shrinks where the sign changes.
 *
 * <pre>
 *   s = clip(grow · s, least, greatest)     where g has the sign of the last step
 *   s = clip(shrink · s, least, greatest)   where it has the other one; this update has no step
 *   w = w - s · sign(g)                     elsewhere
 * </pre>
 *
 * <p>After an update without a step, and where a gradient is 0, the size stays. A step that went
 * too far is not taken back: it is the variant without weight backtracking (Igel and Hüsken 2000,
 * iRprop-), and that of PyTorch and Optax.
 */
public final class Rprop extends Optimizer {
  private final double start;
  private final double shrink;
  private final double grow;
  private final double least;
  private final double greatest;
  private final Map<String, State> size = new LinkedHashMap<>();
  private final Map<String, State> last = new LinkedHashMap<>();

  /** shrink = 0.5, grow = 1.2, sizes from 1e-6 to 50. */
  public Rprop(double start) {
    this(start, 0.5, 1.2, 1e-6, 50);
  }

  /**
   * @param start first size of all steps, above 0
   * @param shrink above 0, below 1
   * @param grow above 1
   * @param least size, above 0
   * @param greatest size, at least {@code least}
   */
  public Rprop(double start, double shrink, double grow, double least, double greatest) {
    super(LearningRate.constant(1), 0);
    this.start = Ranges.positive("Rprop", "start", start);
    this.shrink = Ranges.in("Rprop", "shrink", shrink, "0 < shrink < 1", x -> x > 0 && x < 1);
    this.least = Ranges.positive("Rprop", "least", least);
    this.greatest =
        Ranges.in(
            "Rprop",
            "greatest",
            greatest,
            "a finite number of at least least=" + least,
            x -> x >= least && x < 1 / 0.0);
    this.grow =
        Ranges.in("Rprop", "grow", grow, "a finite number above 1", x -> x > 1 && x < 1 / 0.0);
  }

  @Override
  protected void registered(String path, State weight) {
    size.put(path, moment(weight, start));
    last.put(path, moment(weight));
  }

  /** The last sign is that of the step; it is 0 where there was none. */
  @Override
  protected Tensor direction(String path, Tensor w, Tensor g) {
    State step = size.get(path);
    State before = last.get(path);
    Tensor sign = g.sign();
    Tensor turn = sign.mul(before.value());
    Tensor factor = turn.gt(0).select(w.like(grow), w.like(shrink));
    Tensor changed = step.value().mul(factor).clip(least, greatest);
    step.set(turn.eq(0).select(step.value(), changed));
    before.set(turn.lt(0).select(sign.like(0), sign));
    return before.value().mul(step.value());
  }
}
