package dev.engram.examples;

import dev.engram.Engram;
import dev.engram.Fn2;
import dev.engram.Layer;
import dev.engram.Ode;
import dev.engram.Pair;
import dev.engram.RandomKey;
import dev.engram.State;
import dev.engram.etrace.Rule;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.loss.Losses;
import dev.engram.metric.Accuracy;
import dev.engram.nn.Initializer;
import dev.engram.nn.LeakyReadout;
import dev.engram.nn.Sequential;
import dev.engram.online.Learner;
import dev.engram.optim.Adam;
import dev.engram.spiking.Constant;
import dev.engram.spiking.Neuron;
import dev.engram.spiking.RecurrentSpikes;
import dev.engram.spiking.Surrogate;
import dev.engram.spiking.Synapse;
import dev.engram.spiking.SynapticInput;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.DoubleStream;

/**
 * Delayed match to sample: two stimuli with a pause between them, are they the same? Neurons of
 * one's own bridge the pause with slow currents; pp-prop learns during the second stimulus.
 */
public final class MatchToSample {
  private static final int GROUP = 10;
  private static final int IN = 2 * GROUP;
  private static final int SAMPLE = 15;
  private static final int PAUSE = 25;
  private static final int TEST = 15;
  private static final int STEPS = SAMPLE + PAUSE + TEST;
  private static final int BATCH = 64;

  private MatchToSample() {}

  /**
   * An integrate-and-fire neuron with a second current I that each spike changes:
   *
   * <pre>
   *   tau dv/dt = -v + I + x,  dI/dt = -I / tauI;  at a spike v ← v - 1, I ← I - kick
   * </pre>
   *
   * <p>both by exponential Euler steps of 1 ms. The time constant of I is of each neuron.
   */
  static final class SlowNeuron extends Neuron {
    private static final Surrogate SURROGATE = Surrogate.triangle(0.3, 1);
    private final double tau;
    private final Constant tauI;
    private final double kick;
    private final State v = startingAt(0);
    private final State slow = startingAt(0);

    SlowNeuron(int size, double tau, Constant tauI, double kick) {
      super(size, DType.F32);
      this.tau = tau;
      this.tauI = tauI;
      this.kick = kick;
    }

    @Override
    public Tensor potential() {
      return v.value();
    }

    @Override
    public Tensor spikes() {
      return SURROGATE.spike(v.value().sub(1));
    }

    @Override
    protected Tensor step(Optional<Tensor> current, Optional<Tensor> jump) {
      Tensor fired = spikes();
      Tensor i = slow.value().sub(fired.mul(kick));
      Tensor next = Ode.exponentialEuler(x -> x.neg().div(tauI.value(x)), i, 1);
      Tensor drive = current.map(next::add).orElse(next);
      Tensor moved = Ode.exponentialEuler(x -> drive.sub(x).div(tau), v.value().sub(fired), 1);
      slow.set(next);
      v.set(jump.map(moved::add).orElse(moved));
      return spikes();
    }
  }

  /** Recurrent neurons behind exponential synapses, and a leaky readout. */
  static Layer net(int neurons, RandomKey key) {
    SplittableRandom random = new SplittableRandom(7);
    double[] taus =
        DoubleStream.generate(() -> random.nextDouble(50, 100)).limit(neurons).toArray();
    return new Sequential(
        new RecurrentSpikes(
            IN,
            new SlowNeuron(neurons, 10, Constant.each(taus), 0.1),
            new Synapse.Exponential(neurons, 5, 1, DType.F32),
            new SynapticInput.Current(),
            key.foldIn(0),
            Initializer.scaledNormal(fans -> 4 / fans.in())),
        new LeakyReadout(neurons, 2, 10, 1, key.foldIn(1), DType.F32));
  }

  /** Spikes {@code [STEPS, BATCH, IN]}, and whether the stimuli are the same, {@code [BATCH]}. */
  static Pair<Tensor, Tensor> batch(SplittableRandom random) {
    float[] spikes = new float[STEPS * BATCH * IN];
    int[] same = new int[BATCH];
    for (int b = 0; b < BATCH; b++) {
      int sample = random.nextInt(2);
      int test = random.nextInt(2);
      same[b] = sample == test ? 1 : 0;
      for (int t = 0; t < STEPS; t++) {
        int shown = t < SAMPLE ? sample : t < SAMPLE + PAUSE ? -1 : test;
        for (int i = 0; i < IN; i++) {
          boolean on = random.nextDouble() < (i / GROUP == shown ? 0.3 : 0.01);
          spikes[(t * BATCH + b) * IN + i] = on ? 1 : 0;
        }
      }
    }
    return new Pair<>(HostTensor.of(spikes, STEPS, BATCH, IN), HostTensor.of(same, BATCH));
  }

  /** Learns until the accuracy of 20 batches is 0.9 or more; returns that of the last 20. */
  public static double learn(int batches, double rate, int seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Layer net = net(80, RandomKey.of(seed));
    Learner<Tensor, Tensor> learner =
        Learner.compile(net, Rule.named("pp-prop 0.97"), batch(random).first().get(0));
    Adam adam = new Adam(rate);
    adam.register(learner.weights());
    Accuracy accuracy = new Accuracy();

    Fn2<Tensor, Tensor, Tensor> update =
        Engram.jit(
            (xs, same) -> {
              learner.reset();
              int asked = SAMPLE + PAUSE;
              learner.evolve(xs.slice(0, 0, asked));
              var run =
                  learner
                      .rollout(xs.slice(0, asked, STEPS))
                      .mean()
                      .grad(out -> Losses.softmaxCrossEntropy(out, same));
              adam.update(run.grads());
              accuracy.update(run.outputs().sum(0), same);
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
