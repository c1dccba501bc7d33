package dev.engram.optim;

import dev.engram.Engram;
import dev.engram.Grads;
import dev.engram.Model;
import dev.engram.State;
import dev.engram.States;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;
import dev.engram.ir.tensor.RoundOnce;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Updates once for every {@code period} gradients, with their mean: for a batch that is larger than
 * what fits into memory. States: {@code sum.PATH}, the sum of the gradients so far, in f32 for 16
 * bits; {@code calls i32[]}, their number; and those of the updater, {@code updater.…}, which
 * change with its updates only.
 */
public final class Accumulation extends Model implements Updater {
  private final Updater updater;
  private final States weights;
  private final int period;
  private final Map<String, State> sum = new LinkedHashMap<>();
  private final State calls = other(HostTensor.of(new int[] {0}));

  /**
   * @param updater such as an {@link Optimizer} with the weights registered
   * @param weights that it updates; they have values
   * @param period number of gradients for each update, at least 1
   */
  public Accumulation(Updater updater, States weights, int period) {
    this.updater = Given.given("Accumulation", "updater", updater);
    this.weights = Given.given("Accumulation", "weights", weights);
    this.period = Ranges.atLeastOne("Accumulation", "period", period);
    weights
        .byPath()
        .forEach(
            (path, w) -> {
              TensorType type = w.type();
              TensorType wide = type.with(RoundOnce.wide(type.dtype()));
              sum.put(path, other(HostTensor.full(wide, 0)));
            });
  }

  /** Adds the gradients, and updates the weights if they are the last of a period. */
  @Override
  public void update(Grads grads) {
    Given.given("Accumulation.update", "grads", grads);
    GradientMatch.check(
        "Accumulation", weights, grads, "make it with the weights that grad is taken of");
    Tensor made = calls.value().add(1);
    Tensor full = made.ge(period);
    Map<String, Tensor> sums = new LinkedHashMap<>();
    Map<String, Tensor> means = new LinkedHashMap<>();
    sum.forEach(
        (path, s) -> {
          Tensor next = s.value().add(RoundOnce.wide(grads.get(path)));
          sums.put(path, next);
          means.put(path, next.div(period));
        });
    Engram.cond(
        full,
        () -> {
          updater.update(Grads.of(weights, means));
          return full;
        },
        () -> full);
    // after the update, which may be refused
    sum.forEach((path, s) -> s.set(full.select(s.value().like(0), sums.get(path))));
    calls.set(full.select(made.like(0), made));
  }
}
