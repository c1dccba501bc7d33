package dev.engram.optim;

import dev.engram.Engram;
import dev.engram.Grads;
import dev.engram.Model;
import dev.engram.State;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;
import dev.engram.ir.tensor.RoundOnce;
import java.util.function.Consumer;

/**
 * Loss scaling (Micikevicius et al. 2018, <i>Mixed precision training</i>): gradients are taken of
 * the loss times a scale, so that those of f16 weights do not underflow to 0 below 6e-8, and are
 * divided by the scale in f32.
 *
 * <pre>{@code
 * Grads scaled = Engram.grad(() -> scale.of(loss(x, y)), weights).apply();
 * scale.step(scaled, optimizer::update);
 * }</pre>
 *
 * <p>A step whose gradients are not all finite is skipped: the optimizer does not run, and a
 * dynamic scale is halved, though not below 1. A dynamic scale is doubled after a number of
 * consecutive steps that were made. States: {@code scale f32[]}, {@code made i32[]}, the
 * consecutive steps. Works inside a transformation and outside.
 */
public final class LossScale extends Model {
  /** The greatest dynamic scale. */
  private static final double TOP = 0x1p100;

  private final int every;
  private final State scale;
  private final State made = other(HostTensor.of(new int[] {0}));

  private LossScale(double start, int every) {
    this.every = every;
    this.scale = other(HostTensor.of(new float[] {(float) start}));
  }

  /** Uses a constant {@code scale}; powers of two are exact. */
  public static LossScale constant(double scale) {
    String expected = "a number from 1 to 2^100";
    Ranges.in("LossScale.constant", "scale", scale, expected, x -> x >= 1 && x <= TOP);
    return new LossScale(scale, 0);
  }

  /** Uses a dynamic scale: starts at 2^15, doubled after 2000 consecutive steps. */
  public static LossScale dynamic() {
    return dynamic(0x1p15, 2000);
  }

  /**
   * @param start from 1 to 2^100
   * @param every number of consecutive steps after which the scale is doubled
   */
  public static LossScale dynamic(double start, int every) {
    String expected = "a number from 1 to 2^100";
    Ranges.in("LossScale.dynamic", "start", start, expected, x -> x >= 1 && x <= TOP);
    return new LossScale(start, Ranges.atLeastOne("LossScale.dynamic", "every", every));
  }

  /** Returns the scale that is used next, {@code f32[]}. */
  public Tensor value() {
    return scale.value();
  }

  /**
   * Returns {@code loss} times the scale.
   *
   * @param loss of any shape; avoid f16, in which a large scaled loss overflows
   * @return in f32 for 16-bit types
   */
  public Tensor of(Tensor loss) {
    Tensor wide = RoundOnce.wide(loss);
    return wide.mul(scale.value().cast(wide.dtype()));
  }

  /** Divides gradients of a scaled loss by the scale; in f32 for 16-bit types. */
  public Grads unscaled(Grads grads) {
    Given.given("LossScale.unscaled", "grads", grads);
    return grads.map(
        g -> {
          Tensor wide = RoundOnce.wide(g);
          return wide.div(scale.value().cast(wide.dtype()));
        });
  }

  /**
   * Passes the {@link #unscaled} gradients to {@code update} if all are finite, and updates the
   * scale.
   *
   * @param grads of a scaled loss
   * @param update such as {@code optimizer::update}, or one that clips the gradients first
   * @return {@code bool[]}, whether the update was made
   */
  public Tensor step(Grads grads, Consumer<Grads> update) {
    Given.given("LossScale.step", "grads", grads);
    Given.given("LossScale.step", "update", update);
    Tensor finite =
        grads.byPath().values().stream()
            .map(g -> g.isFinite().all())
            .reduce(Tensor::and)
            .orElse(HostTensor.of(new boolean[] {true}));
    Grads mine = unscaled(grads);
    Tensor done =
        Engram.cond(
            finite,
            () -> {
              update.accept(mine);
              return finite;
            },
            () -> finite);
    adapt(finite);
    return done;
  }

  private void adapt(Tensor finite) {
    if (every == 0) {
      return;
    }
    Tensor now = scale.value();
    Tensor steps = finite.select(made.value().add(1), made.value().like(0));
    Tensor grow = steps.ge(every);
    Tensor kept = grow.select(now.mul(2).clipMax(TOP), now);
    scale.set(finite.select(kept, now.mul(0.5).clipMin(1)));
    made.set(grow.select(steps.like(0), steps));
  }
}
