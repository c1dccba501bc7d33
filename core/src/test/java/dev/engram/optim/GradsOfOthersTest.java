package dev.engram.optim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Engram;
import dev.engram.Fn1;
import dev.engram.Grads;
import dev.engram.RandomKey;
import dev.engram.State;
import dev.engram.States;
import dev.engram.ir.EngramException;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.nn.Linear;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** An optimizer refuses gradients of another model whose weights have the same paths. */
class GradsOfOthersTest {
  private static final Tensor X = HostTensor.of(new float[] {1, -2, 3, 4, 5, -6}, 2, 3);

  private final Linear mine = new Linear(3, 2, RandomKey.of(1));
  private final Linear other = new Linear(3, 2, RandomKey.of(2));
  private final Sgd sgd = new Sgd(0.1);

  GradsOfOthersTest() {
    sgd.register(weights(mine));
  }

  private static States weights(Linear net) {
    return net.states().subset(State.Kind.PARAMETER);
  }

  private static Grads grads(Linear net) {
    return Engram.grad(() -> net.apply(X).square().mean(), weights(net)).apply();
  }

  private double[] now() {
    return mine.states().get("weight").value().host().toDoubles();
  }

  private void refused(Grads g, Updater by) {
    double[] before = now();
    String e = assertThrows(EngramException.class, () -> by.update(g)).getMessage();
    assertTrue(
        e.matches(
            "\\w+\\.update: got the gradient of state weight of Linear \\(no\\. \\d+\\), expected"
                + " that of the registered state weight of Linear \\(no\\. \\d+\\), another state"
                + " of the same path \\(GradsOfOthersTest\\.java:\\d+\\); take grad of the"
                + " registered weights, or pass new Grads\\(grads\\.byPath\\(\\)\\) if these are"
                + " meant"),
        e);
    assertArrayEquals(before, now());
  }

  @Test
  void gradientsOfTheRegisteredWeightsAreTaken() {
    double[] before = now();
    sgd.update(grads(mine));
    assertTrue(before[0] != now()[0]);
  }

  @Test
  void gradientsOfAnotherModelAreRefused() {
    refused(grads(other), sgd);
    refused(Grads.zeros(weights(other)), sgd);
  }

  @Test
  void whatIsMadeOfGradientsKnowsTheirWeights() {
    List<Function<Grads, Grads>> makers =
        List.of(
            g -> g.map(Tensor::neg),
            g -> g.plus(g),
            g -> GradientTransforms.clipByGlobalNorm(g, 1),
            g -> GradientTransforms.clipByNorm(g, 1),
            g -> GradientTransforms.withDecay(g, weights(other), 0.1),
            g ->
                GradientTransforms.withNoise(g, RandomKey.of(3), HostTensor.of(new float[] {0.1f})),
            g -> g.with(g.byPath()));
    for (Function<Grads, Grads> f : makers) {
      refused(f.apply(grads(other)), sgd);
    }
  }

  @Test
  void groupsAndSumsRefuseThemToo() {
    refused(grads(other), ParameterGroups.of(weights(mine), ParameterGroups.rest(new Sgd(0.1))));
    refused(grads(other), new Accumulation(sgd, weights(mine), 2));
  }

  @Test
  void compiledStepsRefuseThem() {
    Fn1<Tensor, Tensor> step =
        Engram.jit(
            (Tensor x) -> {
              sgd.update(Engram.grad(() -> other.apply(x).mean(), weights(other)).apply());
              return x;
            });
    String e = assertThrows(EngramException.class, () -> step.apply(X)).getMessage();
    assertTrue(e.contains("expected that of the registered state weight of Linear"), e);
  }

  /** A compiled function may be called with gradients of any model. */
  @Test
  void gradientsThatCrossATransformationFitAnyModel() {
    Fn1<Grads, Grads> twice = Engram.jit((Grads g) -> g.map(t -> t.mul(2)));
    Grads first = twice.apply(grads(other));
    Grads second = twice.apply(grads(mine));
    assertEquals(Optional.empty(), first.weights());
    assertEquals(Optional.empty(), second.weights());
    sgd.update(second);
    sgd.update(first);
  }

  @Test
  void gradientsOfAReplicaAreTakenWhenThatIsMeant() {
    double[] before = now();
    sgd.update(new Grads(grads(other).byPath()));
    assertTrue(before[0] != now()[0]);
  }

  @Test
  void theWeightsAreNoPartOfTheValue() {
    Grads g = grads(mine);
    assertEquals(new Grads(g.byPath()), g);
    assertEquals(g, new Grads(g.byPath()));
    assertEquals(new Grads(g.byPath()).hashCode(), g.hashCode());
    assertEquals(weights(mine), g.weights().orElseThrow());
    assertEquals(Optional.empty(), g.plus(grads(other)).weights());
    String e =
        assertThrows(EngramException.class, () -> Grads.of(weights(mine), Map.of("wieght", X)))
            .getMessage();
    assertTrue(e.contains("no state wieght"), e);
  }
}
