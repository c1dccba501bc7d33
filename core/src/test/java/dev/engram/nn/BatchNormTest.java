package dev.engram.nn;

import static dev.engram.nn.Plain.noise;
import static dev.engram.nn.Plain.values;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Engram;
import dev.engram.State;
import dev.engram.States;
import dev.engram.Vmap;
import dev.engram.ir.DType;
import dev.engram.ir.EngramException;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TypeException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Batch normalization against loops over plain numbers. */
class BatchNormTest {
  private static final int SIZE = 3;
  private static final double EPSILON = 1e-3;
  private static final double MOMENTUM = 0.8;
  private static final HostTensor X = noise(5, 4, 2, SIZE).mul(2).add(1).host();

  private static BatchNorm layer(Mode mode, DType dtype, boolean affine, String axis) {
    BatchNorm layer = new BatchNorm(SIZE, mode, dtype, EPSILON, MOMENTUM, affine, axis);
    Plain.disturb(layer, 0.3);
    return layer;
  }

  /** The statistics and results of a plain batch normalization. */
  private static final class Reference {
    final double[] mean = new double[SIZE];
    final double[] variance = new double[SIZE];
    final double[] runningMean = new double[SIZE];
    final double[] runningVariance = {1, 1, 1};

    void see(double[] x) {
      int n = x.length / SIZE;
      Arrays.fill(mean, 0);
      Arrays.fill(variance, 0);
      for (int i = 0; i < x.length; i++) {
        mean[i % SIZE] += x[i] / n;
      }
      for (int i = 0; i < x.length; i++) {
        variance[i % SIZE] += Math.pow(x[i] - mean[i % SIZE], 2) / n;
      }
      for (int j = 0; j < SIZE; j++) {
        runningMean[j] = MOMENTUM * runningMean[j] + (1 - MOMENTUM) * mean[j];
        double unbiased = n == 1 ? variance[j] : variance[j] * n / (n - 1);
        runningVariance[j] = MOMENTUM * runningVariance[j] + (1 - MOMENTUM) * unbiased;
      }
    }

    double[] trained(BatchNorm layer, double[] x) {
      return normal(layer, x, mean, variance);
    }

    double[] evaluated(BatchNorm layer, double[] x) {
      return normal(layer, x, runningMean, runningVariance);
    }

    private static double[] normal(BatchNorm layer, double[] x, double[] mean, double[] variance) {
      boolean affine = layer.states().paths().contains("scale");
      double[] y = new double[x.length];
      for (int i = 0; i < x.length; i++) {
        int j = i % SIZE;
        y[i] = (x[i] - mean[j]) / Math.sqrt(variance[j] + EPSILON);
        y[i] = affine ? y[i] * values(layer, "scale")[j] + values(layer, "bias")[j] : y[i];
      }
      return y;
    }

    void checkRunning(BatchNorm layer, double tolerance) {
      assertArrayEquals(runningMean, values(layer, "runningMean"), tolerance);
      assertArrayEquals(runningVariance, values(layer, "runningVariance"), tolerance);
    }
  }

  @Test
  void trainingUsesTheBatchAndEvaluationWhatRan() {
    for (boolean affine : new boolean[] {true, false}) {
      Mode mode = new Mode();
      BatchNorm layer = layer(mode, DType.F64, affine, "");
      assertEquals(affine, layer.states().paths().contains("bias"));
      Reference plain = new Reference();
      for (HostTensor x : new HostTensor[] {X, noise(6, 2, SIZE), noise(7, 1, SIZE)}) {
        double[] y = layer.update(x).host().toDoubles();
        plain.see(x.toDoubles());
        assertArrayEquals(plain.trained(layer, x.toDoubles()), y, 1e-12);
        plain.checkRunning(layer, 1e-12);
      }
      mode.eval();
      double[] y = layer.update(X).host().toDoubles();
      assertArrayEquals(plain.evaluated(layer, X.toDoubles()), y, 1e-12);
      plain.checkRunning(layer, 1e-12);
      // one compiled function follows the mode
      var compiled = Engram.jit((Tensor x) -> layer.update(x));
      assertArrayEquals(y, compiled.apply(X).host().toDoubles(), 1e-12);
      mode.train();
      plain.see(X.toDoubles());
      assertArrayEquals(
          plain.trained(layer, X.toDoubles()), compiled.apply(X).host().toDoubles(), 1e-12);
      plain.checkRunning(layer, 1e-12);
    }
  }

  @Test
  void namedAxesAreOfTheBatch() {
    Mode mode = new Mode();
    BatchNorm inner = layer(mode, DType.F64, true, "batch");
    Vmap<Tensor, Tensor> mapped = new Vmap<>(inner, "batch");
    Reference plain = new Reference();
    plain.see(X.toDoubles());
    assertArrayEquals(
        plain.trained(inner, X.toDoubles()), mapped.update(X).host().toDoubles(), 1e-12);
    plain.checkRunning(inner, 1e-12);
    // examples without positions
    HostTensor flat = noise(8, 5, SIZE);
    plain.see(flat.toDoubles());
    Tensor y = Engram.jit((Tensor x) -> mapped.update(x)).apply(flat);
    assertArrayEquals(plain.trained(inner, flat.toDoubles()), y.host().toDoubles(), 1e-12);
    plain.checkRunning(inner, 1e-12);
    mode.eval();
    assertArrayEquals(
        plain.evaluated(inner, flat.toDoubles()), mapped.update(flat).host().toDoubles(), 1e-12);
  }

  @Test
  void derivativesPassThroughTheStatisticsOfTheBatch() {
    HostTensor weights = noise(9, 4, 2, SIZE);
    for (String axis : new String[] {"", "batch"}) {
      Mode mode = new Mode();
      BatchNorm layer = layer(mode, DType.F64, true, axis);
      State x = State.parameter(X);
      Vmap<Tensor, Tensor> mapped = new Vmap<>(layer, "batch");
      Supplier<Tensor> y =
          () -> axis.isEmpty() ? layer.update(x.value()) : mapped.update(x.value());
      for (boolean training : new boolean[] {true, false}) {
        if (!training) {
          mode.eval();
        }
        Map<String, State> all =
            new TreeMap<>(layer.states().subset(State.Kind.PARAMETER).byPath());
        all.put("x", x);
        Plain.checkGradient(() -> y.get().mul(weights).sum(), new States(all), 1e-6);
      }
    }
  }

  @Test
  void runningStatisticsAreSavedAndLoaded(@TempDir Path folder) throws IOException {
    Mode mode = new Mode();
    BatchNorm trained = layer(mode, DType.F64, true, "");
    trained.update(X);
    trained.update(noise(6, 7, SIZE));
    mode.eval();
    Path file = folder.resolve("norm.safetensors");
    trained.states().save(file);
    BatchNorm other = new BatchNorm(SIZE, new Mode(), DType.F64, EPSILON, MOMENTUM, true, "");
    other.states().load(file);
    double[] want = trained.update(X).host().toDoubles();
    assertArrayEquals(want, other.update(X).host().toDoubles());
    assertArrayEquals(values(trained, "runningMean"), values(other, "runningMean"));
    assertNotEquals(0, values(other, "runningMean")[0]);
  }

  @Test
  void shortFloatsRoundOnceAndKeepTheirStatisticsInSingle() {
    Mode mode = new Mode();
    HostTensor x = X.mul(100).add(20).cast(DType.BF16).host();
    BatchNorm layer = new BatchNorm(SIZE, mode, DType.BF16, EPSILON, MOMENTUM, true, "");
    Reference plain = new Reference();
    double[] y = layer.update(x).host().toDoubles();
    plain.see(x.toDoubles());
    assertArrayEquals(plain.trained(layer, x.toDoubles()), y, 0x1p-7);
    assertEquals(DType.F32, layer.states().get("runningMean").type().dtype());
    double[] mean = values(layer, "runningMean");
    for (int j = 0; j < SIZE; j++) {
      assertEquals(plain.runningMean[j], mean[j], 1e-5 * Math.abs(plain.runningMean[j]));
    }
    // squares of f16 would overflow
    HostTensor large = HostTensor.of(new double[] {-3e4, 3e4, 6e4}, 1, 3).cast(DType.F16).host();
    BatchNorm half = new BatchNorm(SIZE, new Mode(), DType.F16, EPSILON, MOMENTUM, true, "");
    Tensor two = Tensor.concat(0, large, large.neg());
    assertArrayEquals(
        new double[] {-1, 1, 1, 1, -1, -1}, half.update(two).host().toDoubles(), 1e-3);
  }

  @Test
  void aMissingBatchIsAnError() {
    BatchNorm layer = new BatchNorm(SIZE, new Mode());
    Tensor one = HostTensor.of(new float[] {1, 2, 3}, 3);
    String e = assertThrows(TypeException.class, () -> layer.update(one)).getMessage();
    assertTrue(e.contains("one example") && e.contains("BatchNormTest.java"), e);
    Tensor some = X.cast(DType.F32);
    // each example would run statistics of its own
    e = assertThrows(TypeException.class, () -> new Vmap<>(layer).update(some)).getMessage();
    assertTrue(e.contains("runningMean") && e.contains("one value for all examples"), e);
    BatchNorm named = new BatchNorm(SIZE, new Mode(), "batch");
    e = assertThrows(EngramException.class, () -> named.update(some)).getMessage();
    assertTrue(e.contains("axis named batch"), e);
    e = assertThrows(TypeException.class, () -> layer.update(X)).getMessage();
    assertTrue(e.contains("f64") && e.contains("f32"), e);
    e = assertThrows(TypeException.class, () -> layer.update(some.slice(2, 0, 2))).getMessage();
    assertTrue(e.contains("expected [batch..., 3]"), e);
    assertThrows(
        TypeException.class, () -> new BatchNorm(SIZE, new Mode(), DType.F32, 1e-5, 1, true, ""));
    assertFalse(layer.states().paths().isEmpty());
  }
}
