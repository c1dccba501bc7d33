package dev.engram.examples;

import dev.engram.Engram;
import dev.engram.Fn1;
import dev.engram.Layer;
import dev.engram.RandomKey;
import dev.engram.RandomTensors;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.nn.Connectivity;
import dev.engram.nn.EventLinear;
import dev.engram.nn.Initializer;
import dev.engram.nn.Places;
import dev.engram.nn.Profile;
import dev.engram.spiking.LifNeuron;
import dev.engram.spiking.Membrane;
import java.util.List;
import java.util.Locale;

/**
 * A sheet of spiking neurons that excite those nearby and inhibit those farther away. What was
 * noise becomes a pattern: after some steps neighbours fire together. A step costs what the neurons
 * that fire cost, so that the sheet can have a million connections.
 */
public final class SparseNetwork {
  /** Connections of each neuron, of each sign. */
  private static final int DEGREE = 50;

  /** Neurons on a torus of side 1. */
  private static final class Sheet extends Layer {
    private final EventLinear near;
    private final EventLinear far;
    private final LifNeuron neurons;

    Sheet(HostTensor places, RandomKey key) {
      List<RandomKey> keys = key.split(4);
      Places torus = Places.of(places).torus(1);
      near = connections(torus, 0.03, 0.05, keys.get(0));
      far = connections(torus, 0.10, -0.05, keys.get(1));
      neurons = new LifNeuron(places.dim(0), Membrane.of(10));
      initAllStates();
    }

    private static EventLinear connections(Places p, double sigma, double w, RandomKey key) {
      Connectivity to = Connectivity.distanceInDegree(p, Profile.gaussian(sigma), DEGREE, key);
      return new EventLinear(to, key, DType.F32, Initializer.constant(w));
    }

    @Override
    public Tensor update(Tensor current) {
      Tensor spikes = neurons.spikes();
      return neurons.update(current, near.apply(spikes).add(far.apply(spikes)));
    }
  }

  private SparseNetwork() {}

  /**
   * Runs a sheet of {@code n} neurons and returns how often each fires in the second half of the
   * steps.
   */
  static Tensor rates(int n, int steps, HostTensor places) {
    Sheet sheet = new Sheet(places, RandomKey.of(1));
    Fn1<Tensor, Tensor> step = Engram.jit((Tensor current) -> sheet.apply(current));
    Tensor sum = HostTensor.full(TensorType.of(DType.F32, n), 0);
    List<RandomKey> keys = RandomKey.of(2).split(steps);
    for (int t = 0; t < steps; t++) {
      Tensor noise = RandomTensors.uniform(keys.get(t), Shape.of(n), DType.F32, 0, 2.2);
      Tensor spikes = step.apply(noise);
      sum = t < steps / 2 ? sum : sum.add(spikes);
    }
    return sum.div(steps - steps / 2);
  }

  /** Returns {@code n} places on a square of side 1. */
  static HostTensor places(int n) {
    return RandomTensors.uniform(RandomKey.of(3), Shape.of(n, 2), DType.F32).host();
  }

  public static void main(String[] args) {
    int n = 10_000;
    HostTensor places = places(n);
    HostTensor rates = rates(n, 400, places).host();
    int side = 40;
    double[] sums = new double[side * side];
    int[] counts = new int[side * side];
    for (int i = 0; i < n; i++) {
      int row = (int) (side * places.getDouble(2L * i));
      int column = (int) (side * places.getDouble(2L * i + 1));
      sums[row * side + column] += rates.getDouble(i);
      counts[row * side + column]++;
    }
    double mean = rates.mean().host().item();
    System.out.printf(
        Locale.ROOT, "%.1f %% of %,d neurons fire in a step; more (#) and less:%n", 100 * mean, n);
    for (int row = 0; row < side; row++) {
      StringBuilder line = new StringBuilder();
      for (int c = 0; c < side; c++) {
        int at = row * side + c;
        line.append(counts[at] > 0 && sums[at] / counts[at] > mean ? "##" : "  ");
      }
      System.out.println(line);
    }
  }
}
