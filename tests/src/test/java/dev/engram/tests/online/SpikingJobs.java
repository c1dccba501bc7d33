package dev.engram.tests.online;

import dev.engram.Fn0;
import dev.engram.Layer;
import dev.engram.RandomKey;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.nn.Initializer;
import dev.engram.nn.Linear;
import dev.engram.spiking.AdExNeuron;
import dev.engram.spiking.AlifNeuron;
import dev.engram.spiking.Constant;
import dev.engram.spiking.Delay;
import dev.engram.spiking.ExponentialIfNeuron;
import dev.engram.spiking.GifNeuron;
import dev.engram.spiking.HodgkinHuxleyNeuron;
import dev.engram.spiking.IfNeuron;
import dev.engram.spiking.IzhikevichNeuron;
import dev.engram.spiking.LifNeuron;
import dev.engram.spiking.Membrane;
import dev.engram.spiking.Neuron;
import dev.engram.spiking.Plasticity;
import dev.engram.spiking.QuadraticIfNeuron;
import dev.engram.spiking.Surrogate;
import dev.engram.spiking.Synapse;
import dev.engram.spiking.SynapticInput;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Spiking networks: every neuron, synapse, input and plasticity, with and without recurrence. */
final class SpikingJobs {
  static final int N = 4;
  private static final int IN = 3;
  private static final int STEPS = 14;
  private static final int BATCH = 2;
  private static final DType F64 = DType.F64;

  private SpikingJobs() {}

  /** The input of the neurons of a network. */
  private record Parts(
      Fn0<Synapse> synapse,
      SynapticInput input,
      Optional<Fn0<Plasticity>> plasticity,
      double weight) {
    static Parts of(Fn0<Synapse> synapse, SynapticInput input) {
      return new Parts(synapse, input, Optional.empty(), 1);
    }
  }

  /** Linear weights, a synapse, neurons; with recurrence, the neurons' spikes are inputs too. */
  private static final class Net extends Layer {
    private final Linear in;
    private final Synapse synapse;
    private final SynapticInput input;
    private final Neuron neuron;
    private final Optional<Plasticity> plasticity;
    private final boolean recurrent;

    Net(Neuron neuron, Parts parts, boolean recurrent) {
      int width = recurrent ? IN + N : IN;
      this.in =
          new Linear(
              width,
              N,
              RandomKey.of(1),
              F64,
              Initializer.normal(parts.weight),
              Optional.of(Initializer.zeros()));
      this.synapse = parts.synapse.apply();
      this.input = parts.input;
      this.neuron = neuron;
      this.plasticity = parts.plasticity.map(Fn0::apply);
      this.recurrent = recurrent;
    }

    @Override
    public Tensor update(Tensor x) {
      Tensor data = x;
      if (recurrent) {
        Tensor spikes = neuron.spikes();
        Tensor sent = plasticity.map(p -> p.update(spikes)).orElse(spikes);
        data = Tensor.concat(0, x, sent);
      } else if (plasticity.isPresent()) {
        data = plasticity.get().update(x);
      }
      return input.step(neuron, synapse.update(in.update(data)));
    }
  }

  /** Neurons that see each other's spikes some steps late. */
  private static final class Late extends Layer {
    private final Linear in =
        new Linear(IN + N, N, RandomKey.of(1), F64, Initializer.normal(1), Optional.empty());
    private final Neuron neuron = lif(Membrane.Reset.BY_THRESHOLD);
    private final Delay delay = new Delay(new int[] {1, 2, 1, 3}, F64, Delay.Traces.NONE);
    private final boolean detached;

    Late(boolean detached) {
      this.detached = detached;
    }

    @Override
    public Tensor update(Tensor x) {
      Tensor spikes = neuron.spikes();
      Tensor sent = delay.update(detached ? spikes.stopGradient() : spikes);
      return neuron.jump(in.update(Tensor.concat(0, x, sent)));
    }
  }

  /** Neurons that get inputs late. */
  private static final class LateInput extends Layer {
    private final Linear in = new Linear(IN, N, RandomKey.of(1), F64);
    private final Neuron neuron = lif(Membrane.Reset.TO_VALUE);
    private final Delay delay = new Delay(new int[] {0, 2, 1}, F64);

    @Override
    public Tensor update(Tensor x) {
      return neuron.jump(in.update(delay.update(x)));
    }
  }

  private static Membrane membrane(Membrane.Reset reset) {
    return Membrane.of(4).withType(F64).withReset(reset).withSurrogate(Surrogate.arctan(1));
  }

  private static Neuron lif(Membrane.Reset reset) {
    return new LifNeuron(N, membrane(reset));
  }

  private static Constant learned(double... values) {
    return Constant.learned(HostTensor.of(values, N));
  }

  private static Neuron learnedLif() {
    Membrane m = membrane(Membrane.Reset.BY_THRESHOLD).withTau(learned(3, 4, 5, 6));
    return new LifNeuron(N, m.withThreshold(learned(0.8, 1, 1.1, 1.2)));
  }

  private static Neuron alif() {
    Membrane m = membrane(Membrane.Reset.BY_THRESHOLD);
    return new AlifNeuron(N, m, Constant.of(20), Constant.of(0.2));
  }

  private static Neuron learnedAlif() {
    Membrane m = membrane(Membrane.Reset.BY_THRESHOLD_DETACHED).withTau(learned(3, 4, 5, 6));
    return new AlifNeuron(N, m, learned(10, 12, 8, 9), learned(0.2, 0.1, 0.3, 0.2));
  }

  private static Neuron gif() {
    GifNeuron.Constants c =
        new GifNeuron.Constants(1, 4, 0, 1, 0.2, 0.02, 0.05, 0.1, 1, 0.5, 1, 0.3, -0.1, 0, 0.8);
    return new GifNeuron(N, c, Surrogate.arctan(1), F64);
  }

  private static Neuron izhikevich() {
    IzhikevichNeuron.Constants c = new IzhikevichNeuron.Constants(0.5, 0.1, 0.2, -65, 2);
    return new IzhikevichNeuron(N, c, Surrogate.arctan(0.1), F64);
  }

  static Neuron exponentialIf() {
    var c = new ExponentialIfNeuron.Constants(0.5, 4, 0, 1, 0.8, 0.3, 2, 0);
    return new ExponentialIfNeuron(N, c, Surrogate.arctan(1), F64);
  }

  static Neuron quadraticIf() {
    var c = new QuadraticIfNeuron.Constants(0.5, 3, 0, 1, 1, 1, 2, -0.5);
    return new QuadraticIfNeuron(N, c, Surrogate.arctan(1), F64);
  }

  static Neuron adEx() {
    var c = new AdExNeuron.Constants(0.5, 4, 1, 0, 0.8, 0.3, 10, 0.1, 0.3, 2, 0);
    return new AdExNeuron(N, c, Surrogate.arctan(1), F64);
  }

  static Neuron hodgkinHuxley() {
    var c = new HodgkinHuxleyNeuron.Constants(0.2, 1, 120, 36, 0.3, 50, -77, -54.387, 0);
    return new HodgkinHuxleyNeuron(N, c, Surrogate.arctan(0.1), F64);
  }

  /** Every kind of neuron. */
  private static Map<String, Supplier<Neuron>> neurons() {
    Map<String, Supplier<Neuron>> all = new LinkedHashMap<>();
    all.put("IF", () -> new IfNeuron(N, membrane(Membrane.Reset.BY_THRESHOLD)));
    all.put("LIF, reset to a value", () -> lif(Membrane.Reset.TO_VALUE));
    all.put("LIF, reset by the threshold", () -> lif(Membrane.Reset.BY_THRESHOLD));
    all.put("LIF, reset detached", () -> lif(Membrane.Reset.BY_THRESHOLD_DETACHED));
    all.put("LIF with learned constants", SpikingJobs::learnedLif);
    all.put("ALIF", SpikingJobs::alif);
    all.put("ALIF with learned constants", SpikingJobs::learnedAlif);
    all.put("GIF", SpikingJobs::gif);
    all.put("Izhikevich", SpikingJobs::izhikevich);
    all.put("exponential", SpikingJobs::exponentialIf);
    all.put("quadratic", SpikingJobs::quadraticIf);
    all.put("AdEx", SpikingJobs::adEx);
    return all;
  }

  private static Synapse exponential() {
    return new Synapse.Exponential(N, 3, 1, F64);
  }

  private static Parts current(String neuron) {
    Parts p = Parts.of(SpikingJobs::exponential, new SynapticInput.Current());
    // Izhikevich's neuron counts in millivolts.
    return neuron.equals("Izhikevich") ? new Parts(p.synapse, p.input, p.plasticity, 8) : p;
  }

  /** Every kind of synapse, input and plasticity, on LIF neurons. */
  private static Map<String, Parts> parts() {
    Fn0<Synapse> alpha = () -> new Synapse.Alpha(N, 2, 1, F64);
    Fn0<Synapse> twofold = () -> new Synapse.DoubleExponential(N, 1, 4, 1, F64);
    Map<String, Parts> all = new LinkedHashMap<>();
    all.put("delta", Parts.of(SpikingJobs::exponential, new SynapticInput.Delta()));
    all.put("alpha", Parts.of(alpha, new SynapticInput.Current()));
    all.put("double exponential", Parts.of(twofold, new SynapticInput.Current()));
    all.put("conductance", Parts.of(alpha, new SynapticInput.Conductance(2)));
    all.put(
        "blocked conductance",
        Parts.of(SpikingJobs::exponential, new SynapticInput.BlockedConductance(3, 1)));
    return all;
  }

  private static Map<String, Fn0<Plasticity>> plasticities(int size) {
    Map<String, Fn0<Plasticity>> all = new LinkedHashMap<>();
    all.put("short-term plasticity", () -> new Plasticity.ShortTerm(size, 0.4, 10, 6, 1, F64));
    all.put("short-term depression", () -> new Plasticity.Depression(size, 0.4, 8, 1, F64));
    return all;
  }

  private static Job job(String name, Supplier<Layer> model) {
    Tensor xs = Job.normal(21, STEPS, BATCH, IN).mul(2).add(1);
    return new Job(name, model, xs, Job.normal(22, STEPS, BATCH, N));
  }

  private static Job net(String name, Supplier<Neuron> neuron, Parts parts, boolean recurrent) {
    return job(
        (recurrent ? "recurrent " : "") + name, () -> new Net(neuron.get(), parts, recurrent));
  }

  private static Stream<Job> nets(boolean recurrent) {
    Stream<Job> byNeuron =
        neurons().entrySet().stream()
            .map(e -> net(e.getKey(), e.getValue(), current(e.getKey()), recurrent));
    Supplier<Neuron> lif = () -> lif(Membrane.Reset.BY_THRESHOLD);
    Stream<Job> bySynapse =
        parts().entrySet().stream().map(e -> net(e.getKey(), lif, e.getValue(), recurrent));
    Stream<Job> byPlasticity =
        plasticities(recurrent ? N : IN).entrySet().stream()
            .map(
                e ->
                    net(
                        e.getKey(),
                        lif,
                        new Parts(
                            SpikingJobs::exponential,
                            new SynapticInput.Current(),
                            Optional.of(e.getValue()),
                            2),
                        recurrent));
    return Stream.concat(byNeuron, Stream.concat(bySynapse, byPlasticity));
  }

  /** Neurons that only see the input. */
  static Stream<Job> forward() {
    return Stream.concat(nets(false), Stream.of(job("late input", LateInput::new)));
  }

  /** Neurons that see each other's spikes. */
  static Stream<Job> recurrent() {
    return nets(true);
  }

  /**
   * The parameters of spike generation also act on other neurons, through their recurrent weights.
   */
  static Set<String> indirect(String name) {
    return switch (name) {
      case "recurrent LIF with learned constants" -> Set.of("neuron.threshold.learned");
      case "recurrent ALIF with learned constants" -> Set.of("neuron.beta.learned");
      default -> Set.of();
    };
  }

  /** Neurons that see each other's spikes late, and the same without a derivative on the way. */
  static Job late(boolean detached) {
    return job("late spikes", () -> new Late(detached));
  }
}
