package dev.engram.examples;

import dev.engram.Engram;
import dev.engram.Fn1;
import dev.engram.Layer;
import dev.engram.Network;
import dev.engram.RandomKey;
import dev.engram.Tree;
import dev.engram.etrace.Rule;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.loss.Losses;
import dev.engram.metric.Accuracy;
import dev.engram.nn.Linear;
import dev.engram.nn.MinGruCell;
import dev.engram.online.Learner;
import dev.engram.optim.Adam;
import dev.engram.optim.GradientTransforms;
import dev.engram.optim.LearningRate;
import dev.engram.optim.ParameterGroups;
import java.util.SplittableRandom;

/**
 * A decision that depends on context (Mante et al. 2013): noisy evidence of motion and of colour,
 * and a context that says which of the two counts. One head says on which side the evidence is, the
 * other how much of it there was. Several trials follow each other in a sequence.
 */
public final class ContextualDecision {
  private static final int TRIAL = 12;
  private static final int TRIALS = 3;
  private static final int STEPS = TRIALS * TRIAL;
  private static final int BATCH = 32;

  private ContextualDecision() {}

  /** Evidence of motion and colour {@code [2]}, and which of them counts, one-hot {@code [2]}. */
  record Stimulus(Tensor evidence, Tensor context) {}

  /** Logits of the sides {@code [2]}, and the mean evidence so far {@code [1]}. */
  record Answer(Tensor side, Tensor strength) {}

  /** The right ones: a class {@code []}, and {@code [1]}. */
  record Truth(Tensor side, Tensor strength) {}

  /** A recurrent cell and two heads. */
  static final class Net extends Network<Stimulus, Answer> {
    private final MinGruCell cell;
    private final Layer side;
    private final Layer strength;

    Net(int hidden, RandomKey key) {
      cell = new MinGruCell(4, hidden, key.foldIn(0));
      side = new Linear(hidden, 2, key.foldIn(1)).untraced();
      strength = new Linear(hidden, 1, key.foldIn(2)).untraced();
    }

    @Override
    public Answer update(Stimulus x) {
      Tensor h = cell.update(Tensor.concat(-1, x.evidence(), x.context()));
      return new Answer(side.update(h), strength.update(h));
    }
  }

  /**
   * Sequences, each tensor {@code [STEPS, BATCH, …]}.
   *
   * @param scored the second half of each trial
   * @param starts the first step of each trial
   */
  record Batch(Stimulus xs, Truth ys, Tensor scored, Tensor starts) {}

  static Batch batch(SplittableRandom random) {
    float[][][] evidence = new float[STEPS][BATCH][2];
    float[][][] context = new float[STEPS][BATCH][2];
    int[][] side = new int[STEPS][BATCH];
    float[][][] strength = new float[STEPS][BATCH][1];
    boolean[][] scored = new boolean[STEPS][BATCH];
    boolean[][] starts = new boolean[STEPS][BATCH];
    for (int b = 0; b < BATCH; b++) {
      for (int trial = 0; trial < TRIALS; trial++) {
        int counts = random.nextInt(2);
        double[] mean = {random.nextDouble(-1, 1), random.nextDouble(-1, 1)};
        double sum = 0;
        for (int i = 0; i < TRIAL; i++) {
          int t = trial * TRIAL + i;
          evidence[t][b][0] = (float) (mean[0] + random.nextDouble(-1, 1));
          evidence[t][b][1] = (float) (mean[1] + random.nextDouble(-1, 1));
          context[t][b][counts] = 1;
          sum += evidence[t][b][counts];
          side[t][b] = sum > 0 ? 1 : 0;
          strength[t][b][0] = (float) (sum / (i + 1));
          scored[t][b] = 2 * i >= TRIAL;
          starts[t][b] = i == 0;
        }
      }
    }
    return new Batch(
        new Stimulus(HostTensor.of(evidence), HostTensor.of(context)),
        new Truth(HostTensor.of(side), HostTensor.of(strength)),
        HostTensor.of(scored),
        HostTensor.of(starts));
  }

  /** The losses of one step, one for each example. */
  static Tensor loss(Answer out, Truth y) {
    return Losses.softmaxCrossEntropy(out.side(), y.side())
        .add(Losses.squaredError(out.strength(), y.strength()).sum(-1));
  }

  /** The share of right sides, and the mean squared error of the strength. */
  public record Skill(double accuracy, double error) {}

  /** Learns from batches, and tries what was learned on one more. */
  public static Skill learn(int batches, double rate, int seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Batch held = batch(random);
    Net net = new Net(32, RandomKey.of(seed));
    Stimulus first = Tree.map(x -> x.get(0), held.xs());
    Learner<Stimulus, Answer> learner = Learner.compile(net, Rule.named("d-rtrl"), first);
    var weights = learner.weights();
    ParameterGroups optimizer =
        ParameterGroups.of(
            weights,
            ParameterGroups.group(p -> p.startsWith("cell"), new Adam(rate)),
            ParameterGroups.rest(new Adam(LearningRate.cosine(rate, 0, batches))));

    Fn1<Batch, Tensor> update =
        Engram.jit(
            b -> {
              learner.reset();
              var run =
                  learner
                      .rollout(b.xs())
                      .mask(b.scored())
                      .resets(b.starts())
                      .mean()
                      .grad(b.ys(), ContextualDecision::loss);
              optimizer.update(GradientTransforms.clipByGlobalNorm(run.grads(), 1));
              return run.loss();
            });
    for (int i = 0; i < batches; i++) {
      update.apply(batch(random));
    }

    learner.reset();
    Answer out = learner.rollout(held.xs()).resets(held.starts()).evolve();
    Accuracy accuracy = new Accuracy();
    accuracy.update(out.side(), held.ys().side(), held.scored());
    Tensor errors = Losses.squaredError(out.strength(), held.ys().strength()).sum(-1);
    return new Skill(
        accuracy.value().host().item(), Losses.maskedMean(errors, held.scored()).host().item());
  }

  public static void main(String[] args) {
    System.out.println(learn(200, 5e-3, 1) + ", without learning " + learn(1, 0, 1));
  }
}
