package dev.engram;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.DType;
import dev.engram.ir.EngramException;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TreeTest {
  private static Tensor t(double v) {
    return HostTensor.of(new double[] {v});
  }

  private static List<Double> values(Object tree) {
    return Tree.leaves(tree).stream().map(x -> x.host().item()).toList();
  }

  record Inner(Tensor b, int n) {}

  record Outer(Tensor a, Map<String, Object> map, Optional<Inner> inner, DType dtype) {}

  private static Outer outer(int n, String... order) {
    Map<String, Object> map = new LinkedHashMap<>();
    for (String k : order) {
      map.put(k, List.of(t(k.length()), "text", t(10)));
    }
    return new Outer(t(1), map, Optional.of(new Inner(t(3), n)), DType.F32);
  }

  @Test
  void comesBackAsItWas() {
    Outer x = outer(7, "zz", "a");
    Tree.Flat flat = Tree.flatten(x, "x");
    assertEquals(List.of(1.0, 2.0, 10.0, 1.0, 10.0, 3.0), values(x));
    assertEquals(
        List.of("x.a", "x.map[zz][0]", "x.map[zz][2]", "x.map[a][0]", "x.map[a][2]", "x.inner.b"),
        flat.structure().paths("x"));
    assertEquals(6, flat.structure().leafCount());
    assertEquals(x, flat.structure().build(flat.leaves()));
    assertEquals(x, Tree.map(v -> v, x));
    assertEquals(List.of(2.0, 3.0, 11.0, 2.0, 11.0, 4.0), values(Tree.map(v -> v.add(1), x)));
    assertThrows(
        IllegalArgumentException.class,
        () -> flat.structure().build(List.of(t(1), t(1), t(1), t(1), t(1), t(1), t(1))));
  }

  @Test
  void structuresAreEqualWhenAllButTheTensorsIs() {
    TreeDef s = Tree.flatten(outer(7, "a", "b"), "x").structure();
    assertEquals(s, Tree.flatten(outer(7, "a", "b"), "y").structure());
    assertNotEquals(s, Tree.flatten(outer(8, "a", "b"), "x").structure());
    assertNotEquals(s, Tree.flatten(outer(7, "b", "a"), "x").structure());
    assertNotEquals(s, Tree.flatten(outer(7, "a"), "x").structure());
  }

  @Test
  void zipNeedsOneStructure() {
    Pair<Tensor, List<Tensor>> a = new Pair<>(t(1), List.of(t(2)));
    assertEquals(List.of(2.0, 4.0), values(Tree.zip(Tensor::add, a, a)));
    Pair<Tensor, List<Tensor>> b = new Pair<>(t(1), List.of());
    String e = assertThrows(EngramException.class, () -> Tree.zip(Tensor::add, a, b)).getMessage();
    assertTrue(e.contains("[a.first, a.second[0]] against [b.first]"), e);
  }

  @Test
  void refusesTheRestByPath() {
    record Batch(Object x) {}
    for (Object bad :
        Arrays.asList(
            new float[2], new Object(), null, Map.of(new Object(), t(1)), t(1).getClass())) {
      String e =
          assertThrows(EngramException.class, () -> Tree.flatten(new Batch(bad), "batch"))
              .getMessage();
      assertTrue(e.startsWith("batch.x"), e);
      assertTrue(e.contains("TreeTest.java:"), e);
    }
  }
}
