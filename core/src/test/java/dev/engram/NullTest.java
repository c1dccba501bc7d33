package dev.engram;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.engram.ir.DType;
import dev.engram.ir.EngramException;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.nn.Linear;
import dev.engram.online.DRtrl;
import dev.engram.online.Learner;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.function.Executable;

/** Wherever a user can pass null, an error says what is null, and names the user's line. */
class NullTest {
  private static final Tensor X = HostTensor.of(new float[] {1, 2}, 2);
  private static final Fn1<Tensor, Tensor> F1 = x -> x.mul(2).sum();
  private static final Fn2<Tensor, Tensor, Tensor> F2 = (x, y) -> x.mul(y).sum();
  private static final Fn3<Tensor, Tensor, Tensor, Tensor> F3 = (x, y, z) -> x.mul(y).mul(z).sum();
  private static final Tensor NONE = nothing();

  @SuppressWarnings({"NullAway", "TypeParameterUnusedInFormals", "unchecked"})
  private static <T> T nothing() {
    return (T) null;
  }

  private static Map<String, Executable> arguments() {
    Map<String, Executable> m = new LinkedHashMap<>();
    m.put("jit", () -> Engram.jit(F1).apply(NONE));
    m.put("jit second", () -> Engram.jit(F2).apply(X, NONE));
    m.put("jit third", () -> Engram.jit(F3).apply(X, X, NONE));
    m.put("jit list", () -> Engram.jit((List<Tensor> l) -> l.get(0)).apply(Arrays.asList(NONE)));
    m.put("jit no list", () -> Engram.jit((List<Tensor> l) -> l.get(0)).apply(nothing()));
    m.put("trace", () -> Engram.jit(F2).trace(X, null));
    m.put("grad", () -> Engram.grad(F1).apply(NONE));
    m.put("grad second", () -> Engram.grad(F2).apply(X, NONE));
    m.put("valueAndGrad", () -> Engram.valueAndGrad(F3).apply(X, X, NONE));
    m.put("jvp", () -> Engram.jvp(F1, NONE, X));
    m.put("jvp tangent", () -> Engram.jvp(F1, X, NONE));
    m.put("vjp", () -> Engram.vjp(F1, NONE));
    m.put("linearize", () -> Engram.linearize(F1, NONE));
    m.put("jacfwd", () -> Engram.jacfwd(F1).apply(NONE));
    m.put("jacrev", () -> Engram.jacrev(F1).apply(NONE));
    m.put("hessian", () -> Engram.hessian(F1).apply(NONE));
    m.put("remat", () -> Engram.remat(F1).apply(NONE));
    m.put("checkNumerics", () -> Engram.checkNumerics(F1).apply(NONE));
    m.put("vmap", () -> Engram.vmap(F1).apply(NONE));
    m.put("vmap second", () -> Engram.vmap(F2).apply(X, NONE));
    m.put("customJvp", () -> Engram.customJvp(F1, (x, t) -> new Pair<>(x, t)).apply(NONE));
    m.put("scan init", () -> Engram.scan((Tensor c, Tensor x) -> new StepResult<>(c, x), NONE, X));
    m.put("scan xs", () -> Engram.scan((Tensor c, Tensor x) -> new StepResult<>(c, x), X, NONE));
    m.put("forLoop", () -> Engram.forLoop(F1, NONE));
    m.put("forLoop init", () -> Engram.forLoop(0, 2, (i, c) -> c, NONE));
    m.put("cond", () -> Engram.cond(NONE, () -> X, () -> X));
    m.put("cond operand", () -> Engram.cond(X.sum().gt(0), F1, F1, NONE));
    m.put("switchCase", () -> Engram.switchCase(NONE, List.<Fn0<Tensor>>of(() -> X, () -> X)));
    m.put("whileLoop", () -> Engram.whileLoop((Tensor c) -> c.lt(3), c -> c.add(1), NONE));
    m.put("stopGradient", () -> Engram.stopGradient(NONE));
    m.put("result", () -> Engram.jit((Tensor x) -> NONE).apply(X));
    m.put("gradient of nothing", () -> Engram.grad((Tensor x) -> NONE).apply(X));
    m.put("parameter", () -> State.parameter(NONE));
    m.put("set", () -> State.parameter(X).set(NONE));
    m.put("replace", () -> State.parameter(X).replace(NONE));
    m.put("init", () -> State.hidden(() -> NONE).init());
    return m;
  }

  private static Map<String, Executable> functions() {
    Map<String, Executable> m = new LinkedHashMap<>();
    m.put("jit", () -> Engram.jit(NullTest.<Fn1<Tensor, Tensor>>nothing()));
    m.put("jit of none", () -> Engram.jit(NullTest.<Fn0<Tensor>>nothing()));
    m.put("grad", () -> Engram.grad(NullTest.<Fn1<Tensor, Tensor>>nothing()));
    m.put(
        "valueAndGrad", () -> Engram.valueAndGrad(NullTest.<Fn2<Tensor, Tensor, Tensor>>nothing()));
    m.put("weights", () -> Engram.grad(() -> X.sum(), NullTest.<States>nothing()));
    m.put("jvp", () -> Engram.jvp(NullTest.<Fn1<Tensor, Tensor>>nothing(), X, X));
    m.put("vjp", () -> Engram.vjp(NullTest.<Fn1<Tensor, Tensor>>nothing(), X));
    m.put("customVjp", () -> Engram.customVjp(F1, nothing(), (Tensor s, Tensor c) -> s));
    m.put("jacfwd", () -> Engram.jacfwd(nothing()));
    m.put("jacrev", () -> Engram.jacrev(nothing()));
    m.put("remat", () -> Engram.remat(NullTest.<Fn1<Tensor, Tensor>>nothing()));
    m.put("checkNumerics", () -> Engram.checkNumerics(NullTest.<Fn1<Tensor, Tensor>>nothing()));
    m.put("vmap", () -> Engram.vmap(NullTest.<Fn1<Tensor, Tensor>>nothing()));
    m.put(
        "scan",
        () ->
            Engram.scan(NullTest.<Fn2<Tensor, Tensor, StepResult<Tensor, Tensor>>>nothing(), X, X));
    m.put("cond", () -> Engram.cond(X.sum().gt(0), nothing(), () -> X));
    m.put("whileLoop", () -> Engram.whileLoop((Tensor c) -> c.lt(3), nothing(), X.sum()));
    m.put("learner model", () -> new DRtrl<>(nothing()));
    m.put("learner rule", () -> new Learner<>(new Linear(2, 2, RandomKey.of(0)), nothing()));
    return m;
  }

  private static Map<String, Executable> tensors() {
    Map<String, Executable> m = new LinkedHashMap<>();
    m.put("add", () -> X.add(NONE));
    m.put("matmul", () -> X.matmul(NONE));
    m.put("select", () -> X.gt(0).select(X, NONE));
    m.put("concat", () -> Tensor.concat(0, X, NONE));
    m.put("stack", () -> Tensor.stack(0, Arrays.asList(X, NONE)));
    m.put("einsum", () -> Tensor.einsum("i,i->", X, NONE));
    m.put("cast", () -> X.cast(nothing()));
    m.put("reshape", () -> X.reshape(NullTest.<Shape>nothing()));
    m.put("allocate", () -> HostTensor.allocate(nothing()));
    m.put("of", () -> HostTensor.of(NullTest.<float[]>nothing(), 2));
    m.put("type", () -> TensorType.of(NullTest.<DType>nothing(), 2));
    return m;
  }

  @TestFactory
  Stream<DynamicTest> nullIsNamed() {
    return Stream.of(arguments(), functions(), tensors())
        .flatMap(m -> m.entrySet().stream())
        .map(e -> dynamicTest(e.getKey(), () -> check(e.getValue())));
  }

  private static void check(Executable call) throws Throwable {
    try {
      call.execute();
    } catch (EngramException e) {
      assertTrue(e.getMessage().contains("null"), e::getMessage);
      assertTrue(e.getMessage().contains("NullTest.java:"), e::getMessage);
      return;
    }
    throw new AssertionError("nothing was thrown");
  }
}
