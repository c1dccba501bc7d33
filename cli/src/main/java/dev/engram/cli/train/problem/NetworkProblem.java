package dev.engram.cli.train.problem;

import dev.engram.Layer;
import dev.engram.Pair;
import dev.engram.RandomKey;
import dev.engram.ir.Tensor;
import java.util.List;
import java.util.SplittableRandom;

/** The network task: which of four groups of inputs fires more than the others? */
public final class NetworkProblem implements SequenceProblem {
  /** Time constant of the readout in milliseconds. */
  static final double READOUT = 20;

  static final int INPUTS = 80;

  static final SequenceTask TASK =
      new SequenceTask(
          "network",
          "Trains a sparse network of excitatory and inhibitory neurons with conductance synapses"
              + " to tell patterns of input spikes apart, and writes curves of loss, accuracy and"
              + " rate.",
          "Sparse Network with Conductance Synapses",
          SequenceTask.Settings.of("network", 60, 60, 8, 4000, 2e-3),
          List.of("loss", "accuracy", "rate"),
          // At least one excitatory and one inhibitory neuron.
          new SequenceTask.Demand(
              2,
              INPUTS + 1,
              SequenceTask.Demand.eachStep(INPUTS),
              n -> ConductanceNet.synapses((int) n)),
          SpikingNet.kappa(READOUT),
          NetworkProblem::new);

  static final int CLASSES = 4;
  private static final double ACTIVE = 0.12;
  private static final double BACKGROUND = 0.04;

  private final SequenceTask.Settings settings;
  private final SplittableRandom random;
  private final ConductanceNet model;

  NetworkProblem(SequenceTask.Settings settings) {
    this.settings = settings;
    this.random = new SplittableRandom(settings.seed());
    this.model = new ConductanceNet(settings.hidden(), RandomKey.of(settings.seed()));
  }

  @Override
  public String describe() {
    return INPUTS + " spike trains -> " + model.describe() + " -> " + CLASSES;
  }

  @Override
  public Layer model() {
    return model;
  }

  @Override
  public Pair<Tensor, Tensor> next() {
    return LabelledSpikes.draw(
        DrawnBatch.of(settings), INPUTS, random, () -> new Group(random.nextInt(CLASSES)));
  }

  /** The group that fires more. */
  private record Group(int group) implements LabelledSpikes.Pattern {
    @Override
    public int label(int t) {
      return group;
    }

    @Override
    public double probability(int t, int i) {
      return i * CLASSES / INPUTS == group ? ACTIVE : BACKGROUND;
    }
  }

  @Override
  public Tensor loss(Tensor outputs, Tensor targets) {
    return SpikingNet.crossEntropy(outputs, targets).mean();
  }

  @Override
  public List<Baseline> baselines() {
    return SpikingNet.chance(CLASSES);
  }

  @Override
  public List<Tensor> metrics(Tensor outputs, Tensor targets) {
    return SpikingNet.metrics(outputs, targets);
  }
}
