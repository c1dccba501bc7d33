package dev.engram.examples;

import dev.engram.Engram;
import dev.engram.Fn2;
import dev.engram.Layer;
import dev.engram.Pair;
import dev.engram.RandomKey;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.loss.Losses;
import dev.engram.metric.Accuracy;
import dev.engram.nn.Initializer;
import dev.engram.nn.LeakyReadout;
import dev.engram.nn.SignedLinear;
import dev.engram.online.EsDRtrl;
import dev.engram.online.Learner;
import dev.engram.optim.Adam;
import dev.engram.optim.GradientTransforms;
import dev.engram.optim.LearningRate;
import dev.engram.spiking.AlifNeuron;
import dev.engram.spiking.Constant;
import dev.engram.spiking.Membrane;
import dev.engram.spiking.Neuron;
import dev.engram.spiking.Projection;
import dev.engram.spiking.Synapse;
import dev.engram.spiking.SynapticInput;
import java.util.Arrays;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * Evidence accumulation (Morcos and Harvey 2016): cues appear on the left and on the right, and
 * after a pause the network says on which side there were more. Excitatory and inhibitory neurons
 * act on each other by conductances, and keep their sign (Dale's law); ES-D-RTRL learns.
 */
public final class EvidenceAccumulation {
  private static final int GROUP = 10;

  /** Groups for left, right, recall, and noise. */
  private static final int IN = 4 * GROUP;

  private static final int CUES = 5;
  private static final int INTERVAL = 5;
  private static final int CUE = 10;
  private static final int PAUSE = 20;
  private static final int RECALL = 15;
  private static final int ASKED = CUES * (INTERVAL + CUE) + PAUSE;
  private static final int STEPS = ASKED + RECALL;
  private static final int BATCH = 32;

  private EvidenceAccumulation() {}

  /** Four fifths of the neurons are excitatory. */
  static final class Net extends Layer {
    private final int excitatory;
    private final Neuron neurons;
    private final Projection inputs;
    private final Projection excitation;
    private final Projection inhibition;
    private final LeakyReadout readout;

    Net(int size, RandomKey key) {
      excitatory = size * 4 / 5;
      Membrane membrane = Membrane.of(10).withReset(Membrane.Reset.BY_THRESHOLD);
      neurons = new AlifNeuron(size, membrane, Constant.of(150), Constant.of(0.1));
      inputs = projection(IN, size, 5, 0.25, key.foldIn(0));
      excitation = projection(excitatory, size, 5, 0.05, key.foldIn(1));
      inhibition = projection(size - excitatory, size, -10, 0.2, key.foldIn(2));
      readout = new LeakyReadout(size, 2, 10, 1, key.foldIn(3), DType.F32);
    }

    /** Weights of one sign, and conductances with a reversal potential. */
    private static Projection projection(
        int in, int size, double reversal, double scale, RandomKey key) {
      double[] plus = SignedLinear.dale(in, in);
      Initializer weight = Initializer.scaledNormal(fans -> scale / fans.in());
      return new Projection(
          new SignedLinear(plus, size, key, DType.F32, weight, Optional.empty()),
          new Synapse.Exponential(size, 10, 1, DType.F32),
          new SynapticInput.Conductance(reversal));
    }

    @Override
    public Tensor update(Tensor x) {
      Tensor spikes = neurons.spikes();
      Tensor exc = spikes.slice(-1, 0, excitatory);
      Tensor inh = spikes.slice(-1, excitatory, neurons.size());
      Tensor current =
          inputs
              .current(x, neurons)
              .add(excitation.current(exc, neurons))
              .add(inhibition.current(inh, neurons));
      return readout.update(neurons.update(current));
    }
  }

  /** Spikes {@code [STEPS, BATCH, IN]}, and the side with more cues, {@code [BATCH]}. */
  static Pair<Tensor, Tensor> batch(SplittableRandom random) {
    float[] spikes = new float[STEPS * BATCH * IN];
    int[] sides = new int[BATCH];
    for (int b = 0; b < BATCH; b++) {
      double right = random.nextBoolean() ? 0.8 : 0.2;
      int[] cues = new int[CUES];
      Arrays.setAll(cues, _ -> random.nextDouble() < right ? 1 : 0);
      sides[b] = 2 * Arrays.stream(cues).sum() > CUES ? 1 : 0;
      for (int t = 0; t < STEPS; t++) {
        int cue = t / (INTERVAL + CUE);
        boolean shown = cue < CUES && t % (INTERVAL + CUE) >= INTERVAL;
        int active = t >= ASKED ? 2 : shown ? cues[cue] : -1;
        for (int i = 0; i < IN; i++) {
          int group = i / GROUP;
          double chance = group == 3 ? 0.02 : group == active ? 0.3 : 0;
          spikes[(t * BATCH + b) * IN + i] = random.nextDouble() < chance ? 1 : 0;
        }
      }
    }
    return new Pair<>(HostTensor.of(spikes, STEPS, BATCH, IN), HostTensor.of(sides, BATCH));
  }

  /** Learns until the accuracy of 20 batches is 0.9 or more; returns that of the last 20. */
  public static double learn(int batches, double rate, int seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Net net = new Net(60, RandomKey.of(seed));
    EsDRtrl<Tensor, Tensor> learner =
        Learner.compile(net, n -> new EsDRtrl<>(n, 0.99), batch(random).first().get(0));
    Adam adam = new Adam(LearningRate.step(rate, 0.8, 100));
    adam.register(learner.weights());
    Accuracy accuracy = new Accuracy();

    Fn2<Tensor, Tensor, Tensor> update =
        Engram.jit(
            (xs, side) -> {
              learner.reset();
              learner.evolve(xs.slice(0, 0, ASKED));
              var run =
                  learner
                      .rollout(xs.slice(0, ASKED, STEPS))
                      .mean()
                      .grad(out -> Losses.softmaxCrossEntropy(out, side));
              adam.update(GradientTransforms.clipByGlobalNorm(run.grads(), 1));
              accuracy.update(run.outputs().sum(0), side);
              return run.loss();
            });
    double found = 0;
    for (int i = 1; i <= batches && found < 0.9; i++) {
      Pair<Tensor, Tensor> b = batch(random);
      update.apply(b.first(), b.second());
      if (i % 20 == 0) {
        found = accuracy.value().host().item();
        accuracy.reset();
      }
    }
    return found;
  }

  public static void main(String[] args) {
    System.out.printf(
        "accuracy %.2f, without learning %.2f%n", learn(400, 5e-3, 1), learn(20, 0, 1));
  }
}
