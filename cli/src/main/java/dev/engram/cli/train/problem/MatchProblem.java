package dev.engram.cli.train.problem;

import dev.engram.Layer;
import dev.engram.Pair;
import dev.engram.RandomKey;
import dev.engram.ir.DType;
import dev.engram.ir.Tensor;
import dev.engram.nn.Initializer;
import dev.engram.nn.LeakyReadout;
import dev.engram.spiking.AlifNeuron;
import dev.engram.spiking.Constant;
import dev.engram.spiking.LifNeuron;
import dev.engram.spiking.Membrane;
import dev.engram.spiking.Neuron;
import dev.engram.spiking.RecurrentSpikes;
import java.util.List;
import java.util.SplittableRandom;

/**
 * The match task, delayed match to sample: one of two groups of inputs fires; after a delay one of
 * the two fires again, together with a third group that asks whether it is the same. The delay
 * takes two fifths of the time.
 */
public final class MatchProblem implements SequenceProblem {
  /** Time constant of the readout in milliseconds. */
  private static final double READOUT = 10;

  private static final int GROUP = 10;
  private static final int INPUTS = 3 * GROUP;

  static final SequenceTask TASK =
      new SequenceTask(
          "match",
          "Trains adaptive spiking neurons to compare what they see with what they saw before a"
              + " delay, and writes curves of loss, accuracy and firing rate.",
          "Delayed Match to Sample with Adaptive Neurons",
          SequenceTask.Settings.of("match", 100, 200, 32, 100, 5e-3),
          List.of("loss", "accuracy", "rate"),
          SequenceTask.Demand.dense(INPUTS, 1),
          SpikingNet.kappa(READOUT),
          settings -> new MatchProblem(settings, true));

  /** The same task without adaptation, for comparison. */
  static final SequenceTask CONTROL =
      new SequenceTask(
          "match-lif",
          "Trains spiking neurons without adaptation on the task of `engram train match`, for"
              + " comparison.",
          "Delayed Match to Sample without Adaptation",
          SequenceTask.Settings.of("match-lif", 100, 200, 32, 100, 5e-3),
          List.of("loss", "accuracy", "rate"),
          SequenceTask.Demand.dense(INPUTS, 1),
          SpikingNet.kappa(READOUT),
          settings -> new MatchProblem(settings, false));

  private static final double ACTIVE = 0.4;
  private static final double SILENT = 0.01;

  /** The label of steps without a target. */
  private static final int NONE = -1;

  private final SequenceTask.Settings settings;
  private final SplittableRandom random;
  private final boolean adapts;
  private final SpikingNet model;

  MatchProblem(SequenceTask.Settings settings, boolean adapts) {
    this.settings = settings;
    this.random = new SplittableRandom(settings.seed());
    this.adapts = adapts;
    List<RandomKey> keys = RandomKey.of(settings.seed()).split(2);
    int n = settings.hidden();
    Membrane membrane = Membrane.of(20).withReset(Membrane.Reset.BY_THRESHOLD);
    // Adaptation outlasts the delay; the membrane does not.
    Neuron neuron =
        adapts
            ? new AlifNeuron(n, membrane, Constant.of(4.0 * settings.steps()), Constant.of(0.2))
            : new LifNeuron(n, membrane);
    this.model =
        new SpikingNet(
            new RecurrentSpikes(
                INPUTS, neuron, keys.get(0), Initializer.normal(0.8 / Math.sqrt(INPUTS))),
            new LeakyReadout(n, 2, READOUT, 1, keys.get(1), DType.F32));
  }

  @Override
  public String describe() {
    return INPUTS + " spike trains -> " + (adapts ? "ALIF " : "LIF ") + settings.hidden() + " -> 2";
  }

  @Override
  public Layer model() {
    return model;
  }

  @Override
  public Pair<Tensor, Tensor> next() {
    return LabelledSpikes.draw(
        DrawnBatch.of(settings),
        INPUTS,
        random,
        () -> new Trial(settings.steps(), random.nextInt(2), random.nextInt(2)));
  }

  /** The group that fires first, and the one that fires after the delay. */
  private record Trial(int steps, int sample, int test) implements LabelledSpikes.Pattern {
    @Override
    public int label(int t) {
      return isTest(t) ? (sample == test ? 1 : 0) : NONE;
    }

    @Override
    public double probability(int t, int i) {
      int group = i / GROUP;
      boolean first = 10 * t < 3 * steps;
      boolean on = (first && group == sample) || (isTest(t) && (group == test || group == 2));
      return on ? ACTIVE : SILENT;
    }

    private boolean isTest(int t) {
      return 10 * t >= 7 * steps;
    }
  }

  @Override
  public Tensor loss(Tensor outputs, Tensor targets) {
    Tensor asked = targets.ge(targets.like(0));
    Tensor label = targets.max(targets.like(0));
    Tensor each = SpikingNet.crossEntropy(outputs, label);
    // The mean over the steps that ask is an ordinary mean cross entropy.
    return each.mul(asked.cast(each.dtype())).mean().mul(1 / 0.3);
  }

  @Override
  public List<Baseline> baselines() {
    return SpikingNet.chance(2);
  }

  @Override
  public List<Tensor> metrics(Tensor outputs, Tensor targets) {
    return SpikingNet.metrics(outputs, targets);
  }
}
