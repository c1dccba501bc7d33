package dev.engram.state;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Engram;
import dev.engram.Fn0;
import dev.engram.Fn1;
import dev.engram.Layer;
import dev.engram.Logged;
import dev.engram.RandomKey;
import dev.engram.State;
import dev.engram.States;
import dev.engram.etrace.EtraceException;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.nn.GruCell;
import dev.engram.nn.Linear;
import dev.engram.nn.Sequential;
import dev.engram.online.DRtrl;
import dev.engram.online.Learner;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** Layers that no model holds in a field. */
class UnheldStatesTest {
  private static final Tensor X = HostTensor.full(TensorType.of(DType.F32, 4, 3), 0.5);

  private static Linear linear() {
    return new Linear(8, 2, RandomKey.of(1));
  }

  private static Learner<Tensor, Tensor> compile(Layer readout) {
    Layer model = new Sequential(new GruCell(3, 8, RandomKey.of(0)), readout);
    return Learner.compile(model, m -> new DRtrl<>(m, _ -> {}), X);
  }

  /** Ways to use a layer without a field, each with the layer's path in none of its states. */
  private static List<Supplier<Layer>> captured() {
    return List.of(
        () -> Layer.of(linear()::update),
        () -> {
          Linear l = linear();
          return Layer.of(x -> l.update(x).tanh());
        },
        () -> {
          State w = State.parameter(HostTensor.full(TensorType.of(DType.F32, 8, 2), 0.1));
          return Layer.of(x -> x.matmul(w.value()));
        },
        () -> Layer.of(new Linear[] {linear()}[0]::apply));
  }

  @Test
  void aLearnerRefusesThem() {
    for (Supplier<Layer> way : captured()) {
      String e = assertThrows(EtraceException.class, () -> compile(way.get())).getMessage();
      assertTrue(e.startsWith("the step of Sequential uses state "), e);
      assertTrue(e.contains("(UnheldStatesTest.java:"), e);
      assertTrue(e.contains("keep the layer in a field"), e);
    }
  }

  @Test
  void hiddenStatesAreRefusedToo() {
    GruCell cell = new GruCell(8, 8, RandomKey.of(2));
    cell.initAllStates();
    String e =
        assertThrows(EtraceException.class, () -> compile(Layer.of(cell::update))).getMessage();
    assertTrue(e.contains("uses state h of GruCell"), e);
  }

  /** The controls: fields, also synthetic ones, and gradients that are stopped. */
  @Test
  void aLearnerTakesWhatIsHeldAndWhatIsFixed() {
    Linear held = linear();
    compile(held);
    compile(
        new Layer() {
          @Override
          public Tensor update(Tensor x) {
            return held.update(x);
          }
        });
    Linear teacher = linear();
    Linear own = linear();
    compile(
        new Layer() {
          private final Linear part = own;
          private final Fn1<Tensor, Tensor> fixed = x -> teacher.update(x).stopGradient();

          @Override
          public Tensor update(Tensor x) {
            return part.update(x).add(fixed.apply(x));
          }
        });
  }

  private static List<String> gradient(Linear captured, boolean stop, boolean chosen) {
    Linear own = new Linear(3, 8, RandomKey.of(3));
    Fn0<Tensor> loss =
        () -> {
          Tensor y = captured.update(own.update(X));
          return (stop ? y.stopGradient() : y).add(own.update(X).mean()).sum();
        };
    States weights = own.states();
    States all =
        chosen
            ? new States(
                Map.of(
                    "own",
                    own.weight(),
                    "w",
                    captured.weight(),
                    "b",
                    captured.bias().orElseThrow()))
            : weights;
    return Logged.by(
        () -> {
          Engram.grad(loss, all).apply();
          Engram.grad(loss, all).apply();
        });
  }

  @Test
  void aGradientTellsOfThemOnce() {
    List<String> told = gradient(linear(), false, false);
    assertEquals(1, told.size(), told::toString);
    assertTrue(
        told.getFirst().startsWith("WARNING: state weight of Linear is used but not trained"),
        told::toString);
    assertTrue(told.getFirst().contains("(UnheldStatesTest.java:"), told::toString);
  }

  /** An accepted use does not suppress a later warning. */
  @Test
  void aGradientTellsOfThemAfterOneThatIsMeant() {
    Linear captured = linear();
    assertEquals(List.of(), gradient(captured, true, false));
    assertEquals(1, gradient(captured, false, false).size());
  }

  @Test
  void aGradientIsSilentWhereItIsMeant() {
    assertEquals(List.of(), gradient(linear(), true, false));
    assertEquals(List.of(), gradient(linear(), false, true));
    Linear asked = linear();
    asked.states();
    assertEquals(List.of(), gradient(asked, false, false));
  }

  @Test
  void anonymousClassesHaveNames() {
    Layer model =
        new Layer() {
          private final State w = parameter(X);

          @Override
          public Tensor update(Tensor x) {
            return x.matmul(w.value());
          }
        };
    assertEquals("Layer(12 parameters)", model.toString());
    assertEquals("state w of Layer: f32[4,3]", model.states().get("w").toString());
  }
}
