package dev.engram.ir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.engram.ir.op.ConvWindows;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Every integer that a method of a tensor takes, at the ends of int: a sound graph comes out, or an
 * error that names the method and what was expected. Traced, so that nothing has to fit into
 * memory.
 */
class ExtremeArgumentsTest {
  private static final int[] EXTREMES = {
    Integer.MIN_VALUE, Integer.MIN_VALUE + 1, -1, 1 << 30, Integer.MAX_VALUE - 1, Integer.MAX_VALUE
  };

  /** Each with the integer at one place; the tensor is f32[4,5]. */
  private static Map<String, BiFunction<Tensor, Integer, Object>> calls() {
    Map<String, BiFunction<Tensor, Integer, Object>> m = new LinkedHashMap<>();
    m.put("transpose", (x, k) -> x.transpose(0, k));
    m.put("moveAxis from", (x, k) -> x.moveAxis(k, 0));
    m.put("moveAxis to", (x, k) -> x.moveAxis(0, k));
    m.put("reshape", (x, k) -> x.reshape(k, 5));
    m.put("broadcastTo", (x, k) -> x.broadcastTo(k, 4, 5));
    m.put("expandDims", MoveMethods::expandDims);
    m.put("squeeze", MoveMethods::squeeze);
    m.put("slice axis", (x, k) -> x.slice(k, 0, 1));
    m.put("slice from", (x, k) -> x.slice(0, k, 4));
    m.put("slice to", (x, k) -> x.slice(0, 0, k));
    m.put("slice stride", (x, k) -> x.slice(0, 0, 4, k));
    m.put("get", (x, k) -> x.get(k));
    m.put("splitAt", (x, k) -> x.splitAt(0, k));
    m.put("split axis", (x, k) -> x.split(k, 2));
    m.put("split", (x, k) -> x.split(0, k));
    m.put("roll axis", (x, k) -> x.roll(k, 1));
    m.put("roll", (x, k) -> x.roll(0, k));
    m.put("tile", (x, k) -> x.tile(k, 1));
    m.put("repeat axis", (x, k) -> x.repeat(k, 2));
    m.put("repeat", (x, k) -> x.repeat(1, k));
    m.put("swapAxes", (x, k) -> x.swapAxes(0, k));
    m.put("diagonal", (x, k) -> x.diagonal(k, 0, 1));
    m.put("diagonal axis", (x, k) -> x.diagonal(0, 0, k));
    m.put("diag", MoveMethods::diag);
    m.put("tril", MoveMethods::tril);
    m.put("triu", MoveMethods::triu);
    m.put("reverse", (x, k) -> x.reverse(k));
    m.put("pad low", (x, k) -> x.pad(List.of(k, 0), List.of(0, 0), 0));
    m.put("pad both", (x, k) -> x.pad(List.of(k, 0), List.of(k, 0), 0));
    m.put("padEdge", (x, k) -> x.padEdge(List.of(0, k), List.of(0, 0)));
    m.put("padEdge both", (x, k) -> x.padEdge(List.of(k, 0), List.of(k, 0)));
    m.put("padReflect", (x, k) -> x.padReflect(List.of(k, 0), List.of(k, 0)));
    m.put("sum", (x, k) -> x.sum(k));
    m.put("argMax", (x, k) -> x.argMax(k));
    m.put("sort", (x, k) -> x.sort(k));
    m.put("topK", (x, k) -> x.topK(k, 1));
    m.put("take", (x, k) -> x.take(HostTensor.of(new int[] {1}, 1), k));
    m.put("take at", (x, k) -> x.take(HostTensor.of(new int[] {k}, 1), 1));
    m.put("setAt", (x, k) -> x.setAt(1, HostTensor.of(new int[] {k}, 1), x.slice(1, 0, 1)));
    m.put("concat axis", (x, k) -> Tensor.concat(k, x, x));
    m.put("stack axis", (x, k) -> Tensor.stack(k, List.of(x, x)));
    m.put("windows size", (x, k) -> x.windows(1, k, 1, 1));
    m.put("windows stride", (x, k) -> x.windows(1, 2, k, 1));
    m.put("windows dilation", (x, k) -> x.windows(1, 2, 1, k));
    m.put("maxPool", (x, k) -> x.maxPool(new int[] {k}, ConvWindows.valid()));
    m.put("maxPool same", (x, k) -> x.maxPool(new int[] {k}, ConvWindows.same()));
    m.put("sumPool stride", (x, k) -> x.sumPool(new int[] {2}, ConvWindows.same().stride(k)));
    m.put("sumPool dilation", (x, k) -> x.sumPool(new int[] {3}, ConvWindows.same().dilation(k)));
    m.put("sumPool padded", (x, k) -> x.sumPool(new int[] {2}, ConvWindows.padded(k)));
    m.put("avgPool stride", (x, k) -> x.avgPool(new int[] {2}, ConvWindows.valid().stride(k)));
    for (ConvWindows w : List.of(ConvWindows.valid(), ConvWindows.same(), ConvWindows.padded(1))) {
      String name = w.padding().getClass().getSimpleName();
      m.put("convTranspose stride " + name, (x, k) -> x.convTranspose(kernel(), w.stride(k)));
      m.put("convTranspose dilation " + name, (x, k) -> x.convTranspose(kernel(), w.dilation(k)));
      m.put("conv dilation " + name, (x, k) -> x.conv(kernel(), w.dilation(k)));
      m.put("conv groups " + name, (x, k) -> x.conv(kernel(), w, k));
    }
    m.put("cumSum", (x, k) -> x.cumSum(k));
    m.put("softmax", (x, k) -> x.softmax(k));
    m.put("add", (x, k) -> x.add(k));
    return m;
  }

  private static Tensor kernel() {
    return HostTensor.allocate(TensorType.of(DType.F32, 3, 5, 2));
  }

  @TestFactory
  Stream<DynamicTest> soundOrRefused() {
    return calls().entrySet().stream()
        .flatMap(
            e ->
                IntStream.of(EXTREMES)
                    .mapToObj(
                        k -> dynamicTest(e.getKey() + " " + k, () -> check(e.getValue(), k))));
  }

  private static void check(BiFunction<Tensor, Integer, Object> call, int k) {
    Trace trace = new Trace("f");
    Tensor x = trace.input(TensorType.of(DType.F32, 4, 5), Role.INPUT, "");
    List<Value> outs;
    try {
      outs = trace.run(() -> results(call.apply(x, k)).stream().map(trace::lift).toList());
    } catch (TypeException e) {
      boolean says = e.getMessage().contains("expected") || e.getMessage().contains("negative");
      assertTrue(says, e::getMessage);
      assertTrue(e.getMessage().contains("ExtremeArgumentsTest.java"), e::getMessage);
      return;
    }
    Verifier.verify(trace.build(outs));
  }

  private static List<Tensor> results(Object result) {
    return switch (result) {
      case Tensor t -> List.of(t);
      case TopK t -> List.of(t.values(), t.indices());
      case List<?> l -> l.stream().map(Tensor.class::cast).toList();
      default -> fail(result.toString());
    };
  }

  /** Values, where the extreme has a meaning: the number modulo the length, or all or nothing. */
  @Test
  void whatAnExtremeMeans() {
    HostTensor x = HostTensor.of(new int[] {1, 2, 3}, 3);
    // 2^31 = 2 modulo 3, so a shift by -2^31 is one by 1; and 2^31 - 1 is 1
    same(List.of(3, 1, 2), x.roll(0, Integer.MIN_VALUE));
    same(List.of(3, 1, 2), x.roll(0, Integer.MAX_VALUE));
    same(List.of(2, 3, 1), x.roll(0, Integer.MIN_VALUE + 1));
    HostTensor m = HostTensor.of(new int[] {1, 2, 3, 4}, 2, 2);
    same(List.of(1, 2, 3, 4), m.triu(Integer.MIN_VALUE));
    same(List.of(0, 0, 0, 0), m.triu(Integer.MAX_VALUE));
    same(List.of(0, 0, 0, 0), m.tril(Integer.MIN_VALUE));
    same(List.of(1, 2, 3, 4), m.tril(Integer.MAX_VALUE));
    assertEquals(Shape.of(0), m.diagonal(Integer.MIN_VALUE, 0, 1).shape());
    assertEquals(Shape.of(0), m.diagonal(Integer.MAX_VALUE, 0, 1).shape());
    same(List.of(1), x.slice(0, 0, 3, Integer.MAX_VALUE));
  }

  private static void same(List<Integer> want, Tensor got) {
    HostTensor t = got.host();
    assertEquals(want, IntStream.range(0, want.size()).mapToObj(i -> (int) t.bits(i)).toList());
    assertEquals(want.size(), t.type().size());
  }

  /** Sizes that an int does not hold say so, with what they would be. */
  @Test
  void sizesInErrors() {
    Tensor x = HostTensor.of(new float[5], 5);
    List<Integer> most = List.of(Integer.MAX_VALUE);
    says("pad: axis 0 of f32[5] becomes 4294967299 long", () -> x.pad(most, most, 0));
    says("padEdge: axis 0 of f32[5] becomes 2147483653 long", () -> x.padEdge(most, List.of(1)));
    says("tile: axis 0 of f32[5] becomes 10737418235 long", () -> x.tile(Integer.MAX_VALUE));
    says("f64[2147483647,2147483647] does not fit into memory", () -> huge().bytes());
    says("f64[2147483647,2147483647] does not fit", () -> HostTensor.allocate(huge()));
  }

  private static TensorType huge() {
    return TensorType.of(DType.F64, Integer.MAX_VALUE, Integer.MAX_VALUE);
  }

  private static void says(String start, org.junit.jupiter.api.function.Executable call) {
    String message = assertThrows(TypeException.class, call).getMessage();
    assertTrue(message.startsWith(start), message);
  }
}
