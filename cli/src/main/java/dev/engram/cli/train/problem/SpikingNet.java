package dev.engram.cli.train.problem;

import dev.engram.Layer;
import dev.engram.ir.Tensor;
import dev.engram.loss.Losses;
import dev.engram.loss.Metrics;
import dev.engram.nn.LeakyReadout;
import dev.engram.spiking.RecurrentSpikes;
import java.util.List;
import java.util.OptionalDouble;

/**
 * Recurrent spiking neurons with a leaky readout. The output is that of the readout, followed by
 * the fraction of neurons that spike in this step.
 */
public final class SpikingNet extends Layer {
  private final RecurrentSpikes recurrent;
  private final LeakyReadout readout;

  SpikingNet(RecurrentSpikes recurrent, LeakyReadout readout) {
    this.recurrent = recurrent;
    this.readout = readout;
  }

  @Override
  public Tensor update(Tensor x) {
    Tensor spikes = recurrent.update(x);
    Tensor activity = spikes.stopGradient().mean().reshape(1);
    return Tensor.concat(0, readout.update(spikes), activity);
  }

  /** Returns the decay of a readout in one step of a millisecond. */
  static OptionalDouble kappa(double tau) {
    return OptionalDouble.of(Math.exp(-1 / tau));
  }

  /** Returns the values that guessing reaches. */
  static List<Baseline> chance(int classes) {
    return List.of(
        new Baseline("loss", "chance: ln " + classes, Math.log(classes)),
        new Baseline("accuracy", "chance: 1/" + classes, 1.0 / classes));
  }

  /** Returns the logits of outputs {@code [..., classes + 1]}, without the activity. */
  private static Tensor logits(Tensor outputs) {
    return outputs.slice(-1, 0, outputs.dim(-1) - 1);
  }

  /**
   * Returns the mean rate in hertz of outputs {@code [..., classes + 1]}, steps being milliseconds.
   */
  private static Tensor rate(Tensor outputs) {
    int last = outputs.dim(-1) - 1;
    return outputs.slice(-1, last, last + 1).mean().mul(1000);
  }

  /** Returns the cross entropy of each step and example, {@code [T, B]}. */
  static Tensor crossEntropy(Tensor outputs, Tensor labels) {
    return Losses.softmaxCrossEntropy(logits(outputs), labels);
  }

  /** Returns the accuracy of the last step, and the rate. */
  static List<Tensor> metrics(Tensor outputs, Tensor labels) {
    return List.of(Metrics.accuracy(logits(outputs).get(-1), labels.get(-1)), rate(outputs));
  }
}
