package dev.engram.spiking;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Engram;
import dev.engram.Fn0;
import dev.engram.Grads;
import dev.engram.Layer;
import dev.engram.RandomKey;
import dev.engram.State;
import dev.engram.States;
import dev.engram.etrace.Exclusion;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.nn.Initializer;
import dev.engram.nn.Linear;
import dev.engram.nn.Plain;
import dev.engram.online.DRtrl;
import dev.engram.online.Learner;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Online learning of spiking networks: each weight is traced; D-RTRL equals the gradient through
 * time when neurons only see the input, and does not when they see each other's spikes.
 */
class OnlineSpikesTest {
  private static final DType F64 = DType.F64;
  private static final int IN = 3;
  private static final int N = 4;
  private static final int STEPS = 12;
  private static final Tensor XS = Plain.noise(21, STEPS, 1, IN).mul(2).add(1);

  /** Neurons behind a linear layer and a synapse, without connections among them. */
  private static final class FeedForward extends Layer {
    private final Linear in;
    private final Synapse synapse;
    private final SynapticInput input;
    private final Neuron neuron;

    FeedForward(Synapse synapse, SynapticInput input, Neuron neuron) {
      this.in =
          new Linear(
              IN, N, RandomKey.of(1), F64, Initializer.normal(1), Optional.of(Initializer.zeros()));
      this.synapse = synapse;
      this.input = input;
      this.neuron = neuron;
    }

    @Override
    public Tensor update(Tensor x) {
      return input.step(neuron, synapse.update(in.update(x)));
    }
  }

  private record Case(String name, Supplier<Layer> model, boolean diagonal) {}

  private static Membrane membrane(Membrane.Reset reset) {
    return Membrane.of(4).withType(F64).withReset(reset).withSurrogate(Surrogate.arctan(1));
  }

  private static Neuron lif() {
    return new LifNeuron(N, membrane(Membrane.Reset.BY_THRESHOLD));
  }

  private static Neuron learningLif() {
    Tensor tau = HostTensor.of(new double[] {3, 4, 5, 6}, N);
    Membrane m = membrane(Membrane.Reset.BY_THRESHOLD);
    return new LifNeuron(
        N, m.withTau(Constant.learned(tau)).withThreshold(Constant.learned(tau.mul(0).add(1))));
  }

  private static Neuron alif() {
    Membrane m = membrane(Membrane.Reset.BY_THRESHOLD);
    return new AlifNeuron(N, m, Constant.of(20), Constant.of(0.2));
  }

  private static Layer forward(Synapse s, SynapticInput input, Neuron n) {
    return new FeedForward(s, input, n);
  }

  private static Synapse exponential() {
    return new Synapse.Exponential(N, 3, 1, F64);
  }

  private static Synapse alpha() {
    return new Synapse.Alpha(N, 2, 1, F64);
  }

  private static Layer recurrent(Neuron n) {
    return new RecurrentSpikes(IN, n, RandomKey.of(2), Initializer.normal(0.8));
  }

  private static final List<Case> CASES =
      List.of(
          new Case(
              "LIF, current",
              () -> forward(exponential(), new SynapticInput.Current(), lif()),
              true),
          new Case(
              "LIF, delta", () -> forward(exponential(), new SynapticInput.Delta(), lif()), true),
          new Case(
              "LIF, conductance",
              () -> forward(alpha(), new SynapticInput.Conductance(2), lif()),
              true),
          new Case(
              "LIF with learned constants",
              () -> forward(exponential(), new SynapticInput.Current(), learningLif()),
              true),
          new Case(
              "ALIF, alpha synapse",
              () -> forward(alpha(), new SynapticInput.Current(), alif()),
              true),
          new Case(
              "IF",
              () ->
                  forward(
                      exponential(),
                      new SynapticInput.Current(),
                      new IfNeuron(N, membrane(Membrane.Reset.BY_THRESHOLD))),
              true),
          new Case(
              "GIF",
              () ->
                  forward(
                      exponential(),
                      new SynapticInput.Current(),
                      new GifNeuron(
                          N,
                          new GifNeuron.Constants(
                              1, 4, 0, 1, 0.2, 0.02, 0.05, 0.1, 1, 0.5, 1, 0.3, -0.1, 0, 0.8),
                          Surrogate.arctan(1),
                          F64)),
              true),
          new Case("recurrent LIF", () -> recurrent(lif()), false),
          new Case("recurrent ALIF", () -> recurrent(alif()), false));

  private static Tensor score(Tensor spikes) {
    Tensor weights = HostTensor.of(new double[] {1, -2, 0.5, 3}, N);
    return spikes.mul(weights).sum();
  }

  @TestFactory
  List<DynamicTest> onlineIsThroughTimeWithoutRecurrentWeights() {
    return CASES.stream().map(c -> DynamicTest.dynamicTest(c.name, () -> check(c))).toList();
  }

  private static void check(Case c) {
    Layer model = c.model.get();
    States weights = model.states().subset(State.Kind.PARAMETER);
    Fn0<Tensor> loss =
        () -> {
          model.initAllStates();
          Tensor sum = HostTensor.of(new double[] {0});
          for (int t = 0; t < STEPS; t++) {
            sum = sum.add(score(model.update(XS.get(t).reshape(IN))));
          }
          return sum;
        };
    Grads through = Engram.grad(loss, weights).apply();
    DRtrl<Tensor, Tensor> learner = Learner.compile(model, m -> new DRtrl<>(m, _ -> {}), XS.get(0));
    Learner.Sequence<Tensor> online = learner.grad(XS, XS, (out, _) -> score(out));
    double spikes = online.outputs().sum().host().item();
    assertTrue(spikes > 2 && spikes < N * STEPS - 2, "spikes: " + spikes);

    Set<String> traced = new TreeSet<>();
    learner.report().relations().forEach(r -> traced.addAll(r.weights()));
    assertEquals(List.of(), learner.report().excluded().stream().map(Exclusion::weights).toList());
    assertEquals(new TreeSet<>(weights.paths()), traced);

    double difference = 0;
    for (String path : weights.paths()) {
      Tensor g = through.get(path);
      double size = g.abs().max().host().item();
      assertTrue(size > 1e-4, path + " has no gradient");
      difference =
          Math.max(difference, g.sub(online.grads().get(path)).abs().max().host().item() / size);
    }
    assertEquals(c.diagonal, difference < 1e-10, c.name + " differs by " + difference);
  }
}
