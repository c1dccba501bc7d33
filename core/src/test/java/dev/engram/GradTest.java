package dev.engram;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.DType;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TypeException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class GradTest {
  private static Tensor f64(double... values) {
    return HostTensor.of(values, values.length);
  }

  private static Tensor scalar(double v) {
    return HostTensor.of(new double[] {v});
  }

  private static double item(Tensor t) {
    return t.host().item();
  }

  private static double[] values(Tensor t) {
    return t.host().toDoubles();
  }

  record Params(Tensor w, List<Tensor> bs) {}

  @Test
  void inAStructure() {
    // d/dw Σ (w x)² = 2 x² w, d/db = 3
    Fn2<Params, Tensor, Params> g =
        Engram.grad(
            (Params p, Tensor x) -> p.w.mul(x).square().sum().add(p.bs.getFirst().mul(3).sum()));
    Params r = g.apply(new Params(f64(1, 2), List.of(scalar(5))), f64(3, 4));
    assertArrayEquals(new double[] {18, 64}, values(r.w));
    assertEquals(3, item(r.bs.getFirst()));
    Params jitted = Engram.jit(g).apply(new Params(f64(1, 2), List.of(scalar(5))), f64(3, 4));
    assertArrayEquals(values(r.w), values(jitted.w));
  }

  @Test
  void ofAFunctionThatUsesAnotherBatchEachTimeIsCompiledOnce() {
    int[] compiled = {0};
    Compiler.Watcher counter =
        new Compiler.Watcher() {
          @Override
          public void compiling(Graph traced) {
            compiled[0]++;
          }
        };
    Compiler.watch(
        counter,
        () -> {
          for (int i = 1; i <= 5; i++) {
            Tensor batch = f64(i, 2 * i, 7.25);
            Tensor g = Engram.grad((Tensor w) -> w.mul(batch).sum()).apply(f64(1, 1, 1));
            assertArrayEquals(new double[] {i, 2 * i, 7.25}, values(g));
          }
        });
    assertEquals(1, compiled[0]);
  }

  @Test
  void atTheEdgesOfTheirDomains() {
    Tensor none = f64(Double.NEGATIVE_INFINITY, 0);
    // Neither of two equal infinities is nearer to the result: the derivative is 0.
    assertArrayEquals(
        new double[] {0, 0.5},
        values(Engram.grad((Tensor x) -> x.logAddExp(none).sum()).apply(none)));
    assertArrayEquals(
        new double[] {0, 1, 0},
        values(Engram.grad((Tensor x) -> x.pow(f64(0, 1, 2)).sum()).apply(f64(0, 0, 0))));
  }

  @Test
  void ofAGradIsTheSecondDerivative() {
    Fn1<Tensor, Tensor> cube = x -> x.mul(x).mul(x);
    assertEquals(18, item(Engram.grad(Engram.grad(cube)).apply(scalar(3))), 1e-12);
    assertEquals(6, item(Engram.grad(Engram.grad(Engram.grad(cube))).apply(scalar(3))), 1e-12);
  }

  @Test
  void outerValuesAreConstantsInsideAndDifferentiatedOutside() {
    // f(x) = x · d/dy (x y²) at y = x: f = 2 x³, f' = 6 x²
    Fn1<Tensor, Tensor> f = x -> x.mul(Engram.grad((Tensor y) -> x.mul(y).mul(y)).apply(x));
    assertEquals(2 * 27, item(f.apply(scalar(3))), 1e-12);
    assertEquals(6 * 9, item(Engram.grad(f).apply(scalar(3))), 1e-12);
  }

  @Test
  void inStatesKeepsTheirWritesAndAux() {
    State w = State.parameter(scalar(2));
    State unused = State.parameter(f64(1, 1));
    State h = State.hidden(() -> scalar(1));
    h.init();
    Map<String, State> all = new LinkedHashMap<>();
    all.put("w", w);
    all.put("unused", unused);
    States weights = new States(all);
    Fn1<Tensor, GradWithAux<Grads, Tensor>> g =
        Engram.gradWithAux(
            (Tensor x) -> {
              h.set(h.value().mul(w.value()).add(x));
              return new WithAux<>(h.value().square(), h.value());
            },
            weights);
    GradWithAux<Grads, Tensor> r = g.apply(scalar(3));
    // h = 1·2 + 3 = 5; d h²/dw = 2·5·1
    assertEquals(25, item(r.value()));
    assertEquals(5, item(r.aux()));
    assertEquals(List.of("w", "unused"), r.grad().paths());
    assertEquals(10, item(r.grad().get("w")));
    assertArrayEquals(new double[] {0, 0}, values(r.grad().get("unused")));
    assertEquals(5, item(h.value()));
    // h = 5·2 + 3 = 13; d h²/dw = 2·13·5
    assertEquals(130, item(Engram.jit(g).apply(scalar(3)).grad().get("w")));
    assertEquals(13, item(h.value()));
  }

  @Test
  void insideAScanAccumulates() {
    State w = State.parameter(scalar(2));
    States weights = new States(Map.of("w", w));
    StepResult<Grads, Tensor> r =
        Engram.jit(
                (Tensor xs) ->
                    Engram.scan(
                        (Grads sum, Tensor x) -> {
                          ValueAndGrad<Grads> g =
                              Engram.valueAndGrad((Tensor y) -> w.value().mul(y).square(), weights)
                                  .apply(x);
                          return new StepResult<>(sum.plus(g.grad()), g.value());
                        },
                        Grads.zeros(weights),
                        xs))
            .apply(f64(1, 2, 3));
    // Σ 2 w x² = 4 (1 + 4 + 9)
    assertEquals(56, item(r.carry().get("w")));
    assertArrayEquals(new double[] {4, 16, 36}, values(r.out()));
  }

  @Test
  void throughCondAndScanOfStates() {
    State w = State.parameter(scalar(3));
    State n = State.hidden(() -> scalar(1));
    States weights = new States(Map.of("w", w));
    Fn1<Tensor, Tensor> run =
        xs -> {
          n.init();
          Engram.forLoop(
              x -> {
                Engram.cond(
                    x.gt(0),
                    () -> {
                      n.set(n.value().mul(w.value()));
                      return x;
                    },
                    () -> x);
                return x;
              },
              xs);
          return n.value();
        };
    // n = w² for two positive inputs, dn/dw = 2w
    assertEquals(6, item(Engram.grad(run, weights).apply(f64(1, -1, 2)).get("w")));
    assertEquals(9, item(n.value()));
  }

  @Test
  void stopGradientStops() {
    assertEquals(
        3, item(Engram.grad((Tensor x) -> x.mul(Engram.stopGradient(x))).apply(scalar(3))));
  }

  @Test
  void refusesWhatHasNoGradient() {
    String vector =
        assertThrows(
                TypeException.class, () -> Engram.grad((Tensor x) -> x.mul(2)).apply(f64(1, 2)))
            .getMessage();
    assertTrue(vector.contains("the loss has type f64[2], expected a float scalar"), vector);
    assertTrue(vector.contains("GradTest.java:"), vector);
    String whole =
        assertThrows(
                TypeException.class,
                () -> Engram.grad((Tensor x) -> x.cast(DType.I32)).apply(scalar(1)))
            .getMessage();
    assertTrue(whole.contains("the loss has type i32[]"), whole);
    String argument =
        assertThrows(
                TypeException.class,
                () ->
                    Engram.grad((Tensor x) -> x.cast(DType.F32).sum())
                        .apply(HostTensor.of(new int[] {1}, 1)))
            .getMessage();
    assertTrue(argument.contains("argument 0 has type i32[1], expected a float type"), argument);
  }
}
