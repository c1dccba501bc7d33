package dev.engram;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.etrace.Diagnostic;
import dev.engram.etrace.Strictness;
import dev.engram.ir.DType;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.loss.Losses;
import dev.engram.nn.GruCell;
import dev.engram.nn.Linear;
import dev.engram.nn.MinGruCell;
import dev.engram.nn.Sequential;
import dev.engram.online.DRtrl;
import dev.engram.online.Learner;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Layers whose weights need no trace. */
class UntracedTest {
  private static final Tensor XS =
      RandomTensors.uniform(RandomKey.of(5), Shape.of(6, 4, 3), DType.F32, -1, 1);

  private static Layer model(boolean marked) {
    Linear readout = new Linear(8, 2, RandomKey.of(1));
    return new Sequential(
        new MinGruCell(3, 8, RandomKey.of(0)), marked ? readout.untraced() : readout);
  }

  private static Map<String, double[]> grads(Layer model) {
    Learner<Tensor, Tensor> learner =
        Learner.compile(model, m -> new DRtrl<>(m, _ -> {}), XS.get(0));
    Tensor ys = XS.slice(2, 0, 2);
    return learner.grad(XS, ys, Losses::meanSquaredError).grads().byPath().entrySet().stream()
        .collect(Collectors.toMap(Map.Entry::getKey, e -> e.getValue().host().toDoubles()));
  }

  @Test
  void pathsValuesAndGradientsAreThoseOfTheLayer() {
    assertEquals(model(false).states().paths(), model(true).states().paths());
    Map<String, double[]> plain = grads(model(false));
    Map<String, double[]> marked = grads(model(true));
    assertEquals(plain.keySet(), marked.keySet());
    plain.forEach((path, g) -> assertArrayEquals(g, marked.get(path), 1e-6, path));
    assertTrue(marked.values().stream().allMatch(g -> g[0] != 0));
  }

  @Test
  void nothingIsSaidOfAReadout() {
    List<Diagnostic> plain = new ArrayList<>();
    Learner.compile(model(false), m -> new DRtrl<>(m, plain::add), XS.get(0));
    assertEquals(
        List.of(List.of("layers.1.weight", "layers.1.bias")),
        plain.stream().map(Diagnostic::weights).toList());
    List<Diagnostic> marked = new ArrayList<>();
    Learner.compile(model(true), m -> new DRtrl<>(m, marked::add), XS.get(0));
    assertEquals(List.of(), marked);
    Learner.compile(model(true), m -> new DRtrl<>(m, Strictness.ALL), XS.get(0));
  }

  /** A cell keeps its hidden state when its weights are marked. */
  @Test
  void hiddenStatesGoOn() {
    Layer cell = new GruCell(3, 8, RandomKey.of(0)).untraced();
    cell.initAllStates();
    Tensor first = cell.update(XS.get(0).get(0));
    Tensor second = cell.update(XS.get(0).get(0));
    Layer plain = new GruCell(3, 8, RandomKey.of(0));
    plain.initAllStates();
    assertArrayEquals(
        plain.update(XS.get(0).get(0)).host().toDoubles(), first.host().toDoubles(), 1e-6);
    assertArrayEquals(
        plain.update(XS.get(0).get(0)).host().toDoubles(), second.host().toDoubles(), 1e-6);
  }

  /** Three learners for one model, each compiled again: one line for each warning. */
  @Test
  void aWarningIsLoggedOnceForAModel() {
    Layer model = model(false);
    List<String> told =
        Logged.by(
            () -> {
              for (int batch : List.of(2, 3, 4)) {
                Engram.jit((Tensor x) -> Learner.compile(model, DRtrl::new, x).call(x))
                    .apply(XS.get(0).slice(0, 0, batch));
              }
            });
    assertEquals(1, told.size(), told::toString);
    assertTrue(
        told.getFirst().matches("WARNING: layers.1.weight, layers.1.bias reach no .*untraced.*"),
        told::toString);
    List<String> other = Logged.by(() -> Learner.compile(model(false), DRtrl::new, XS.get(0)));
    assertEquals(1, other.size(), other::toString);
  }
}
