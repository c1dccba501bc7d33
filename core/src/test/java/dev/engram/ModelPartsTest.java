package dev.engram;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.DType;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.nn.GruCell;
import dev.engram.nn.Linear;
import dev.engram.nn.Sequential;
import dev.engram.online.DRtrl;
import dev.engram.online.Learner;
import dev.engram.optim.Adam;
import dev.engram.optim.Optimizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What models say about their parts, and parts that do not learn. */
class ModelPartsTest {
  private static final Tensor XS =
      RandomTensors.normal(RandomKey.of(1), Shape.of(5, 3, 2), DType.F32);

  /** A cell, an encoder used twice, and a counter. */
  private static final class Net extends Layer {
    private final Linear encoder = new Linear(2, 2, RandomKey.of(1));
    private final List<Layer> stack;
    private final State steps = other(RandomTensors.normal(RandomKey.of(4), Shape.of(), DType.F32));

    Net() {
      stack = List.of(new GruCell(2, 3, RandomKey.of(2)), encoder);
    }

    @Override
    public Tensor update(Tensor x) {
      steps.set(steps.value().add(1));
      return stack.get(0).update(encoder.update(x));
    }
  }

  @Test
  void partsAreNamedByTheirPaths() {
    Net net = new Net();
    assertEquals(
        List.of("", "encoder", "stack.0", "stack.0.Wz", "stack.0.Wr", "stack.0.Wh"),
        List.copyOf(net.parts().keySet()));
    assertSame(net.encoder, net.parts().get("encoder"));
    assertEquals(List.copyOf(net.parts().keySet()), List.copyOf(new Vmap<>(net).parts().keySet()));
  }

  @Test
  void aSummaryCountsEachParameterOnce() {
    Net net = new Net();
    net.initAllStates();
    String text = net.summary();
    long all =
        net.states().subset(State.Kind.PARAMETER).values().stream()
            .mapToLong(s -> s.type().size())
            .sum();
    List<String> lines = text.lines().toList();
    assertTrue(lines.getFirst().startsWith("path"), text);
    assertTrue(
        lines.stream().anyMatch(l -> l.startsWith("stack.0 ") && l.contains("h f32[3] hidden")),
        text);
    assertTrue(
        lines.stream()
            .anyMatch(l -> l.startsWith("encoder") && l.contains("weight f32[2,2], bias f32[2]")),
        text);
    assertTrue(
        lines.stream().anyMatch(l -> l.startsWith("(all)") && l.contains("steps f32[] other")),
        text);
    assertTrue(lines.getLast().startsWith(all + " parameters; "), text);
    assertEquals("Net(" + all + " parameters)", net.toString());
  }

  private static Sequential stack(boolean frozen) {
    Layer encoder = new Linear(2, 2, RandomKey.of(1));
    return new Sequential(
        frozen ? encoder.frozen() : encoder,
        new GruCell(2, 3, RandomKey.of(2)),
        new Linear(3, 1, RandomKey.of(3)));
  }

  private record Learned(Grads grads, List<String> warnings, Set<String> traces) {}

  private static Learned learned(Sequential net) {
    List<String> warnings = new ArrayList<>();
    Learner<Tensor, Tensor> learner =
        Learner.compile(net, m -> new DRtrl<>(m, d -> warnings.add(d.toString())), XS.get(0));
    Grads grads = learner.grad(XS, o -> o.square().sum()).grads();
    return new Learned(grads, warnings, learner.traces().keySet());
  }

  @Test
  void frozenWeightsDoNotLearnOnline() {
    Learned got = learned(stack(true));
    Learned want = learned(stack(false));
    List<String> free = want.grads().paths().stream().filter(p -> !isEncoder(p)).toList();
    assertTrue(free.size() < want.grads().paths().size());
    assertEquals(free, got.grads().paths());
    assertTrue(want.warnings().stream().anyMatch(w -> w.contains("layers.0.")));
    assertTrue(got.warnings().stream().noneMatch(w -> w.contains("layers.0.")));
    assertEquals(want.traces(), got.traces());
    for (String path : free) {
      double[] expected = want.grads().get(path).host().toDoubles();
      assertTrue(Arrays.stream(expected).anyMatch(x -> x != 0), path);
      assertArrayEquals(expected, got.grads().get(path).host().toDoubles(), 1e-5, path);
    }
  }

  private static boolean isEncoder(String path) {
    return path.startsWith("layers.0.");
  }

  @Test
  void weightDecayLeavesFrozenWeightsAlone() {
    Sequential net = stack(true);
    Learner<Tensor, Tensor> learner = Learner.compile(net, DRtrl::new, XS.get(0));
    Optimizer adam = Adam.withDecay(0.1, 0.5);
    adam.register(learner.weights());
    Map<String, Tensor> before = net.states().subset(State.Kind.PARAMETER).snapshot();
    assertEquals(net.trainable(), learner.weights());
    assertTrue(before.keySet().stream().anyMatch(ModelPartsTest::isEncoder));
    adam.update(learner.grad(XS, o -> o.square().sum()).grads());
    before.forEach(
        (path, w) ->
            assertEquals(
                isEncoder(path),
                Arrays.equals(
                    w.host().toDoubles(), net.states().get(path).value().host().toDoubles()),
                path));
  }

  @Test
  void weightsThatAreAlsoHeldUnfrozenLearn() {
    Linear shared = new Linear(2, 2, RandomKey.of(1));
    for (Sequential net :
        List.of(new Sequential(shared.frozen(), shared), new Sequential(shared, shared.frozen()))) {
      assertEquals(net.states().subset(State.Kind.PARAMETER), net.trainable());
      assertEquals(2, net.trainable().size());
      assertEquals(
          net.states().paths().getFirst(), net.trainable().values().iterator().next().path());
    }
    assertEquals(0, new Sequential(shared.frozen().untraced()).trainable().size());
    assertEquals(0, new Sequential(shared.untraced().frozen()).trainable().size());
    assertEquals(2, new Sequential(shared.untraced()).trainable().size());
  }

  @Test
  void gradientsGoThroughFrozenParts() {
    Sequential frozen =
        new Sequential(
            new Linear(2, 2, RandomKey.of(1)), new GruCell(2, 3, RandomKey.of(2)).frozen());
    Sequential plain =
        new Sequential(new Linear(2, 2, RandomKey.of(1)), new GruCell(2, 3, RandomKey.of(2)));
    Grads got = throughTime(frozen);
    Grads want = throughTime(plain);
    for (String path : want.paths()) {
      double[] expected = want.get(path).host().toDoubles();
      assertArrayEquals(
          path.startsWith("layers.1.") ? new double[expected.length] : expected,
          got.get(path).host().toDoubles(),
          1e-6,
          path);
    }
  }

  private static Grads throughTime(Layer net) {
    net.initAllStates();
    return Engram.grad(
            () -> Engram.forLoop(net, XS.slice(1, 0, 1).reshape(5, 2)).square().sum(),
            net.states().subset(State.Kind.PARAMETER))
        .apply();
  }

  /** Of a network that is no layer. */
  @Test
  void networksOfStructuresFreezeToo() {
    GruCell cell = new GruCell(2, 3, RandomKey.of(2));
    Network<Tensor, List<Tensor>> net = Network.of(cell, x -> List.of(cell.update(x)));
    cell.initAllStates();
    Network<Tensor, List<Tensor>> frozen = net.frozen();
    States weights = frozen.states().subset(State.Kind.PARAMETER);
    Grads g = Engram.grad(() -> frozen.update(XS.get(0).get(0)).get(0).sum(), weights).apply();
    g.byPath().forEach((path, x) -> assertEquals(0, x.abs().max().host().item(), path));
    Grads learning =
        Engram.grad(() -> net.untraced().update(XS.get(0).get(0)).get(0).sum(), weights).apply();
    assertTrue(learning.get("Wh.weight").abs().max().host().item() > 0);
  }
}
