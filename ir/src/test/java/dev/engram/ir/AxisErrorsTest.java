package dev.engram.ir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** An axis out of range is told with the method, the operand, the range and the user's line. */
class AxisErrorsTest {
  private static final HostTensor X = HostTensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);
  private static final HostTensor AT = HostTensor.of(new int[] {0}, 1);

  private static Map<String, Function<Integer, Object>> methods() {
    Map<String, Function<Integer, Object>> m = new LinkedHashMap<>();
    m.put("dim", X::dim);
    m.put("tensordot", a -> X.tensordot(X, new int[] {a}, new int[] {0}));
    m.put("transpose", a -> X.transpose(a, 0));
    m.put("moveAxis", a -> X.moveAxis(0, a));
    m.put("squeeze", X::squeeze);
    m.put("slice", a -> X.slice(a, 0, 1));
    m.put("split", a -> X.split(a, 1));
    m.put("splitAt", a -> X.splitAt(a, 1));
    m.put("roll", a -> X.roll(a, 1));
    m.put("repeat", a -> X.repeat(a, 2));
    m.put("swapAxes", a -> X.swapAxes(0, a));
    m.put("diagonal", a -> X.diagonal(0, a, 1));
    m.put("reverse", X::reverse);
    m.put("concat", a -> Tensor.concat(a, X, X));
    m.put("take", a -> X.take(AT, a));
    m.put("takeAlongAxis", a -> X.takeAlongAxis(X.cast(DType.I32), a));
    m.put("scatter", a -> X.setAt(a, AT, X));
    m.put("argSort", a -> X.argSort(a, false));
    m.put("windows", a -> X.windows(a, 1, 1, 1));
    m.put("sum", X::sum);
    m.put("argMax", X::argMax);
    m.put("cumSum", X::cumSum);
    m.put("cumProd", X::cumProd);
    return m;
  }

  @Test
  void everyMethodTellsItsNameAndTheLine() {
    for (int axis : List.of(2, -3, Integer.MAX_VALUE, Integer.MIN_VALUE)) {
      methods()
          .forEach(
              (name, f) -> {
                String message =
                    assertThrows(TypeException.class, () -> f.apply(axis), name).getMessage();
                String want =
                    name + ": axis " + axis + " is out of range for shape [2,3], expected -2 to 1";
                assertTrue(message.startsWith(want + " (AxisErrorsTest.java:"), message);
              });
    }
  }

  @Test
  void soDoesWhatPutsAxesIn() {
    for (int axis : List.of(3, -4)) {
      for (Map.Entry<String, Function<Integer, Object>> e :
          Map.<String, Function<Integer, Object>>of(
                  "expandDims", X::expandDims, "stack", a -> Tensor.stack(a, List.of(X, X)))
              .entrySet()) {
        String message =
            assertThrows(TypeException.class, () -> e.getValue().apply(axis)).getMessage();
        String want =
            e.getKey() + ": no axis can be put in at " + axis + " of f32[2,3], expected -3 to 2";
        assertTrue(message.startsWith(want + " (AxisErrorsTest.java:"), message);
      }
    }
    assertEquals(Shape.of(2, 3, 1), X.expandDims(-1).shape());
    assertEquals(Shape.of(1, 2, 3), X.expandDims(-3).shape());
  }

  @Test
  void aScalarHasNone() {
    HostTensor one = HostTensor.of(new float[] {1});
    String message = assertThrows(TypeException.class, () -> one.sum(0)).getMessage();
    assertTrue(message.contains("for shape [], expected no axis of a scalar"), message);
    String direct = assertThrows(TypeException.class, () -> X.shape().axis(2)).getMessage();
    assertTrue(direct.startsWith("axis 2 is out of range for shape [2,3]"), direct);
  }
}
