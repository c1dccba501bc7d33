package dev.engram.examples;

import dev.engram.Engram;
import dev.engram.Fn2;
import dev.engram.Layer;
import dev.engram.RandomKey;
import dev.engram.RandomTensors;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.loss.Losses;
import dev.engram.nn.CellOptions;
import dev.engram.nn.Initializer;
import dev.engram.nn.LeakyReadout;
import dev.engram.online.PpProp;
import dev.engram.optim.Adam;
import dev.engram.optim.GradientTransforms;
import dev.engram.spiking.Constant;
import dev.engram.spiking.LifNeuron;
import dev.engram.spiking.Membrane;
import dev.engram.spiking.RecurrentSpikes;
import dev.engram.spiking.Surrogate;
import dev.engram.spiking.SynapticInput;

/**
 * A recurrent network of spiking neurons learns by pp-prop which group of its inputs is active, one
 * sequence at a time, without batches. The first steps drive states and traces without a loss.
 */
public final class SpikeClasses {
  private static final int IN = 50;
  private static final int OUT = 10;
  private static final int STEPS = 60;
  private static final int WARM_UP = 12;

  private SpikeClasses() {}

  /** Neurons that see the input and each other's spikes, and a leaky readout. */
  static final class Net extends Layer {
    private final RecurrentSpikes hidden;
    private final LeakyReadout readout;

    Net(int neurons, RandomKey key) {
      Membrane membrane =
          Membrane.of(20)
              .withThreshold(Constant.of(0.1))
              .withReset(Membrane.Reset.BY_THRESHOLD)
              .withSurrogate(Surrogate.triangle(0.3, 1));
      hidden =
          new RecurrentSpikes(
              IN,
              new LifNeuron(neurons, membrane),
              new SynapticInput.Current(),
              key.foldIn(0),
              Initializer.scaledNormal(fans -> 50 / fans.in()));
      CellOptions options = CellOptions.standard().withWeights(Initializer.heNormal());
      readout = new LeakyReadout(neurons, OUT, 20, 1, key.foldIn(1), options);
    }

    @Override
    public Tensor update(Tensor x) {
      return readout.update(hidden.update(x));
    }
  }

  /** A sequence {@code [STEPS, IN]} in which the inputs of one class spike. */
  static Tensor spikes(RandomKey key, Tensor label) {
    Tensor classes = Tensor.arange(IN).div(IN / OUT).cast(DType.I32);
    Tensor active = classes.eq(label).cast(DType.F32).mul(0.6);
    return RandomTensors.bernoulli(key, active.broadcastTo(Shape.of(STEPS, IN))).cast(DType.F32);
  }

  /**
   * Returns the accuracy after the warm-up, of each update.
   *
   * @param rate of learning; 0 for none
   */
  public static double[] learn(int updates, double rate, int seed) {
    RandomKey key = RandomKey.of(seed);
    Net net = new Net(128, key.foldIn(0));
    net.initAllStates();
    PpProp<Tensor, Tensor> learner = new PpProp<>(net, 0.5);
    learner.compileGraph(HostTensor.full(TensorType.of(DType.F32, IN), 0));
    Adam adam = new Adam(rate);
    adam.register(learner.weights());
    Tensor scored = Tensor.arange(STEPS).ge(WARM_UP);

    Fn2<Tensor, Tensor, Tensor> update =
        (words, label) -> {
          learner.reset();
          Tensor xs = spikes(new RandomKey(words), label);
          var run =
              learner
                  .rollout(xs)
                  .mask(scored)
                  .mean()
                  .grad(out -> Losses.softmaxCrossEntropy(out, label));
          adam.update(GradientTransforms.clipByGlobalNorm(run.grads(), 1));
          Tensor right = run.outputs().argMax(-1).eq(label).cast(DType.F32);
          return Losses.maskedMean(right, scored);
        };
    Tensor labels = Tensor.arange(updates).cast(DType.I32).rem(OUT);
    return Engram.jit((Tensor words) -> Engram.forLoop(update, words, labels))
        .apply(key.foldIn(1).splitStack(updates).words())
        .host()
        .toDoubles();
  }

  public static void main(String[] args) {
    double[] accuracy = learn(80, 3e-3, 1);
    for (int i : new int[] {0, 20, 40, 60, 79}) {
      System.out.printf("update %2d: accuracy %.2f%n", i, accuracy[i]);
    }
  }
}
