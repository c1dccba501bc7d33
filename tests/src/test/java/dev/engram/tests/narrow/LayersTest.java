package dev.engram.tests.narrow;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Layer;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Every layer in f16 and bf16 against the same layer, of the same weights, in f64. */
class LayersTest {
  /** The reasons why some classes of the package have no row. */
  private static final Map<String, String> ELSEWHERE =
      Map.of(
          "Cell", "abstract",
          "Sequential", "its layers one after the other",
          "Embedding", "picks rows; of integers");

  @Test
  void everyLayerHasARow() throws Exception {
    Path root = Path.of(System.getProperty("engram.root"));
    Set<String> missing = new TreeSet<>();
    for (Path f : files(root.resolve("core/src/main/java/dev/engram/nn"))) {
      String name = f.getFileName().toString().replace(".java", "");
      if (!name.equals("package-info")
          && Layer.class.isAssignableFrom(Class.forName("dev.engram.nn." + name))
          && !LayerSamples.ROWS.containsKey(name)
          && !ELSEWHERE.containsKey(name)) {
        missing.add(name);
      }
    }
    assertEquals(Set.of(), missing);
  }

  private static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.toList();
    }
  }

  @TestFactory
  Stream<DynamicTest> layers() {
    return LayerSamples.ROWS.entrySet().stream()
        .map(e -> DynamicTest.dynamicTest(e.getKey(), () -> check(e.getValue())));
  }

  private static void check(LayerSamples.Row row) {
    for (DType dtype : Narrow.TYPES) {
      Narrow.operands(dtype, LayerSamples.IN)
          .forEach(
              (name, x) -> {
                if (row.steps() == 1 || x.abs().max().host().item() < 1000) {
                  check(row, dtype, name, x);
                }
              });
    }
  }

  private static void check(LayerSamples.Row row, DType dtype, String name, HostTensor x) {
    Layer narrow = row.make().apply(dtype);
    HostTensor got = run(narrow, x, dtype);
    HostTensor want = run(like(row, narrow, DType.F64), x, DType.F64);
    HostTensor single = run(like(row, narrow, DType.F32), x, DType.F32);
    assertEquals(dtype, got.dtype());
    double greatest = x.abs().max().host().item();
    for (int i = 0; i < want.type().size(); i++) {
      greatest = Math.max(greatest, Math.abs(want.getDouble(i)));
    }
    for (int i = 0; i < want.type().size(); i++) {
      double w = want.getDouble(i);
      double more = 2 * Math.abs(single.getDouble(i) - w);
      double at = row.steps() == 1 ? w : greatest;
      double allowed = row.steps() * Narrow.ulp(dtype, at) + more;
      String text = "%s of %s: element %d is %s, expected %s";
      double g = got.getDouble(i);
      assertTrue(Narrow.near(dtype, g, w, allowed), text.formatted(dtype, name, i, g, w));
    }
  }

  /** The layer in another type, with the same numbers in its states. */
  private static Layer like(LayerSamples.Row row, Layer narrow, DType dtype) {
    Layer wide = row.make().apply(dtype);
    narrow
        .states()
        .byPath()
        .forEach(
            (path, s) -> {
              if (s.isInitialized() && s.type().dtype().isFloat()) {
                wide.states().get(path).set(s.value().cast(dtype));
              }
            });
    return wide;
  }

  /** Runs one step, one position where a layer has positions, or a batch of one feature. */
  private static HostTensor run(Layer layer, HostTensor x, DType dtype) {
    layer.initAllStates();
    return LayerSamples.update(layer, x.cast(dtype)).host();
  }

  /** Control: a normalization whose squares are rounded is detected. */
  @Test
  void squaresThatLeaveTheRangeAreFound() {
    Layer careless =
        Layer.of(x -> x.mul(x.square().mean(0).add(1e-5).rsqrt().broadcastTo(LayerSamples.IN)));
    LayerSamples.Row row = new LayerSamples.Row(1, _ -> careless);
    assertThrows(AssertionError.class, () -> check(row));
  }
}
