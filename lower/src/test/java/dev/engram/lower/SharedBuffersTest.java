package dev.engram.lower;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.engram.ir.DType;
import dev.engram.ir.Graph;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.op.Index;
import dev.engram.lower.inspect.ProgramVerifier;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Ops with steps of their own, whose operand and result become parts of one buffer: every op on
 * every view of every operand, in every place that both can have together.
 */
class SharedBuffersTest {
  private static final int N = 4;

  /** What both are put into; a function of the operand and the result. */
  private interface Together {
    List<Tensor> of(Tensor operand, Tensor result);
  }

  private static final Map<String, UnaryOperator<Tensor>> VIEWS = new LinkedHashMap<>();
  private static final Map<String, UnaryOperator<Tensor>> OPS = new LinkedHashMap<>();
  private static final Map<String, Together> PLACES = new LinkedHashMap<>();

  static {
    VIEWS.put("it", x -> x);
    VIEWS.put("transpose by nothing", x -> x.transpose(0, 1));
    VIEWS.put("transpose", x -> x.transpose(1, 0));
    VIEWS.put("reverse", x -> x.reverse(1));
    VIEWS.put("reshape", x -> x.reshape(2, 2, N).reshape(N, N));
    VIEWS.put("slice", x -> x.broadcastTo(2, N, N).reshape(2 * N, N).slice(0, 1, N + 1));
    VIEWS.put("broadcast", x -> x.slice(0, 1, 2).broadcastTo(N, N));
    VIEWS.put("concat", x -> Tensor.concat(0, x.slice(0, 2, N), x.slice(0, 0, 2)));
    VIEWS.put("computed", x -> x.mul(2).add(1));

    OPS.put("argSort 0", x -> x.argSort(0, false));
    OPS.put("argSort 1", x -> x.argSort(1, true));
    OPS.put("sort", x -> x.sort(0));
    OPS.put("take", x -> x.take(x.slice(0, 0, 1).reshape(N), 1));
    for (Index.Combine c : Index.Combine.values()) {
      OPS.put("scatter " + c, x -> x.scatterAlongAxis(c, 0, x, x));
    }
    OPS.put("dynamicSlice", x -> twice(x.dynamicSlice(new int[] {2, N}, at(x), at(x))));
    OPS.put("dynamicUpdate", x -> x.dynamicUpdate(x.slice(0, 1, 3), at(x), at(x)));
    OPS.put("pad", x -> x.slice(0, 1, 3).pad(List.of(1, 0), List.of(1, 0), 7));
    OPS.put("concat", x -> Tensor.concat(1, x.slice(1, 1, N), x.slice(1, 0, 1)));
    OPS.put("sum", x -> x.sum(1).broadcastTo(N, N));
    OPS.put("argMax", x -> x.argMax(0).broadcastTo(N, N));
    OPS.put("matmul", x -> x.matmul(x));
    OPS.put("cumSum", x -> x.cumSum(0));
    OPS.put("cumMax", x -> x.cumMax(1, true));

    PLACES.put("both", List::of);
    PLACES.put("the result first", (x, y) -> List.of(Tensor.concat(0, y, x)));
    PLACES.put("the operand first", (x, y) -> List.of(Tensor.concat(1, x, y)));
    PLACES.put("the result twice", (x, y) -> List.of(Tensor.concat(1, y, x, y), y));
    PLACES.put(
        "inside a pad",
        (x, y) -> List.of(Tensor.concat(0, y, x).pad(List.of(1, 0), List.of(0, 2), -1)));
    PLACES.put("nested", (x, y) -> List.of(Tensor.concat(0, Tensor.concat(0, x, y), x, y)));
  }

  private static Tensor at(Tensor x) {
    return x.slice(0, 1, 2).slice(1, 2, 3).reshape();
  }

  private static Tensor twice(Tensor x) {
    return Tensor.concat(0, x, x);
  }

  static Stream<String> ops() {
    return OPS.keySet().stream();
  }

  private static final List<TensorType> ONE = List.of(Oracle.i32(N, N));

  @ParameterizedTest
  @MethodSource("ops")
  void inOneResult(String op) {
    each(op, (view, place) -> Oracle.trace(ONE, in -> placed(in.getFirst(), view, op, place)));
  }

  /** The operand is what a loop carries, and both are its results. */
  @ParameterizedTest
  @MethodSource("ops")
  void inAStep(String op) {
    each(
        op,
        (view, place) ->
            Oracle.trace(
                ONE,
                in -> {
                  Tensor x = in.getFirst();
                  return Oracle.scan(
                      3,
                      false,
                      List.of(),
                      List.of(x, x),
                      List.of(),
                      c -> {
                        Tensor operand = VIEWS.get(view).apply(c.getFirst());
                        Tensor result = OPS.get(op).apply(operand);
                        List<Tensor> out = new ArrayList<>(List.of(result, operand));
                        out.addAll(PLACES.get(place).of(operand, result));
                        return out;
                      });
                }));
  }

  private static List<Tensor> placed(Tensor x, String view, String op, String place) {
    Tensor operand = VIEWS.get(view).apply(x);
    return PLACES.get(place).of(operand, OPS.get(op).apply(operand));
  }

  private interface Case {
    Graph of(String view, String place);
  }

  private static void each(String op, Case graph) {
    List<Executable> all = new ArrayList<>();
    for (String view : VIEWS.keySet()) {
      for (String place : PLACES.keySet()) {
        String what = op + " of " + view + ", " + place;
        all.add(
            () -> {
              try {
                Oracle.check(graph.of(view, place));
              } catch (LoweringException | AssertionError e) {
                throw new AssertionError(what + ": " + e.getMessage(), e);
              }
            });
      }
    }
    assertAll(op, all);
  }

  /** Control: the verifier refuses a sort within one buffer. */
  @Test
  void aSortIntoItsOwnBufferIsRefused() {
    LoopProgram p = Oracle.check(Oracle.trace(ONE, in -> List.of(in.getFirst().argSort(1, false))));
    LoopProgram wrong =
        new LoopProgram(
            p.name(),
            p.buffers(),
            p.inputs(),
            p.outputs(),
            p.steps().stream().map(SharedBuffersTest::intoItself).toList(),
            p.arenaBytes());
    assertThrows(LoweringException.class, () -> ProgramVerifier.verify(wrong));
  }

  private static Stmt intoItself(Stmt s) {
    return s instanceof Stmt.Sort o
        ? new Stmt.Sort(
            o.op(), DType.I32, o.rows(), o.length(), o.to(), o.to(), SourceLocation.UNKNOWN)
        : s;
  }
}
