package dev.engram.tests.sizes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.engram.RandomKey;
import dev.engram.RandomTensors;
import dev.engram.ir.DType;
import dev.engram.ir.Role;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TopK;
import dev.engram.ir.Trace;
import dev.engram.ir.TypeException;
import dev.engram.ir.Value;
import dev.engram.ir.Verifier;
import dev.engram.ir.op.ConvWindows;
import dev.engram.ir.op.Index;
import dev.engram.linalg.Linalg;
import dev.engram.loss.Losses;
import dev.engram.loss.Metrics;
import dev.engram.spiking.Encoders;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Every method of tensors, and what core makes of them, on traced tensors that no memory holds: a
 * sound graph, of which nothing is allocated, or an error that names the op, the line and the
 * number.
 */
class HugeTensorsTest {
  private static final int M = Integer.MAX_VALUE;
  private static final int K = 1 << 30;

  /** A call that gives tensors. */
  private interface Call {
    Object of(Operands o);
  }

  /**
   * What calls take.
   *
   * @param x f32[M,K], with fewer than 2^63 elements and more than 2^63 bytes
   * @param v f32[M]
   * @param i i32[M]
   */
  private record Operands(Trace trace, Tensor x, Tensor v, Tensor i) {
    static Operands of(Trace t) {
      return new Operands(t, in(t, DType.F32, M, K), in(t, DType.F32, M), in(t, DType.I32, M));
    }

    static Tensor in(Trace t, DType dtype, int... dims) {
      return t.input(TensorType.of(dtype, dims), Role.INPUT, "");
    }

    Tensor in(DType dtype, int... dims) {
      return in(trace, dtype, dims);
    }

    Tensor f32(int... dims) {
      return in(DType.F32, dims);
    }
  }

  /** What gives a graph. */
  private static Map<String, Call> sound() {
    Map<String, Call> m = new LinkedHashMap<>();
    m.put("cumSum", o -> o.x().cumSum(0));
    m.put("cumLogSumExp", o -> o.x().cumLogSumExp(1, true));
    m.put("softmax", o -> o.x().softmax(1));
    m.put("matmul", o -> o.x().matmul(o.f32(K, 3)));
    m.put("tensordot", o -> o.x().tensordot(o.f32(K, M), new int[] {1, 0}, new int[] {0, 1}));
    m.put("outer", o -> o.v().outer(o.f32(K)));
    m.put("einsum", o -> Tensor.einsum("ij,ij->j", o.x(), o.x()));
    m.put("conv", o -> o.f32(K, 9, 1).conv(o.f32(3, 3, 1, 1), ConvWindows.same()));
    m.put("conv in groups", o -> o.f32(1, M, 4).conv(o.f32(3, 2, 2), ConvWindows.valid(), 2));
    m.put("convTranspose", o -> o.f32(K, 5).convTranspose(o.f32(2, 5, 1), ConvWindows.same()));
    m.put("maxPool", o -> o.f32(3, M, 2).maxPool(new int[] {7}, ConvWindows.same()));
    m.put("avgPool", o -> o.f32(3, M, 2).avgPool(new int[] {K / 9}, ConvWindows.valid()));
    m.put("avgPool padded", o -> o.f32(K, 7, 4).avgPool(new int[] {3}, ConvWindows.same()));
    m.put("windows", o -> o.v().windows(0, K, 1, 1));
    m.put("splitAt", o -> o.x().splitAt(0, 1, K));
    m.put("roll", o -> o.x().roll(0, Integer.MIN_VALUE));
    m.put("tile", o -> o.f32(2, 3).tile(K - 1, K / 2));
    m.put("repeat", o -> o.f32(1, 3).repeat(0, M));
    m.put("diagonal", o -> o.x().diagonal(-K, 0, 1));
    m.put("diag", o -> o.f32(K).diag(K - 5));
    m.put("tril", o -> o.x().tril(-M));
    m.put("padEdge", o -> o.f32(3).padEdge(List.of(K), List.of(K - 4)));
    m.put("padReflect", o -> o.f32(K).padReflect(List.of(K - 1), List.of(0)));
    m.put("take", o -> o.x().take(o.in(DType.I64), 0));
    m.put("takeAlongAxis", o -> o.x().takeAlongAxis(o.in(DType.I32, M, 1), 1));
    m.put("setAt", o -> o.x().setAt(0, o.i(), o.x()));
    m.put("addAt", o -> o.x().addAt(1, o.in(DType.I32), o.v()));
    m.put(
        "scatterAlongAxis",
        o -> o.x().scatterAlongAxis(Index.Combine.MAX, 1, o.in(DType.I32, M, 1), o.f32(M, 1)));
    m.put("dynamicSlice", o -> o.v().dynamicSlice(new int[] {K}, o.in(DType.I32)));
    m.put("sort", o -> o.x().sort(0, true));
    m.put("topK", o -> o.x().topK(K, 0));
    m.put("searchSorted", o -> o.v().searchSorted(o.x(), true));
    m.put("oneHot", o -> o.i().oneHot(K, DType.F32));
    m.put("oneHot of bytes", o -> o.in(DType.U8, M).oneHot(M, DType.BOOL));
    m.put("checkRange", o -> o.i().checkRange("labels", 0, K));
    m.put("concat", o -> Tensor.concat(0, o.f32(K), o.f32(K - 1)));
    m.put("stack", o -> Tensor.stack(1, List.of(o.x(), o.x())));
    m.put("like", o -> o.x().like(2));
    m.put("uniform", o -> RandomTensors.uniform(key(o), Shape.of(M, 2), DType.F32));
    m.put("normal", o -> RandomTensors.normal(key(o), Shape.of(K / 2), DType.F64));
    m.put("truncatedNormal", o -> RandomTensors.truncatedNormal(key(o), Shape.of(K), DType.F32));
    m.put("gamma", o -> RandomTensors.gamma(key(o), o.v()));
    m.put("bernoulli", o -> RandomTensors.bernoulli(key(o), o.x()));
    m.put("categorical", o -> RandomTensors.categorical(key(o), o.x(), 1));
    m.put("permutation", o -> RandomTensors.permutation(key(o), o.x(), 1));
    m.put("integers", o -> RandomTensors.integers(key(o), Shape.of(K), 0, M));
    m.put("softmaxCrossEntropy", o -> Losses.softmaxCrossEntropy(o.x(), o.i()));
    m.put("softmaxCrossEntropyTo", o -> Losses.softmaxCrossEntropyTo(o.x(), o.x()));
    m.put("binaryCrossEntropy", o -> Losses.binaryCrossEntropy(o.x(), o.x()));
    m.put("huber", o -> Losses.huber(o.x(), o.x(), 1));
    m.put("cosineSimilarity", o -> Losses.cosineSimilarity(o.x(), o.x()));
    m.put("vanRossum", o -> Losses.vanRossum(o.f32(3, M), o.f32(3, M), 5, 1));
    m.put("maskedMean", o -> Losses.maskedMean(o.x(), o.in(DType.BOOL, M, K)));
    m.put("accuracy", o -> Metrics.accuracy(o.x(), o.i()));
    m.put("hits", o -> Metrics.hits(o.x(), o.i()));
    m.put("poisson", o -> Encoders.poisson(key(o), o.v(), K));
    m.put("latency", o -> Encoders.latency(o.v(), 50));
    m.put("rate", o -> Encoders.rate(o.v(), 50));
    m.put("solve", o -> Linalg.solve(o.f32(M, 2, 2), o.f32(M, 2, 1)));
    m.put("det", o -> Linalg.det(o.f32(M, 3, 3)));
    m.put("inverse", o -> Linalg.inverse(o.f32(M, 3, 3)));
    m.put("signAndLogDet", o -> Linalg.signAndLogDet(o.f32(M, 3, 3)));
    m.put("cholesky", o -> Linalg.cholesky(o.f32(M, 3, 3)));
    m.put("qr", o -> Linalg.qr(o.f32(M, 3, 2)).q());
    return m;
  }

  private static RandomKey key(Operands o) {
    return new RandomKey(o.in(DType.I32, 2));
  }

  /** What needs a length beyond int, or elements beyond long, with the op that says so. */
  private static Map<String, Call> refused() {
    Map<String, Call> m = new LinkedHashMap<>();
    m.put("reshape", o -> o.v().reshape(M, M, M));
    m.put("broadcastTo", o -> o.x().broadcastTo(5, M, K));
    m.put("add", o -> o.f32(M, 1, 1).add(o.f32(1, M, 5)));
    m.put("dot", o -> o.x().outer(o.f32(5)));
    m.put("dot of matmul", o -> o.x().matmul(o.x().transpose().slice(1, 0, K)).outer(o.f32(9)));
    m.put("matmul", o -> o.f32(M, 1, 3, 3).matmul(o.f32(K, 3, 5)));
    m.put("einsum", o -> Tensor.einsum("ij,k->ijk", o.x(), o.v()));
    m.put("conv", o -> o.f32(3, 3, K).conv(o.f32(2, K, M), ConvWindows.padded(M)));
    m.put("windows", o -> o.f32(M, 2).windows(0, K, 1, 1).windows(0, K, 1, 1));
    m.put("maxPool", o -> o.f32(M, M, 1).maxPool(new int[] {7, 7}, ConvWindows.same()));
    m.put(
        "convTranspose",
        o -> o.f32(K, 5).convTranspose(o.f32(2, 5, 1), ConvWindows.valid().stride(9)));
    m.put("tile", o -> o.v().tile(2));
    m.put("tile of many", o -> o.f32(3, 3, 3).tile(K / 2, K / 2, K / 2));
    m.put("repeat", o -> o.v().repeat(0, 2));
    m.put("repeat of many", o -> o.f32(1, M, K).repeat(0, 9));
    m.put("diag", o -> o.v().diag(5));
    m.put("diag of many", o -> o.f32(9, M).diag(0));
    m.put("pad", o -> o.v().pad(List.of(1), List.of(0), 0));
    m.put("padEdge", o -> o.v().padEdge(List.of(1), List.of(0)));
    m.put("padReflect", o -> o.v().padReflect(List.of(K), List.of(K)));
    m.put("take", o -> o.x().take(o.in(DType.I32, M, 9), 0));
    m.put("takeAlongAxis", o -> o.f32(M, 1).takeAlongAxis(o.in(DType.I32, 1, M), 1).outer(o.v()));
    m.put("oneHot", o -> o.in(DType.I32, M, K).oneHot(9, DType.F32));
    m.put("oneHot of -1", o -> o.i().oneHot(-1, DType.F32));
    m.put("concat", o -> Tensor.concat(0, o.v(), o.f32(1)));
    m.put("stack", o -> Tensor.stack(0, Collections.nCopies(9, o.x())));
    m.put("expandDims", o -> o.x().expandDims(0).broadcastTo(8, M, K));
    m.put("categorical", o -> RandomTensors.categorical(key(o), o.f32(M, 5), 0).outer(o.x()));
    m.put("poisson", o -> Encoders.poisson(key(o), o.x(), 9));
    m.put("latency", o -> Encoders.latency(o.x(), 9));
    return m;
  }

  @TestFactory
  Stream<DynamicTest> isASoundGraph() {
    return sound().entrySet().stream()
        .map(
            e ->
                DynamicTest.dynamicTest(
                    e.getKey(), () -> assertEquals("", outcome(e.getKey(), e.getValue()))));
  }

  @TestFactory
  Stream<DynamicTest> isRefused() {
    return refused().entrySet().stream()
        .map(
            e ->
                DynamicTest.dynamicTest(
                    e.getKey(),
                    () -> {
                      String says = outcome(e.getKey(), e.getValue());
                      assertTrue(says.matches("[a-zA-Z\"]+[^:]*: (?s).*"), says);
                      assertTrue(!says.startsWith("shape "), says);
                    }));
  }

  /** Every method of a tensor that takes none or one: on what is large, and what gets too large. */
  @TestFactory
  Stream<DynamicTest> methods() {
    return Stream.of(Tensor.class.getMethods())
        .filter(m -> m.getReturnType() == Tensor.class && !m.getName().equals("untraced"))
        .filter(
            m ->
                List.of(m.getParameterTypes()).equals(List.of(Tensor.class))
                    || m.getParameterCount() == 0)
        .sorted(Comparator.comparing(Method::getName))
        .map(
            m ->
                DynamicTest.dynamicTest(
                    m.getName() + m.getParameterCount(),
                    () -> {
                      for (DType d : List.of(DType.F32, DType.I32, DType.BOOL)) {
                        method(m, d);
                      }
                    }));
  }

  private static void method(Method m, DType d) {
    if (m.getParameterCount() == 0) {
      outcome(m.getName(), o -> call(m, o.in(d, M, K)));
      return;
    }
    outcome(m.getName(), o -> call(m, o.in(d, M, K), o.in(d, M, K)));
    String says = outcome(m.getName(), o -> call(m, o.in(d, M, 1, 1), o.in(d, 1, M, 9)));
    assertTrue(!says.isEmpty() || m.getName().equals("take"), () -> m + " is not refused");
    assertTrue(!says.startsWith("shape "), says);
  }

  private static Object call(Method m, Tensor x, Object... args) {
    try {
      return m.invoke(x, args);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof TypeException t) {
        throw t;
      }
      throw new AssertionError(m.toString(), e.getCause());
    } catch (IllegalAccessException e) {
      throw new AssertionError(e);
    }
  }

  /** Empty for a sound graph, else what the error says. */
  private static String outcome(String name, Call call) {
    Trace trace = new Trace("huge");
    Operands o = Operands.of(trace);
    List<Value> outs;
    try {
      outs = trace.run(() -> tensors(call.of(o)).stream().map(trace::lift).toList());
    } catch (TypeException e) {
      String says = e.getMessage();
      assertTrue(says.contains("HugeTensorsTest.java:"), says);
      assertEquals(says.indexOf(".java:"), says.lastIndexOf(".java:"), says);
      assertTrue(says.contains("expected"), says);
      return says;
    } catch (RuntimeException | OutOfMemoryError e) {
      throw new AssertionError(name, e);
    }
    Verifier.verify(trace.build(outs));
    return "";
  }

  private static List<Tensor> tensors(Object result) {
    return switch (result) {
      case Tensor t -> List.of(t);
      case TopK t -> List.of(t.values(), t.indices());
      case List<?> l -> l.stream().map(Tensor.class::cast).toList();
      default -> fail(result.toString());
    };
  }
}
