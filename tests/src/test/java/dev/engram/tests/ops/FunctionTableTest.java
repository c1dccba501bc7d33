package dev.engram.tests.ops;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.testkit.Bless;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The functions that {@link JaxOpsTest} compares with JAX, under every transformation, in f64 near
 * the same operands. It writes the results to {@code docs/COMPOSITES.md}.
 */
class FunctionTableTest {
  private static final Path ROOT = Path.of(System.getProperty("engram.root"));
  private static final List<Concern> CONCERNS =
      List.of(Concern.JVP, Concern.TRANSPOSE, Concern.BATCH, Concern.LOWER, Concern.TEXT);
  private static final String HEAD =
      """
      # Functions composed of ops

      Convolutions, einsum, sorting, linear algebra, losses and the like are not ops: they are composed of those
      in [OPS.md](OPS.md), so every transformation and every backend supports them. `JaxOpsTest` compares the value of each
      with JAX, on every backend, and the reverse derivative if there is one. `FunctionTableTest` tests what is in this
      table, in f64 near the same operands; the columns are those of OPS.md. A case is one way to call the function;
      *NaN*: the case is about NaN, where differences are meaningless.

      """;

  private static final Map<String, Map<Concern, String>> FOUND = new ConcurrentHashMap<>();

  @TestFactory
  Stream<DynamicContainer> functions() {
    return JaxCases.all().entrySet().stream()
        .map(
            e ->
                DynamicContainer.dynamicContainer(
                    e.getKey(),
                    CONCERNS.stream()
                        .map(
                            c ->
                                DynamicTest.dynamicTest(
                                    c.name().toLowerCase(Locale.ROOT),
                                    () -> check(e.getKey(), c, e.getValue())))));
  }

  private static void check(String name, Concern concern, Function<List<Tensor>, Tensor> f) {
    Sample s = sample(name, f);
    boolean derivative = concern == Concern.JVP || concern == Concern.TRANSPOSE;
    String cell = "no floats";
    if (concern == Concern.JVP && !isFinite(name)) {
      cell = "NaN";
    } else if (!derivative || Concern.differentiable(s)) {
      assertTrue(concern.holds(s, 1), "says nothing");
      cell = "✓";
    }
    FOUND.computeIfAbsent(name, _ -> new EnumMap<>(Concern.class)).put(concern, cell);
  }

  /** False where differences are meaningless. */
  private static boolean isFinite(String name) {
    return JaxOpsTest.args(name).stream()
        .filter(a -> a.dtype().isFloat())
        .allMatch(a -> Double.isFinite(a.sum().host().getDouble(0)));
  }

  /** Perturbs the operands of the JAX case; positive, sorted or in-range operands stay so. */
  private static Sample sample(String name, Function<List<Tensor>, Tensor> f) {
    List<HostTensor> args = JaxOpsTest.args(name);
    List<TensorType> types =
        args.stream().map(a -> a.dtype().isFloat() ? a.type().with(DType.F64) : a.type()).toList();
    Sample.Draw near =
        (i, type, random) -> {
          if (!type.dtype().isFloat()) {
            return args.get(i);
          }
          HostTensor t = HostTensor.allocate(type);
          for (long k = 0; k < type.size(); k++) {
            t.setDouble(k, args.get(i).getDouble(k) * random.nextDouble(0.98, 1.02));
          }
          return t;
        };
    return Sample.traced(name, near, types, x -> List.of(f.apply(x)));
  }

  /** Control: a stopped gradient is detected in the derivative columns. */
  @Test
  void aWrongDerivativeIsFound() {
    Sample s = sample("conv1d", x -> x.get(0).conv(x.get(1)).add(x.get(0).sum().stopGradient()));
    assertThrows(AssertionError.class, () -> Concern.JVP.holds(s, 1));
  }

  @AfterAll
  static void document() throws IOException {
    if (!FOUND.keySet().equals(JaxCases.all().keySet())
        || FOUND.values().stream().anyMatch(m -> m.size() < CONCERNS.size())) {
      return; // some failed, or only some ran
    }
    StringBuilder out = new StringBuilder(HEAD);
    out.append("| case | operands | ")
        .append(
            CONCERNS.stream()
                .map(c -> c.name().toLowerCase(Locale.ROOT))
                .collect(Collectors.joining(" | ")))
        .append(" |\n")
        .append("|---".repeat(CONCERNS.size() + 2))
        .append("|\n");
    new TreeMap<>(FOUND)
        .forEach(
            (name, cells) ->
                out.append("| `%s` | %s | ".formatted(name, operands(name)))
                    .append(String.join(" | ", cells.values()))
                    .append(" |\n"));
    Path file = ROOT.resolve("docs/COMPOSITES.md");
    String is = Files.exists(file) ? Files.readString(file) : "";
    Bless.fromSettings().check(file, is, out.toString());
  }

  private static String operands(String name) {
    return JaxOpsTest.args(name).stream()
        .map(a -> a.type().toString())
        .collect(Collectors.joining(", "));
  }
}
