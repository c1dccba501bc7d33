package dev.engram.tests.narrow;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Engram;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TypeException;
import dev.engram.ir.tensor.RoundOnce;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Every public function of {@link Functions} in f16 and bf16, near the ends of their range. */
class RoundOnceTest {

  @Test
  void everyPublicFunctionIsInTheTable() {
    for (Class<?> owner : Functions.OWNERS) {
      Set<String> missing = Functions.methods(owner);
      missing.removeAll(Functions.of(owner).keySet());
      missing.removeAll(Functions.ELSEWHERE.keySet());
      assertEquals(Set.of(), missing, owner + " has functions that no row of the table tries");
    }
  }

  @TestFactory
  Stream<DynamicTest> values() {
    return Functions.OWNERS.stream()
        .flatMap(owner -> Functions.of(owner).entrySet().stream())
        .map(e -> DynamicTest.dynamicTest(e.getKey(), () -> checkAll(e.getValue())));
  }

  private static void checkAll(Functions.Row row) {
    for (DType dtype : Narrow.TYPES) {
      for (int n : row.lengths()) {
        Narrow.operands(dtype, n, row.arity())
            .forEach((name, x) -> Narrow.check(row.name() + " of " + name, dtype, row.f(), x));
      }
    }
  }

  @TestFactory
  Stream<DynamicTest> derivatives() {
    return Functions.OWNERS.stream()
        .flatMap(owner -> Functions.of(owner).entrySet().stream())
        .filter(e -> e.getValue().smooth())
        .map(e -> DynamicTest.dynamicTest(e.getKey(), () -> slopes(e.getValue())));
  }

  // of the sum, whose own derivative is exactly 1
  private static void slopes(Functions.Row row) {
    for (DType dtype : Narrow.TYPES) {
      for (Map.Entry<String, List<HostTensor>> e :
          Narrow.operands(dtype, 7, row.arity()).entrySet()) {
        if (row.arity() > 1 && e.getKey().hashCode() % 3 != 0) {
          continue; // a third of the pairs
        }
        for (int i = 0; i < row.arity(); i++) {
          int k = i;
          Narrow.Fn slope =
              x ->
                  Engram.grad(
                          (Tensor t) -> {
                            List<Tensor> all = new ArrayList<>(x);
                            all.set(k, t);
                            return row.f().apply(all).sum();
                          })
                      .apply(x.get(k));
          Narrow.check(
              row.name() + " slope " + i + " of " + e.getKey(), dtype, slope, e.getValue());
        }
      }
    }
  }

  /** Control: the naive formulas are detected. */
  @Test
  void formulasThatRoundOnTheWayAreFound() {
    Map<String, Narrow.Fn> careless =
        Map.of(
            "mean", x -> x.get(0).sum().mul(1.0 / x.get(0).shape().size()),
            "norm", x -> x.get(0).square().sum().sqrt(),
            "logSoftmax", x -> x.get(0).sub(x.get(0).exp().sum().log()),
            "gelu", x -> x.get(0).mul(x.get(0).mul(0.7979).tanh().add(1)).mul(0.5));
    careless.forEach(
        (name, f) ->
            assertThrows(
                AssertionError.class,
                () -> {
                  for (DType dtype : Narrow.TYPES) {
                    for (int n : List.of(3, 257)) {
                      Narrow.operands(dtype, n, 1).forEach((o, x) -> Narrow.check(o, dtype, f, x));
                    }
                  }
                },
                name));
  }

  /** f32 and f64 get no conversions. */
  @Test
  void otherTypesAreLeftAlone() {
    for (DType dtype : List.of(DType.F32, DType.F64)) {
      for (Class<?> owner : Functions.OWNERS) {
        Functions.of(owner)
            .forEach(
                (name, row) -> {
                  if (row.smooth()) {
                    String text =
                        Engram.jit((Tensor x) -> row.f().apply(List.of(x, x, x)))
                            .trace(Narrow.of(dtype, Shape.of(4), i -> i))
                            .graph()
                            .toString();
                    assertTrue(!text.contains("= cast"), () -> name + "\n" + text);
                  }
                });
      }
    }
    String narrow =
        Engram.jit((Tensor x) -> x.mean())
            .trace(Narrow.of(DType.F16, Shape.of(4), i -> i))
            .graph()
            .toString();
    assertTrue(narrow.contains("= cast"), narrow);
  }

  /** Operands of two types are an error that names the cast, as elsewhere. */
  @Test
  void typesAreStillNotMixed() {
    Tensor x = Narrow.of(DType.F16, Shape.of(2), i -> i);
    Tensor y = x.cast(DType.BF16);
    String e =
        assertThrows(TypeException.class, () -> RoundOnce.of(x, y, (a, b) -> a.mul(b).add(a)))
            .getMessage();
    assertTrue(e.contains("convert it with .cast(DType.F16)"), e);
  }
}
