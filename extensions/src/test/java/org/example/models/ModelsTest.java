package org.example.models;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Engram;
import dev.engram.Fn1;
import dev.engram.Fn2;
import dev.engram.Layer;
import dev.engram.RandomKey;
import dev.engram.RandomTensors;
import dev.engram.etrace.Rule;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.loss.Losses;
import dev.engram.nn.Initializer;
import dev.engram.nn.LeakyReadout;
import dev.engram.nn.Linear;
import dev.engram.nn.Sequential;
import dev.engram.online.Learner;
import dev.engram.optim.Adam;
import dev.engram.spiking.Constant;
import dev.engram.spiking.RecurrentSpikes;
import dev.engram.spiking.Surrogate;
import dev.engram.spiking.SynapticInput;
import dev.engram.testkit.ModelChecks;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class ModelsTest {
  private static final Fn1<Tensor, Tensor> LOSS = out -> out.sub(0.5).square().sum();

  private static Tensor normal(int seed, int... dims) {
    return RandomTensors.normal(RandomKey.of(seed), Shape.of(dims), DType.F64);
  }

  private static Layer cell() {
    return new Sequential(
        new AntisymmetricCell(3, 4, 0.3, 0.1, RandomKey.of(1), DType.F64),
        new Linear(4, 2, RandomKey.of(2), DType.F64));
  }

  @Test
  void theCellPassesEveryCheck() throws IOException {
    ModelChecks<Tensor, Tensor> checks =
        new ModelChecks<>(ModelsTest::cell, normal(3, 5, 2, 3), LOSS);
    checks.gradients();
    checks.batches();
    checks.backends();
    checks.resuming();
    assertEquals(List.of(), checks.learning(Rule.rtrl()));
    // The diagonal of the state's Jacobian leaves the mixing of positions out.
    assertTrue(checks.learning(Rule.dRtrl()).contains("layers.0.W"));
  }

  private static Layer spiking() {
    return new Sequential(
        new RecurrentSpikes(
            6,
            new QuadraticNeuron(
                8,
                Constant.learned(HostTensor.full(normal(0).type(), 4)),
                1,
                Surrogate.triangle(0.3, 1),
                DType.F64),
            new SaturatingSynapse(8, 5, 1, DType.F64),
            new SynapticInput.Conductance(3),
            RandomKey.of(1),
            Initializer.uniform(0, 0.3)),
        new LeakyReadout(8, 2, 5, 1, RandomKey.of(2), DType.F64));
  }

  @Test
  void neuronAndSynapseWorkInTheRecurrentLayers() throws IOException {
    Tensor xs = normal(4, 20, 2, 6).gt(0.5).cast(DType.F64);
    Layer net = spiking();
    Engram.vmapNewStates(2, net::initAllStates);
    ModelChecks<Tensor, Tensor> checks = new ModelChecks<>(ModelsTest::spiking, xs, LOSS);
    checks.batches();
    checks.backends();
    checks.resuming();
    assertEquals(List.of(), checks.learning(Rule.rtrl()));
    assertFalse(checks.learning(Rule.dRtrl()).isEmpty());
  }

  @Test
  void theNeuronFires() {
    QuadraticNeuron neuron =
        new QuadraticNeuron(1, Constant.of(4), 1, Surrogate.triangle(0.3, 1), DType.F64);
    neuron.initAllStates();
    Tensor spikes = Engram.forLoop(neuron, HostTensor.full(normal(0, 100, 1).type(), 1.0));
    double rate = spikes.mean().host().item();
    assertTrue(rate > 0.03 && rate < 0.5, "rate " + rate);
    neuron.initAllStates();
    Tensor silent = Engram.forLoop(neuron, HostTensor.full(normal(0, 100, 1).type(), 0.1));
    assertEquals(0, silent.sum().host().item());
  }

  /** Learns which half of the inputs is active. */
  @Test
  void theNetworkLearnsOnline() {
    Layer net = spiking();
    int batch = 16;
    Tensor labels =
        HostTensor.of(new int[batch], batch).add(normal(5, batch).gt(0).cast(DType.I32));
    Tensor left = labels.eq(0).cast(DType.F64).expandDims(1);
    Tensor half =
        Tensor.concat(
            1,
            left.broadcastTo(Shape.of(batch, 3)),
            left.neg().add(1).broadcastTo(Shape.of(batch, 3)));
    Tensor xs =
        RandomTensors.uniform(RandomKey.of(6), Shape.of(30, batch, 6), DType.F64, 0, 1)
            .lt(half.mul(0.6).add(0.05))
            .cast(DType.F64);
    Learner<Tensor, Tensor> learner = Learner.compile(net, Rule.eProp(0.8), xs.get(0));
    Adam adam = new Adam(0.005);
    adam.register(learner.weights());
    Fn2<Tensor, Tensor, Tensor> train =
        Engram.jit(
            (in, y) -> {
              learner.reset();
              Learner.Sequence<Tensor> s =
                  learner.rollout(in).mean().grad(out -> Losses.softmaxCrossEntropy(out, y));
              adam.update(s.grads());
              return s.loss();
            });
    double before = train.apply(xs, labels).host().item();
    double after = before;
    for (int i = 0; i < 100; i++) {
      after = train.apply(xs, labels).host().item();
    }
    assertTrue(after < 0.2 * before, before + " to " + after);
  }
}
