package dev.engram.examples;

import dev.engram.Engram;
import dev.engram.Fn1;
import dev.engram.Fn2;
import dev.engram.Network;
import dev.engram.Pair;
import dev.engram.RandomKey;
import dev.engram.RandomTensors;
import dev.engram.etrace.Rule;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.loss.Losses;
import dev.engram.nn.Initializer;
import dev.engram.online.Learner;
import dev.engram.optim.Adam;
import dev.engram.optim.OnlineTrainer;
import dev.engram.spiking.Delay;
import dev.engram.spiking.DelayKernel;
import dev.engram.spiking.LearnedDelay;
import dev.engram.spiking.Synapse;

/**
 * A sound reaches one ear some steps after the other. As in Jeffress, "A place theory of sound
 * localization" (1948), a delay line brings the two into coincidence; but its delay is not chosen
 * among many, it is learned online, while the sound goes on. When the source moves, it follows.
 */
public final class LearnedDelays {
  private static final int LONGEST = 15;
  private static final int CHUNK = 100;

  /** Frequency bands, which share a delay. */
  private static final int BANDS = 16;

  /** Spikes of the two ears, {@code [1]} each. */
  record Ears(Tensor left, Tensor right) {
    Ears first() {
      return new Ears(left.get(0), right.get(0));
    }
  }

  /**
   * What each ear's synapse makes of them; the left one's are delayed. The response rises and falls
   * gradually: interpolated spikes alone are weaker between two steps than at one, which would hold
   * the delay there.
   */
  static final class Coincidence extends Network<Ears, Pair<Tensor, Tensor>> {
    private final LearnedDelay line;
    private final Synapse left = new Synapse.Alpha(1, 5, 1, DType.F32);
    private final Synapse right = new Synapse.Alpha(1, 5, 1, DType.F32);

    Coincidence(double delay) {
      line =
          new LearnedDelay(
              1,
              LONGEST,
              RandomKey.of(0),
              DType.F32,
              Initializer.constant(delay),
              DelayKernel.linear(),
              Delay.Traces.FOLLOWED);
    }

    @Override
    public Pair<Tensor, Tensor> update(Ears x) {
      return new Pair<>(left.update(line.update(x.left())), right.update(x.right()));
    }
  }

  private LearnedDelays() {}

  /** Spikes {@code [steps, BANDS, 1]} at random; the right ear gets them {@code lag} steps late. */
  static Ears sound(int lag, int steps, RandomKey key) {
    Tensor chance = HostTensor.full(TensorType.of(DType.F32, steps + LONGEST, BANDS, 1), 0.2);
    Tensor spikes = RandomTensors.bernoulli(key, chance).cast(DType.F32);
    return new Ears(
        spikes.slice(0, LONGEST, LONGEST + steps),
        spikes.slice(0, LONGEST - lag, LONGEST - lag + steps));
  }

  /** The delay after learning, and the mean squared difference between the ears near the end. */
  public record Found(double delay, double difference) {}

  /**
   * Listens, and learns or not.
   *
   * @param lags of the source, one after the other
   */
  public static Found learn(int[] lags, int chunksEach, boolean learns, int seed) {
    Coincidence net = new Coincidence(2);
    Learner<Ears, Pair<Tensor, Tensor>> learner =
        Learner.compile(net, Rule.dRtrl(), sound(0, 1, RandomKey.of(0)).first());
    Adam adam = new Adam(learns ? 0.1 : 0);
    adam.register(learner.weights());
    Fn2<Pair<Tensor, Tensor>, Tensor, Tensor> difference =
        (ears, _) -> Losses.squaredError(ears.first(), ears.second()).mean();
    var trainer = new OnlineTrainer<>(learner, adam, difference);
    Fn1<Ears, Tensor> listen =
        Engram.jit(
            x -> {
              Tensor losses = trainer.perWindow(x, Tensor.arange(CHUNK), 10);
              net.line.clamp();
              return losses.mean();
            });
    double last = 0;
    for (int i = 0; i < lags.length; i++) {
      for (int chunk = 0; chunk < chunksEach; chunk++) {
        RandomKey key = RandomKey.of(seed).foldIn(i * chunksEach + chunk);
        last = listen.apply(sound(lags[i], CHUNK, key)).host().item();
      }
    }
    return new Found(net.line.delay().value().host().getDouble(0), last);
  }

  public static void main(String[] args) {
    for (int[] lags : new int[][] {{9}, {9, 4}}) {
      int lag = lags[lags.length - 1];
      Found learned = learn(lags, 20, true, 1);
      Found fixed = learn(lags, 20, false, 1);
      System.out.printf(
          "lag %d: learned delay %.1f, difference between the ears %.3f; not learned %.1f, %.3f%n",
          lag, learned.delay(), learned.difference(), fixed.delay(), fixed.difference());
    }
  }
}
