package dev.engram.tests.online;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Fn1;
import dev.engram.Layer;
import dev.engram.Ode;
import dev.engram.RandomKey;
import dev.engram.etrace.Rule;
import dev.engram.ir.DType;
import dev.engram.ir.Tensor;
import dev.engram.ir.op.ConvWindows;
import dev.engram.nn.Activations;
import dev.engram.nn.BatchNorm;
import dev.engram.nn.ConvTranspose;
import dev.engram.nn.Initializer;
import dev.engram.nn.LeakyReadout;
import dev.engram.nn.Linear;
import dev.engram.nn.Mode;
import dev.engram.nn.PRelu;
import dev.engram.nn.Parametrization;
import dev.engram.nn.Pooling;
import dev.engram.nn.ScaledWsConv;
import dev.engram.nn.Sequential;
import dev.engram.spiking.Neuron;
import dev.engram.testkit.FunctionChecks;
import dev.engram.testkit.ModelChecks;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Layers, neurons and steps of differential equations by the checks for those of one's own. */
class NewPartsTest {
  private static final RandomKey KEY = RandomKey.of(5);
  private static final DType F64 = DType.F64;
  private static final int IN = 3;
  private static final Fn1<Tensor, Tensor> LOSS = y -> y.square().sum();

  /** Weights, then neurons. */
  private static final class Spiking extends Layer {
    private final Linear in =
        new Linear(
            IN,
            SpikingJobs.N,
            KEY,
            F64,
            Initializer.normal(1),
            Optional.of(Initializer.constant(0.5)));
    private final Neuron neuron;

    Spiking(Neuron neuron) {
      this.neuron = neuron;
    }

    @Override
    public Tensor update(Tensor x) {
      return neuron.update(in.update(x)).add(neuron.potential().mul(0.1));
    }
  }

  private static final Map<String, Supplier<Neuron>> NEURONS =
      Map.of(
          "exponential", SpikingJobs::exponentialIf,
          "quadratic", SpikingJobs::quadraticIf,
          "AdEx", SpikingJobs::adEx,
          "Hodgkin-Huxley", SpikingJobs::hodgkinHuxley);

  static List<String> neurons() {
    return List.copyOf(NEURONS.keySet());
  }

  @ParameterizedTest
  @MethodSource("neurons")
  void neuronsLearn(String name) throws IOException {
    Tensor xs = Job.normal(21, 12, 2, IN).mul(2).add(1);
    var checks = new ModelChecks<>(() -> new Spiking(NEURONS.get(name).get()), xs, LOSS);
    checks.batches();
    checks.backends();
    checks.resuming();
    assertEquals(List.of(), checks.learning(Rule.rtrl()));
    checks.learning(Rule.dRtrl());
  }

  @Test
  void normsHaveDerivatives() {
    for (boolean training : new boolean[] {true, false}) {
      Fn1<Tensor, Tensor> norm =
          x -> {
            Mode mode = new Mode();
            if (!training) {
              mode.eval();
            }
            return new BatchNorm(IN, mode, F64, 1e-3, 0.9, true, "").update(x);
          };
      Tensor x = Job.normal(4, 5, 2, IN);
      FunctionChecks.derivatives(norm, x);
      FunctionChecks.backends(norm, x);
    }
  }

  @Test
  void learnedSlopesAreWeightsLikeOthers() throws IOException {
    Supplier<Layer> model =
        () ->
            new Sequential(
                new Linear(IN, 4, KEY, F64),
                new PRelu(4, F64, 0.25),
                new LeakyReadout(4, 2, 3, 1, KEY, F64));
    var checks = new ModelChecks<>(model, Job.normal(3, 5, 2, IN), LOSS);
    checks.gradients();
    checks.batches();
    checks.backends();
    checks.resuming();
    assertEquals(List.of(), checks.learning(Rule.rtrl()));
  }

  @Test
  void convolutionsAreLayersLikeOthers() throws IOException {
    Supplier<Layer> model =
        () ->
            new Sequential(
                new ScaledWsConv(
                    new int[] {2},
                    IN,
                    2,
                    ConvWindows.same(),
                    1,
                    KEY,
                    F64,
                    Initializer.normal(1),
                    Optional.of(Initializer.constant(0.3)),
                    1e-4),
                new ConvTranspose(
                    new int[] {3},
                    2,
                    2,
                    ConvWindows.same().stride(2),
                    KEY,
                    F64,
                    Initializer.normal(1),
                    Optional.of(Initializer.zeros()),
                    Parametrization.none()),
                Pooling.adaptiveAverage(5),
                Pooling.adaptiveMax(2));
    var checks = new ModelChecks<>(model, Job.normal(3, 2, 2, 4, IN), LOSS);
    checks.gradients();
    checks.batches();
    checks.backends();
    checks.resuming();
  }

  @Test
  void activationsHaveDerivatives() {
    List<Fn1<Tensor, Tensor>> all =
        List.of(
            x -> Activations.celu(x, 0.7),
            Activations::geluExact,
            Activations::hardSwish,
            x -> Activations.softShrink(x, 0.5),
            x -> Activations.hardShrink(x, 0.5),
            Activations::tanhShrink,
            x -> Activations.squareplus(x, 2),
            Activations::sparsePlus,
            Activations::sparseSigmoid,
            Activations::standardize,
            x -> Activations.softmin(x, 0));
    for (Fn1<Tensor, Tensor> f : all) {
      FunctionChecks.derivatives(f, Job.normal(7, 6));
      FunctionChecks.derivatives(x -> f.apply(x.square()), Job.normal(8, 6));
      FunctionChecks.backends(f, Job.normal(7, 6));
      FunctionChecks.batches(f, Job.normal(7, 2, 6));
    }
  }

  /** A gate that follows a potential, which leaks by the gate. */
  private record Gated(Tensor potential, Tensor gate) {}

  private static Gated slopes(Gated g) {
    Tensor v = g.potential.neg().add(1).mul(g.gate).add(g.potential.sin());
    return new Gated(v, g.potential.sigmoid().sub(g.gate).mul(3));
  }

  private static Tensor joined(Gated g) {
    return Tensor.concat(0, g.potential, g.gate);
  }

  @Test
  void stepsHaveDerivatives() {
    List<Fn1<Gated, Gated>> steps =
        List.of(
            g -> Ode.euler(NewPartsTest::slopes, g, 0.1),
            g -> Ode.heun(NewPartsTest::slopes, g, 0.1),
            g -> Ode.rk4(NewPartsTest::slopes, g, 0.1),
            g -> Ode.exponentialEuler(NewPartsTest::slopes, g, 0.1));
    Tensor x = Job.normal(9, 4);
    for (Fn1<Gated, Gated> step : steps) {
      Fn1<Tensor, Tensor> f =
          t -> joined(step.apply(step.apply(new Gated(t.slice(0, 0, 2), t.slice(0, 2, 4)))));
      FunctionChecks.derivatives(f, x);
      FunctionChecks.backends(f, x);
      FunctionChecks.batches(f, Job.normal(10, 3, 4));
      assertTrue(f.apply(x).sub(x).abs().max().host().item() > 1e-3);
    }
  }
}
