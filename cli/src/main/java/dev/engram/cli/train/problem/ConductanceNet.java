package dev.engram.cli.train.problem;

import dev.engram.Layer;
import dev.engram.RandomKey;
import dev.engram.ir.DType;
import dev.engram.ir.Tensor;
import dev.engram.nn.Connectivity;
import dev.engram.nn.Initializer;
import dev.engram.nn.LeakyReadout;
import dev.engram.nn.SignedLinear;
import dev.engram.nn.SparseLinear;
import dev.engram.spiking.Constant;
import dev.engram.spiking.LifNeuron;
import dev.engram.spiking.Membrane;
import dev.engram.spiking.Surrogate;
import dev.engram.spiking.Synapse;
import dev.engram.spiking.SynapticInput;
import java.util.List;
import java.util.Optional;

/**
 * Neurons, synapses and connectivity of the COBA network of Vogels and Abbott (2005), four fifths
 * excitatory, in millivolts, milliseconds, and conductances in units of the leak; with inputs and a
 * leaky readout. All synapses learn, and stay excitatory or inhibitory.
 */
public final class ConductanceNet extends Layer {
  private static final int DEGREE = 80;
  private static final int INPUT_DEGREE = 8;

  /** Synapses of a neuron from excitatory ones, if there are enough; the others are inhibitory. */
  private static final int EXCITATORY_DEGREE = DEGREE * 4 / 5;

  // Conductances of synapses of mean weight. Those of the paper, 0.6 and 6.7, are for steps of
  // 0.1 ms; with a step of 1 ms a volley of inhibition would exceed 2 τ/dt leaks, where the
  // membrane's explicit step oscillates. These yield 15 to 20 Hz under the task's input.
  private static final double INPUT = 0.2;
  private static final double EXCITATORY = 0.1;
  private static final double INHIBITORY = 2;

  /** Mean weight: an update of Adam at the default rate changes a synapse by a hundredth of it. */
  private static final double WEIGHT = 0.2;

  // An update of Adam changes each of the readout's weights by the learning rate; together that
  // many neurons change a logit by about one.
  private static final double READ = 0.2;

  private final int size;
  private final int excitatory;
  private final SparseLinear fromInput;
  private final SparseLinear fromExcitatory;
  private final SparseLinear fromInhibitory;
  private final Synapse excitation;
  private final Synapse inhibition;
  private final LifNeuron neuron;
  private final LeakyReadout readout;

  ConductanceNet(int size, RandomKey key) {
    this.size = size;
    this.excitatory = excitatory(size);
    List<RandomKey> keys = key.split(7);
    fromInput = sparse(NetworkProblem.INPUTS, INPUT_DEGREE, keys.get(0), keys.get(1));
    fromExcitatory = sparse(excitatory, EXCITATORY_DEGREE, keys.get(2), keys.get(3));
    fromInhibitory =
        sparse(size - excitatory, DEGREE - EXCITATORY_DEGREE, keys.get(4), keys.get(5));
    excitation = new Synapse.Exponential(size, 5, 1, DType.F32);
    inhibition = new Synapse.Exponential(size, 10, 1, DType.F32);
    neuron =
        new LifNeuron(
            size,
            Membrane.of(20)
                .withRest(-60)
                .withResetTo(-60)
                .withThreshold(Constant.of(-50))
                .withSurrogate(Surrogate.triangle(0.03, 10)));
    readout =
        new LeakyReadout(
            size, NetworkProblem.CLASSES, NetworkProblem.READOUT, 1, keys.get(6), DType.F32);
  }

  private static int excitatory(int size) {
    return Math.max(1, Math.min(size - 1, (int) (size * 4L / 5)));
  }

  /** Returns the number of synapses between this many neurons, and from the inputs to them. */
  static double synapses(int size) {
    int excitatory = excitatory(size);
    double each =
        (double) INPUT_DEGREE
            + Math.min(excitatory, EXCITATORY_DEGREE)
            + Math.min(size - excitatory, DEGREE - EXCITATORY_DEGREE);
    return each * size;
  }

  // Magnitudes within a quarter of `weight`, all of one sign, since they are conductances.
  private SparseLinear sparse(int from, int degree, RandomKey where, RandomKey values) {
    Connectivity to = Connectivity.fixedInDegree(from, size, Math.min(from, degree), where);
    double[] positive = SignedLinear.dale(from, from);
    return new SparseLinear(
        to,
        values,
        DType.F32,
        Initializer.uniform(0.75 * WEIGHT, 1.25 * WEIGHT),
        Optional.of(positive));
  }

  String describe() {
    return size + " LIF with " + DEGREE + " synapses each";
  }

  @Override
  public Tensor update(Tensor x) {
    Tensor before = neuron.spikes();
    Tensor e =
        fromInput
            .update(x.mul(INPUT / WEIGHT))
            .add(fromExcitatory.update(before.slice(0, 0, excitatory).mul(EXCITATORY / WEIGHT)));
    Tensor i = fromInhibitory.update(before.slice(0, excitatory, size).mul(INHIBITORY / WEIGHT));
    Tensor v = neuron.potential();
    Tensor current =
        new SynapticInput.Conductance(0)
            .current(excitation.update(e), v)
            .add(new SynapticInput.Conductance(-80).current(inhibition.update(i), v));
    Tensor spikes = neuron.update(current);
    Tensor activity = spikes.stopGradient().mean().reshape(1);
    return Tensor.concat(0, readout.update(spikes.mul(READ)), activity);
  }
}
