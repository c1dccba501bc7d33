package dev.engram.tests.jax;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Compiler;
import dev.engram.Engram;
import dev.engram.GradWithAux;
import dev.engram.Grads;
import dev.engram.Layer;
import dev.engram.RandomKey;
import dev.engram.State;
import dev.engram.States;
import dev.engram.WithAux;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TypeException;
import dev.engram.nn.Initializer;
import dev.engram.spiking.Delay;
import dev.engram.spiking.DelayKernel;
import dev.engram.spiking.DelayedLinear;
import dev.engram.spiking.LearnedDelay;
import dev.engram.testkit.Close;
import dev.engram.tests.Everywhere;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Learned delays along a sequence, and their gradients, against JAX, on every backend. */
class JaxDelaysTest {
  private static final RandomKey KEY = RandomKey.of(0);
  private static final int LONGEST = 4;
  private static final Vectors FILE = Vectors.of("/jax/delays.safetensors");

  static List<Compiler> compilers() {
    return Everywhere.names().stream().map(Compiler::new).toList();
  }

  private static HostTensor get(String name) {
    return FILE.get(name);
  }

  private static LearnedDelay learned(DType dtype, DelayKernel kernel, Delay.Traces traces) {
    LearnedDelay layer =
        new LearnedDelay(3, LONGEST, KEY, dtype, Initializer.zeros(), kernel, traces);
    layer.delay().set(get("delay").cast(dtype));
    return layer;
  }

  private static DelayedLinear synapses(DType dtype, DelayKernel kernel, Delay.Traces traces) {
    DelayedLinear layer =
        new DelayedLinear(
            3,
            2,
            LONGEST,
            KEY,
            dtype,
            Initializer.zeros(),
            Initializer.zeros(),
            Optional.empty(),
            kernel,
            traces);
    layer.weight().set(get("weight").cast(dtype));
    layer.delay().set(get("synapses").cast(dtype));
    return layer;
  }

  /** Gradients of the inputs and of the named weights, and the outputs. */
  private static GradWithAux<Grads, Tensor> run(
      Compiler compiler, Layer layer, Tensor ct, String... names) {
    DType dtype = layer.states().get(names[0]).type().dtype();
    Map<String, State> all = new LinkedHashMap<>();
    State x = State.parameter(get("x").cast(dtype));
    all.put("0", x);
    for (String name : names) {
      all.put(Integer.toString(all.size()), layer.states().get(name));
    }
    layer.initAllStates();
    return Engram.jit(
            compiler,
            Engram.<Tensor>gradWithAux(
                () -> {
                  Tensor y = Engram.forLoop(layer::update, x.value());
                  return new WithAux<>(y.mul(ct.cast(dtype)).sum(), y);
                },
                new States(all)))
        .apply();
  }

  private static void check(
      Compiler compiler, String name, Layer layer, String ct, String... names) {
    GradWithAux<Grads, Tensor> run = run(compiler, layer, get(ct), names);
    Close.check(name, run.aux().host(), get(name + ".y"));
    for (int i = 0; i <= names.length; i++) {
      String grad = name + ".grad" + i;
      Close.check(grad, run.grad().get(Integer.toString(i)).host(), get(grad));
    }
  }

  @ParameterizedTest
  @MethodSource("compilers")
  void delays(Compiler compiler) {
    for (Delay.Traces t : Delay.Traces.values()) {
      DType f64 = DType.F64;
      check(compiler, "linear", learned(f64, DelayKernel.linear(), t), "seen", "delay");
      check(compiler, "gaussian", learned(f64, DelayKernel.gaussian(0.7), t), "seen", "delay");
      Layer hat = synapses(f64, DelayKernel.linear(), t);
      check(compiler, "synapses", hat, "ct", "weight", "delay");
      Layer wide = synapses(f64, DelayKernel.gaussian(1.5), t);
      check(compiler, "wide", wide, "ct", "weight", "delay");
    }
  }

  /** With 16 bits the interpolation is rounded once, so it is as near as its operands allow. */
  @ParameterizedTest
  @EnumSource(names = {"F32", "F16", "BF16"})
  void narrowDelays(DType dtype) {
    // The spacing of numbers near 4, that of the largest delays.
    double near = dtype == DType.F32 ? 1e-5 : dtype == DType.F16 ? 1.0 / 128 : 1.0 / 16;
    Compiler compiler = compilers().getFirst();
    for (Delay.Traces t : Delay.Traces.values()) {
      Layer layer = learned(dtype, DelayKernel.linear(), t);
      var got = run(compiler, layer, get("seen"), "delay");
      assertEquals(dtype, got.aux().dtype());
      Close.check("y", got.aux().cast(DType.F64).host(), get("linear.y"), near);
      Tensor slope = got.grad().get("1");
      assertEquals(dtype, slope.dtype());
      Close.check("slope", slope.cast(DType.F64).host(), get("linear.grad1"), near);
      Layer linear = synapses(dtype, DelayKernel.gaussian(1.5), t);
      var of = run(compiler, linear, get("ct"), "weight", "delay");
      Close.check("wide", of.aux().cast(DType.F64).host(), get("wide.y"), near);
    }
  }

  @Test
  void wholeDelaysAreSteps() {
    for (DelayKernel kernel : List.of(DelayKernel.linear(), DelayKernel.gaussian(0.05))) {
      LearnedDelay layer = learned(DType.F64, kernel, Delay.Traces.FOLLOWED);
      layer.delay().set(HostTensor.of(new double[] {-3, 1.2, 7}, 3));
      assertArrayEquals(new int[] {0, 1, 4}, layer.steps());
      layer.round();
      Delay fixed = new Delay(layer.steps(), DType.F64);
      layer.initAllStates();
      fixed.initAllStates();
      for (int t = 0; t < 9; t++) {
        Tensor x = get("x").get(t);
        Close.check("step " + t, layer.update(x).host(), fixed.update(x).host());
      }
    }
    DelayedLinear synapses = synapses(DType.F64, DelayKernel.linear(), Delay.Traces.FOLLOWED);
    synapses.round();
    double[] rounded = synapses.delay().value().host().toDoubles();
    double[] before = get("synapses").toDoubles();
    for (int i = 0; i < before.length; i++) {
      assertEquals(Math.rint(before[i]), rounded[i]);
    }
  }

  /**
   * At a whole delay the slope is that of the inside; outside there is none until it is clamped.
   */
  @Test
  void slopesAtWholeDelaysAndOutside() {
    Tensor x = get("x");
    Compiler compiler = compilers().getFirst();
    for (double d : new double[] {-0.5, 0, 2, 4, 4.5}) {
      LearnedDelay layer = learned(DType.F64, DelayKernel.linear(), Delay.Traces.FOLLOWED);
      layer.delay().set(layer.delay().value().mul(0).add(d));
      double slope = slope(compiler, layer);
      assertEquals(d < 0 || d > 4, slope == 0, "" + d);
      layer.clamp();
      double clamped = slope(compiler, layer);
      int from = d < 1 ? 0 : d < 3 ? 2 : 3;
      double want = 0;
      for (int t = 0; t < 9; t++) {
        double far = t > from ? x.get(t - from - 1).get(0).host().item() : 0;
        double near = t >= from ? x.get(t - from).get(0).host().item() : 0;
        want += (far - near) * get("seen").get(t).get(0).host().item();
      }
      assertEquals(want, clamped, 1e-10, "" + d);
    }
  }

  private static double slope(Compiler compiler, LearnedDelay layer) {
    return run(compiler, layer, get("seen"), "delay").grad().get("1").get(0).host().item();
  }

  @Test
  void refused() {
    String none =
        assertThrows(TypeException.class, () -> new LearnedDelay(3, 0, KEY, DType.F32))
            .getMessage();
    assertTrue(none.startsWith("LearnedDelay: longest=0, expected at least 1"), none);
    String many =
        assertThrows(TypeException.class, () -> new Delay(1, 5000, DType.F32)).getMessage();
    assertTrue(many.contains("at most 4096") && many.contains("Delay.Traces.NONE"), many);
    assertEquals(1, new Delay(1, 5000, DType.F32, Delay.Traces.NONE).states().values().size());
    Delay delay = new Delay(3, 2, DType.F32);
    delay.initAllStates();
    String wide =
        assertThrows(TypeException.class, () -> delay.update(HostTensor.of(new float[8], 2, 4)))
            .getMessage();
    assertTrue(wide.startsWith("Delay: the input has type f32[2,4], expected f32[3]"), wide);
    assertTrue(wide.contains("Vmap"), wide);
  }

  /** However narrow it is, the Gaussian takes the nearest step, or both of two. */
  @Test
  void theNarrowestGaussianTakesTheNearestStep() {
    for (DType t : List.of(DType.F32, DType.F64, DType.F16, DType.BF16)) {
      for (double sigma : new double[] {0.01, 1e-19, 1e-46, 1e-200}) {
        LearnedDelay layer =
            new LearnedDelay(
                2,
                3,
                KEY,
                t,
                Initializer.constant(1.25),
                DelayKernel.gaussian(sigma),
                Delay.Traces.FOLLOWED);
        layer.initAllStates();
        List<Double> first = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
          Tensor x = HostTensor.of(new double[] {i == 0 ? 1 : 0, 0}, 2).cast(t);
          first.add(layer.update(x).host().getDouble(0));
        }
        assertEquals(List.of(0.0, 1.0, 0.0), first, t + ", " + sigma);
      }
    }
  }

  @Test
  void delaysStayWithinTheLongest() {
    for (DType t : List.of(DType.F16, DType.BF16, DType.F32)) {
      for (int longest : new int[] {259, 2049, 2051}) {
        LearnedDelay layer =
            new LearnedDelay(
                1,
                longest,
                KEY,
                t,
                Initializer.constant(4000),
                DelayKernel.linear(),
                Delay.Traces.NONE);
        layer.clamp();
        int steps = layer.steps()[0];
        assertTrue(steps <= longest && steps > longest - 8, t + ": " + steps + " of " + longest);
      }
    }
    LearnedDelay lost = new LearnedDelay(1, 3, KEY, DType.F32);
    lost.delay().set(HostTensor.of(new float[] {Float.NaN}, 1));
    assertTrue(
        assertThrows(TypeException.class, lost::steps)
            .getMessage()
            .startsWith("LearnedDelay.steps: the delay of element 0 is NaN"));
  }
}
