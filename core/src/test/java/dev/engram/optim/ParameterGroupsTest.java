package dev.engram.optim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Engram;
import dev.engram.Fn1;
import dev.engram.Grads;
import dev.engram.State;
import dev.engram.States;
import dev.engram.ir.DType;
import dev.engram.ir.EngramException;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TypeException;
import dev.engram.nn.Plain;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ParameterGroupsTest {
  private static final List<String> PATHS =
      List.of("encoder.weight", "encoder.bias", "head.weight", "head.bias");
  private static final Predicate<String> BIASES = path -> path.endsWith(".bias");
  private static final Predicate<String> ENCODER = path -> path.startsWith("encoder.");

  private static States weights(DType dtype) {
    Map<String, State> out = new LinkedHashMap<>();
    for (int i = 0; i < PATHS.size(); i++) {
      out.put(PATHS.get(i), State.parameter(Plain.noise(i, 3).cast(dtype)));
    }
    return new States(out);
  }

  private static Grads grads(int t, DType dtype) {
    Map<String, Tensor> out = new LinkedHashMap<>();
    for (int i = 0; i < PATHS.size(); i++) {
      out.put(PATHS.get(i), Plain.noise(10 * t + i + 100, 3).cast(dtype));
    }
    return new Grads(out);
  }

  private static Grads of(Grads all, States part) {
    Map<String, Tensor> out = new LinkedHashMap<>();
    part.paths().forEach(path -> out.put(path, all.get(path)));
    return new Grads(out);
  }

  private static States part(States all, Predicate<String> paths) {
    Map<String, State> out = new LinkedHashMap<>();
    all.byPath()
        .forEach(
            (path, s) -> {
              if (paths.test(path)) {
                out.put(path, s);
              }
            });
    return new States(out);
  }

  /** Each optimizer alone, called with the gradients of its weights. */
  @Test
  void groupsAreTheirOptimizers() {
    States grouped = weights(DType.F64);
    ParameterGroups groups =
        ParameterGroups.of(
            grouped,
            ParameterGroups.rest(new Adam(0.1)),
            ParameterGroups.group(BIASES, new Sgd(0.2, 0.5)));
    Fn1<Grads, Tensor> step =
        Engram.jit(
            g -> {
              groups.update(g);
              return g.get("head.bias");
            });
    States alone = weights(DType.F64);
    States biases = part(alone, BIASES);
    States others = part(alone, BIASES.negate());
    Sgd sgd = new Sgd(0.2, 0.5);
    Adam adam = new Adam(0.1);
    sgd.register(biases);
    adam.register(others);
    for (int t = 0; t < 5; t++) {
      step.apply(grads(t, DType.F64));
      sgd.update(of(grads(t, DType.F64), biases));
      adam.update(of(grads(t, DType.F64), others));
    }
    for (String path : PATHS) {
      double[] want = alone.get(path).value().host().toDoubles();
      assertArrayEquals(want, grouped.get(path).value().host().toDoubles(), 1e-13, path);
    }
  }

  @Test
  void frozenWeightsStay() {
    States weights = weights(DType.F64);
    ParameterGroups groups =
        ParameterGroups.of(
            weights, ParameterGroups.frozen(ENCODER), ParameterGroups.rest(new Sgd(0.1)));
    double[] before = weights.get("encoder.bias").value().host().toDoubles();
    double[] head = weights.get("head.bias").value().host().toDoubles();
    Grads all = grads(0, DType.F64);
    groups.update(all);
    assertArrayEquals(before, weights.get("encoder.bias").value().host().toDoubles());
    double[] once = weights.get("head.bias").value().host().toDoubles();
    assertEquals(head[0] - 0.1 * all.get("head.bias").host().getDouble(0), once[0], 1e-15);
    groups.update(of(all, part(weights, ENCODER.negate()))); // without those of frozen weights
    double[] twice = weights.get("head.bias").value().host().toDoubles();
    assertEquals(once[0] - 0.1 * all.get("head.bias").host().getDouble(0), twice[0], 1e-15);
  }

  @Test
  void statesAreSavedAndLoaded(@TempDir Path folder) throws IOException {
    States first = weights(DType.BF16);
    States again = weights(DType.BF16);
    ParameterGroups a = masters(first);
    ParameterGroups b = masters(again);
    a.update(grads(0, DType.BF16));
    Path file = folder.resolve("groups");
    a.states().save(file);
    b.states().load(file);
    again.copyFrom(first);
    a.update(grads(1, DType.BF16));
    b.update(grads(1, DType.BF16));
    for (String path : PATHS) {
      double[] want = first.get(path).value().host().toDoubles();
      assertArrayEquals(want, again.get(path).value().host().toDoubles(), path);
    }
    List<String> paths = a.states().paths();
    assertTrue(
        paths.containsAll(
            List.of("optimizers.0.m.head.bias", "optimizers.1.masters.encoder.weight")),
        paths.toString());
  }

  private static ParameterGroups masters(States weights) {
    return ParameterGroups.withMasters(
        weights, ParameterGroups.group(BIASES, new Adam(0.1)), ParameterGroups.rest(new Lion(0.1)));
  }

  private static String error(States weights, ParameterGroups.Group... groups) {
    String e =
        assertThrows(EngramException.class, () -> ParameterGroups.of(weights, groups)).getMessage();
    assertTrue(e.contains("(ParameterGroupsTest.java:"), e);
    return e;
  }

  @Test
  void everyWeightIsInOneGroup() {
    States weights = weights(DType.F32);
    String none = error(weights, ParameterGroups.group(BIASES, new Sgd(0.1)));
    assertTrue(none.contains("got [encoder.weight, head.weight] in no group, expected"), none);
    String two =
        error(
            weights,
            ParameterGroups.group(BIASES, new Sgd(0.1)),
            ParameterGroups.frozen(ENCODER),
            ParameterGroups.rest(new Adam(0.1)));
    assertTrue(two.contains("got [encoder.bias in groups [0, 1]], expected"), two);
    String rests =
        error(weights, ParameterGroups.rest(new Sgd(0.1)), ParameterGroups.rest(new Adam(0.1)));
    assertTrue(rests.contains("encoder.weight in groups [0, 1]"), rests);
    String empty =
        error(
            weights,
            ParameterGroups.rest(new Sgd(0.1)),
            ParameterGroups.group(path -> path.equals("wieght"), new Adam(0.1)));
    assertTrue(empty.contains("group 1 has none of the weights [encoder.weight,"), empty);
    Sgd shared = new Sgd(0.1);
    String twice =
        error(weights, ParameterGroups.group(BIASES, shared), ParameterGroups.rest(shared));
    assertTrue(twice.contains("group 1 has the Sgd of another group"), twice);
    shared.register(weights); // nothing was registered
    String taken = error(weights, ParameterGroups.rest(shared));
    assertTrue(taken.contains("Sgd.register: got [encoder.weight,"), taken);
  }

  /** Though the optimizer of the first group could update its weights. */
  @Test
  void anUpdateThatIsRefusedChangesNothing() {
    States weights = weights(DType.F32);
    ParameterGroups groups =
        ParameterGroups.of(
            weights,
            ParameterGroups.group(ENCODER, new Adam(0.1)),
            ParameterGroups.rest(new Sgd(0.1, 0.9)));
    Map<String, Tensor> bad = new LinkedHashMap<>(grads(0, DType.F32).byPath());
    bad.put("head.bias", HostTensor.of(new float[] {1, 2}, 2));
    String before = groups.states().snapshot() + " " + weights.snapshot();
    assertThrows(TypeException.class, () -> groups.update(new Grads(bad)));
    assertEquals(before, groups.states().snapshot() + " " + weights.snapshot());
    bad.put("head.bias", HostTensor.of(new float[] {1, 2, 3}, 3));
    bad.put("tail", HostTensor.of(new float[] {1}, 1));
    String more =
        assertThrows(EngramException.class, () -> groups.update(new Grads(bad))).getMessage();
    assertTrue(more.contains("got gradients of [tail], expected those of the grouped"), more);
    bad.remove("tail");
    bad.remove("encoder.bias");
    String less =
        assertThrows(EngramException.class, () -> groups.update(new Grads(bad))).getMessage();
    assertTrue(less.contains("none for [encoder.bias]"), less);
    assertEquals(before, groups.states().snapshot() + " " + weights.snapshot());
  }
}
