package dev.engram.nn;

import dev.engram.Layer;
import dev.engram.RandomKey;
import dev.engram.RandomTensors;
import dev.engram.State;
import dev.engram.ir.Shape;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;
import java.util.List;

/**
 * Sets each channel to zero at all positions with probability {@code rate}, and divides the others
 * by {@code 1 - rate} (Tompson et al. 2015, spatial dropout); in evaluation it is the identity.
 * State: {@code key}, which each call advances.
 *
 * <p>As with {@link Dropout}, all examples of a {@link dev.engram.Vmap} share the key.
 */
public final class ChannelDropout extends Layer {
  private final double rate;
  private final int spatial;
  private final Mode mode;
  private final State key;

  /**
   * @param rate from 0 to below 1
   * @param spatial number of the axes of positions, before the last, along which a channel is
   *     dropped as one; axes before them are of examples, each with channels of its own
   * @param mode when to drop
   */
  public ChannelDropout(double rate, int spatial, RandomKey key, Mode mode) {
    Given.given("ChannelDropout", "key", key);
    Given.given("ChannelDropout", "mode", mode);
    this.rate = Ranges.kept("ChannelDropout", "rate", rate);
    this.spatial = Ranges.atLeastOne("ChannelDropout", "spatial", spatial);
    this.mode = mode;
    this.key = other(key.words());
  }

  /**
   * {@inheritDoc}
   *
   * @param x {@code [..., n1…nd, channels]} with d = {@code spatial}
   */
  @Override
  public Tensor update(Tensor x) {
    Given.given("ChannelDropout.update", "x", x);
    List<RandomKey> keys = new RandomKey(key.value()).split(2);
    Tensor dropped = drop(x, rate, spatial, keys.get(1));
    key.set(keys.get(0).words());
    return mode.training().select(dropped, x);
  }

  /** Drops channels of {@code x} by {@code key}. */
  public static Tensor drop(Tensor x, double rate, int spatial, RandomKey key) {
    Given.given("ChannelDropout.drop", "x", x);
    Given.given("ChannelDropout.drop", "key", key);
    double kept = 1 - Ranges.kept("ChannelDropout.drop", "rate", rate);
    Ranges.atLeastOne("ChannelDropout.drop", "spatial", spatial);
    if (x.rank() < spatial + 1) {
      throw new TypeException(
          "ChannelDropout.drop: x has type %s, expected %d axes of positions and one of channels (%s)"
              .formatted(x.type(), spatial, SourceLocation.here()));
    }
    Shape channels = x.shape();
    for (int i = 0; i < spatial; i++) {
      channels = channels.with(x.rank() - 2 - i, 1);
    }
    Tensor stays = RandomTensors.bernoulli(key, kept, channels).broadcastTo(x.shape());
    return Dropout.keeping(x, kept, stays);
  }
}
