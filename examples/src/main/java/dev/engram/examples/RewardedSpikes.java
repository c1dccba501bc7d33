package dev.engram.examples;

import dev.engram.Engram;
import dev.engram.Fn1;
import dev.engram.Model;
import dev.engram.RandomKey;
import dev.engram.RandomTensors;
import dev.engram.State;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.spiking.Constant;
import dev.engram.spiking.LifNeuron;
import dev.engram.spiking.Membrane;
import dev.engram.spiking.Stdp;
import java.util.List;

/**
 * Two spiking neurons learn by reward which of them is to answer to which of two stimuli: the one
 * that spikes more often is the answer. Only afterwards comes a reward, 1 for the right answer and
 * -1 for the other, and changes the synapses by their eligibility. No gradient is computed. Without
 * rewards nothing is learned.
 */
public final class RewardedSpikes {
  /** Inputs; the first half spikes for one stimulus, the second half for the other. */
  private static final int IN = 40;

  private static final int STEPS = 50;

  /** Synapses, the neurons behind them, and their plasticity. */
  private static final class Net extends Model {
    private final State weight;
    private final LifNeuron neurons =
        new LifNeuron(2, Membrane.of(10).withThreshold(Constant.of(1)).withResistance(10));
    private final Stdp plasticity =
        new Stdp(IN, 2, new Stdp.Constants(1, 20, 20, 1, 0.2, 200), DType.F32);

    Net(RandomKey key) {
      weight = parameter(RandomTensors.uniform(key, Shape.of(IN, 2), DType.F32, 0.03, 0.05));
    }

    /** Shows a stimulus, lets the reward for the answer change the weights; 1 if it was right. */
    Tensor trial(RandomKey key, boolean rewarded) {
      List<RandomKey> keys = key.split(3);
      Tensor stimulus = RandomTensors.integers(keys.get(0), Shape.of(), 0, 2);
      Tensor half = Tensor.arange(IN).div(IN / 2).cast(stimulus.dtype());
      Tensor chance = half.eq(stimulus).select(full(0.15), full(0.01));
      Tensor inputs = chance.broadcastTo(Shape.of(STEPS, IN));
      Tensor spikes = RandomTensors.bernoulli(keys.get(1), inputs).cast(DType.F32);
      neurons.initAllStates();
      plasticity.initAllStates();
      Tensor counts =
          Engram.forLoop(
                  (Tensor x) -> {
                    Tensor out = neurons.update(x.matmul(weight.value()));
                    plasticity.update(x, out);
                    return out;
                  },
                  spikes)
              .sum(0);
      // A tie is decided by a coin.
      Tensor coin = RandomTensors.uniform(keys.get(2), Shape.of(2), DType.F32, 0, 0.5);
      Tensor answer = counts.add(coin).argMax(0);
      Tensor right = answer.eq(stimulus);
      // Only the neuron that answered is rewarded.
      Tensor reward = right.cast(DType.F32).mul(2).sub(1).mul(rewarded ? 1 : 0);
      Tensor each = answer.oneHot(2, DType.F32).mul(reward);
      weight.set(plasticity.rewarded(weight.value(), each, 2e-4, 0, 0.2));
      return right.cast(DType.F32);
    }

    private static Tensor full(double value) {
      return HostTensor.full(TensorType.of(DType.F32, IN), value);
    }
  }

  private RewardedSpikes() {}

  /**
   * Returns the share of right answers in each hundred of trials.
   *
   * @param rewarded whether there are rewards
   */
  public static double[] learn(int hundreds, boolean rewarded, int seed) {
    Net net = new Net(RandomKey.of(seed));
    Fn1<Tensor, Tensor> trials =
        Engram.jit(
            keys ->
                Engram.forLoop((Tensor words) -> net.trial(new RandomKey(words), rewarded), keys)
                    .mean());
    double[] right = new double[hundreds];
    for (int i = 0; i < hundreds; i++) {
      Tensor keys = RandomKey.of(seed).foldIn(i).splitStack(100).words();
      right[i] = trials.apply(keys).host().item();
    }
    return right;
  }

  public static void main(String[] args) {
    double[] with = learn(6, true, 1);
    double[] without = learn(6, false, 1);
    for (int i = 0; i < with.length; i++) {
      System.out.printf(
          "trials %3d to %3d: right %.0f %%, without rewards %.0f %%%n",
          100 * i, 100 * i + 99, 100 * with[i], 100 * without[i]);
    }
  }
}
