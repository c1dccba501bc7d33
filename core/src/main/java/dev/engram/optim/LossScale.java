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
 * the loss times a number, so that those of f16 weights do not fall below 6e-8, where they would be
 * 0, and divided by it in f32.
 *
 * <pre>{@code
 * Grads scaled = Engram.grad(() -> scale.of(loss(x, y)), weights).apply();
 * scale.step(scaled, optimizer::update);
 * }</pre>
 *
 * <p>A step whose gradients are not all finite is left out: the optimizer does not run. A dynamic
 * scale is halved then, not below 1, and doubled after a number of steps in a row that were made.
 * States: {@code scale f32[]}, {@code made i32[]}, the steps in a row. Inside a transformation and
 * outside.
 */
public final class LossScale extends Model {
  /** Where a dynamic scale stays. */
  private static final double TOP = 0x1p100;

  private final int every;
  private final State scale;
  private final State made = other(HostTensor.of(new int[] {0}));

  private LossScale(double start, int every) {
    this.every = every;
    this.scale = other(HostTensor.of(new float[] {(float) start}));
  }

  /** Always {@code scale}; a power of two rounds nothing. */
  public static LossScale constant(double scale) {
    String expected = "a number from 1 to 2^100";
    Ranges.in("LossScale.constant", "scale", scale, expected, x -> x >= 1 && x <= TOP);
    return new LossScale(scale, 0);
  }

  /** From 2^15, doubled after 2000 steps in a row. */
  public static LossScale dynamic() {
    return dynamic(0x1p15, 2000);
  }

  /**
   * @param start from 1 to 2^100
   * @param every steps in a row that double the scale
   */
  public static LossScale dynamic(double start, int every) {
    String expected = "a number from 1 to 2^100";
    Ranges.in("LossScale.dynamic", "start", start, expected, x -> x >= 1 && x <= TOP);
    return new LossScale(start, Ranges.atLeastOne("LossScale.dynamic", "every", every));
  }

  /** The scale that is used next, {@code f32[]}. */
  public Tensor value() {
    return scale.value();
  }

  /**
   * {@code loss} times the scale.
   *
   * @param loss of any shape; better no f16, where a large scale is infinite
   * @return in f32 for types of 16 bits
   */
  public Tensor of(Tensor loss) {
    Tensor wide = RoundOnce.wide(loss);
    return wide.mul(scale.value().cast(wide.dtype()));
  }

  /** Gradients of a scaled loss, divided by the scale; in f32 for types of 16 bits. */
  public Grads unscaled(Grads grads) {
    Given.given("LossScale.unscaled", "grads", grads);
    return grads.map(
        g -> {
          Tensor wide = RoundOnce.wide(g);
          return wide.div(scale.value().cast(wide.dtype()));
        });
  }

  /**
   * Gives {@code update} the {@link #unscaled} gradients if all are finite, and moves the scale on.
   *
   * @param grads of a scaled loss
   * @param update such as {@code optimizer::update}, or one that limits the gradients before
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
