package dev.engram.optim;

import dev.engram.Grads;
import dev.engram.Model;
import dev.engram.State;
import dev.engram.States;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;
import dev.engram.ir.tensor.RoundOnce;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Lookahead (Zhang et al. 2019): an updater runs ahead for {@code period} updates, then slow
 * weights follow part of the way, and the weights return to them:
 *
 * <pre>
 *   slow = slow + share · (w - slow)
 *   w = slow
 * </pre>
 *
 * <p>Moments of the updater go on. States: {@code slow.PATH}, the slow weights, in f32 for 16 bits,
 * which start at the values of the weights; {@code calls i32[]}, the updates since the last return;
 * and those of the updater, {@code updater.…}. When weights are loaded from a file, load these too.
 * An optimizer with masters starts each round from the rounded slow weights.
 */
public final class Lookahead extends Model implements Updater {
  private final Updater updater;
  private final States weights;
  private final int period;
  private final double share;
  private final Map<String, State> slow = new LinkedHashMap<>();
  private final State calls = other(HostTensor.of(new int[] {0}));

  /**
   * @param updater such as an {@link Optimizer} with the weights registered
   * @param weights that it updates; they have values
   * @param period updates from one return to the next, at least 1
   * @param share of the way that the slow weights follow, from 0 to 1; in the paper 0.5 to 0.8
   */
  public Lookahead(Updater updater, States weights, int period, double share) {
    this.updater = Given.given("Lookahead", "updater", updater);
    this.weights = Given.given("Lookahead", "weights", weights);
    this.period = Ranges.atLeastOne("Lookahead", "period", period);
    this.share = Ranges.share("Lookahead", "share", share);
    weights.byPath().forEach((path, w) -> slow.put(path, other(RoundOnce.wide(w.value()))));
  }

  @Override
  public void update(Grads grads) {
    Given.given("Lookahead.update", "grads", grads);
    updater.update(grads);
    Tensor made = calls.value().add(1);
    Tensor returns = made.ge(period);
    calls.set(returns.select(made.like(0), made));
    weights.byPath().forEach((path, w) -> follow(slow.get(path), w, returns));
  }

  private void follow(State slowly, State weight, Tensor returns) {
    Tensor before = slowly.value();
    Tensor w = weight.value();
    Tensor next = before.add(RoundOnce.wide(w).sub(before).mul(share));
    slowly.set(returns.select(next, before));
    weight.set(returns.select(next.cast(w.dtype()), w));
  }
}
