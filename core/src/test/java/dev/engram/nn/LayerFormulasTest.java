package dev.engram.nn;

import static dev.engram.nn.Plain.noise;
import static dev.engram.nn.Plain.values;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Engram;
import dev.engram.Fn1;
import dev.engram.Layer;
import dev.engram.RandomKey;
import dev.engram.State;
import dev.engram.States;
import dev.engram.etrace.Exclusion;
import dev.engram.etrace.Report;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.RunException;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TypeException;
import dev.engram.ir.op.ConvWindows;
import dev.engram.online.DRtrl;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** Layers without memory against double loops, and their gradients against differences. */
class LayerFormulasTest {
  private static final DType F64 = DType.F64;
  private static final HostTensor X = noise(5, 6);

  private static void check(Layer layer, HostTensor x, UnaryOperator<double[]> plain) {
    Plain.disturb(layer, 0.3);
    assertArrayEquals(plain.apply(x.toDoubles()), layer.update(x).host().toDoubles(), 1e-12);
    Tensor weights = noise(9, layer.update(x).shape().toArray());
    States parameters = layer.states().subset(State.Kind.PARAMETER);
    Plain.checkGradient(() -> layer.update(x).mul(weights).sum(), parameters, 1e-6);
  }

  /** A recurrent layer around one without memory: {@code h = 0.5 h + layer(x)}. */
  private static final class Leaky extends Layer {
    private final Layer inner;
    private final State h;

    Leaky(Layer inner, int size) {
      this.inner = inner;
      this.h = State.hidden(() -> HostTensor.of(new double[size], size));
    }

    @Override
    public Tensor update(Tensor x) {
      h.set(h.value().mul(0.5).add(inner.update(x)));
      return h.value();
    }
  }

  /** Weights that learn through traces when the layer feeds a leaky state. */
  private static Set<String> traced(Layer layer, Tensor x) {
    Leaky model = new Leaky(layer, layer.update(x).dim(0));
    model.initAllStates();
    DRtrl<Tensor, Tensor> learner = new DRtrl<>(model, _ -> {});
    learner.compileGraph(x);
    Report report = learner.report();
    Set<String> found = new TreeSet<>();
    report.relations().forEach(r -> found.addAll(r.weights()));
    Set<String> known = new TreeSet<>(found);
    report.excluded().stream().map(Exclusion::weights).forEach(known::addAll);
    assertEquals(new TreeSet<>(model.states().subset(State.Kind.PARAMETER).paths()), known);
    return found;
  }

  private static double at(double[] m, int columns, int i, int j) {
    return m[i * columns + j];
  }

  @Test
  void signedWeightsKeepTheirSigns() {
    double[] signs = {1, -1, 1, 1, -1, -1};
    SignedLinear layer =
        new SignedLinear(
            signs,
            3,
            RandomKey.of(1),
            F64,
            Initializer.normal(1),
            Optional.of(Initializer.zeros()));
    check(
        layer,
        X,
        x -> {
          double[] y = values(layer, "bias").clone();
          for (int i = 0; i < 6; i++) {
            for (int j = 0; j < 3; j++) {
              y[j] += x[i] * signs[i] * Math.abs(at(values(layer, "weight"), 3, i, j));
            }
          }
          return y;
        });
    assertEquals(Set.of("inner.weight", "inner.bias"), traced(layer, X));
    double[] effective = layer.effective().host().toDoubles();
    for (int i = 0; i < 6; i++) {
      for (int j = 0; j < 3; j++) {
        assertTrue(signs[i] * at(effective, 3, i, j) > 0);
      }
    }
    assertArrayEquals(new double[] {1, 1, -1}, SignedLinear.dale(2, 3));
    assertThrows(
        TypeException.class, () -> new SignedLinear(new double[] {0.5}, 3, RandomKey.of(1), F64));
  }

  @Test
  void scaledWeightsHaveTheVarianceOfTheirFanIn() {
    ScaledWsLinear layer =
        new ScaledWsLinear(6, 3, RandomKey.of(1), F64, Initializer.normal(3), 1e-4);
    check(
        layer,
        X,
        x -> {
          double[] w = values(layer, "weight");
          double[] y = values(layer, "bias").clone();
          for (int j = 0; j < 3; j++) {
            double mean = 0;
            double square = 0;
            for (int i = 0; i < 6; i++) {
              mean += at(w, 3, i, j) / 6;
            }
            for (int i = 0; i < 6; i++) {
              square += Math.pow(at(w, 3, i, j) - mean, 2) / 6;
            }
            for (int i = 0; i < 6; i++) {
              double scaled = (at(w, 3, i, j) - mean) / Math.sqrt(6 * square);
              y[j] += x[i] * values(layer, "gain")[j] * scaled;
            }
          }
          return y;
        });
    assertEquals(Set.of("inner.weight", "inner.gain", "inner.bias"), traced(layer, X));
  }

  @Test
  void lowRankFactorsLearnAndTheBaseStays() {
    HostTensor base = noise(3, 6, 4);
    LoraLinear layer = new LoraLinear(base, 2, 3, RandomKey.of(1));
    Tensor untouched = layer.update(X);
    assertArrayEquals(X.matmul(base).host().toDoubles(), untouched.host().toDoubles(), 1e-14);
    check(
        layer,
        X,
        x -> {
          double[] a = values(layer, "A");
          double[] b = values(layer, "B");
          double[] y = new double[4];
          for (int i = 0; i < 6; i++) {
            for (int j = 0; j < 4; j++) {
              double product = at(a, 2, i, 0) * b[j] + at(a, 2, i, 1) * b[4 + j];
              y[j] += x[i] * (base.getDouble(i * 4 + j) + 1.5 * product);
            }
          }
          return y;
        });
    assertArrayEquals(
        X.matmul(layer.merged()).host().toDoubles(), layer.update(X).host().toDoubles(), 1e-12);
    assertEquals(Set.of("inner.A", "inner.B"), traced(layer, X));
  }

  @Test
  void groupsDoNotMix() {
    GroupedLinear layer = new GroupedLinear(2, 6, 4, RandomKey.of(1), F64);
    check(
        layer,
        X,
        x -> {
          double[] w = values(layer, "weight");
          double[] y = values(layer, "bias").clone();
          for (int g = 0; g < 2; g++) {
            for (int i = 0; i < 3; i++) {
              for (int j = 0; j < 2; j++) {
                y[2 * g + j] += x[3 * g + i] * w[g * 6 + i * 2 + j];
              }
            }
          }
          return y;
        });
    assertEquals(Set.of("inner.weight", "inner.bias"), traced(layer, X));
    assertThrows(TypeException.class, () -> new GroupedLinear(4, 6, 4, RandomKey.of(1), F64));
  }

  @Test
  void sparseWeightsAreTheConnections() {
    Connectivity to =
        Connectivity.of(6, List.of(new int[] {0, 5}, new int[] {}, new int[] {1, 2, 4}));
    assertEquals(5, to.count());
    double[] signs = {1, 1, -1, 1, -1, 1};
    for (Optional<double[]> s : List.of(Optional.<double[]>empty(), Optional.of(signs))) {
      SparseLinear layer = new SparseLinear(to, RandomKey.of(1), F64, Initializer.normal(1), s);
      UnaryOperator<double[]> plain =
          x -> {
            double[] y = new double[3];
            for (int j = 0; j < 3; j++) {
              for (int k = 0; k < 3; k++) {
                int from = (int) to.sources().getLong(j * 3 + k);
                double w = values(layer, "weight")[j * 3 + k];
                y[j] += from == 6 ? 0 : x[from] * (s.isPresent() ? signs[from] * Math.abs(w) : w);
              }
            }
            return y;
          };
      check(layer, X, plain);
      assertEquals(Set.of("inner.weight"), traced(layer, X));
    }
    assertThrows(TypeException.class, () -> Connectivity.of(2, List.of(new int[] {2})));
  }

  @Test
  void randomConnectionsHaveTheirNumbers() {
    Connectivity fixed = Connectivity.fixedInDegree(50, 40, 7, RandomKey.of(1));
    int[] used = new int[50];
    for (int j = 0; j < 40; j++) {
      Set<Long> different = new TreeSet<>();
      for (int k = 0; k < 7; k++) {
        long from = fixed.sources().getLong(j * 7 + k);
        different.add(from);
        used[(int) from]++;
      }
      assertEquals(7, different.size());
    }
    assertTrue(Arrays.stream(used).max().getAsInt() < 20);
    Connectivity random = Connectivity.random(100, 200, 0.1, RandomKey.of(1));
    // 20000 trials: five standard deviations are 212.
    assertEquals(2000, random.count(), 212);
    assertEquals(random.count(), Connectivity.random(100, 200, 0.1, RandomKey.of(1)).count());
  }

  @Test
  void embeddingsAreRows() {
    Embedding layer = new Embedding(4, 3, RandomKey.of(1), F64, Initializer.normal(1));
    HostTensor ids = HostTensor.of(new int[] {2, 0, 2}, 3);
    check(
        layer,
        ids,
        x -> {
          double[] w = values(layer, "weight");
          double[] y = new double[9];
          for (int i = 0; i < 9; i++) {
            y[i] = w[((int) x[i / 3]) * 3 + i % 3];
          }
          return y;
        });
    assertThrows(RunException.class, () -> layer.update(HostTensor.of(new int[] {4}, 1)));
  }

  @Test
  void normalizations() {
    HostTensor x = noise(5, 4, 6);
    check(new LayerNorm(6, F64, 0.1), x, v -> normalized(v, 0.1, true));
    check(new RmsNorm(6, F64, 0.1), x, v -> normalized(v, 0.1, false));
    GroupNorm group = new GroupNorm(2, 6, F64, 0.1);
    check(
        group,
        x,
        v -> {
          // Groups of 3 channels at 4 positions.
          double[] y = new double[24];
          for (int g = 0; g < 2; g++) {
            double[] part = new double[12];
            for (int i = 0; i < 12; i++) {
              part[i] = v[i / 3 * 6 + 3 * g + i % 3];
            }
            double[] standard = standard(part, 0.1, true);
            for (int i = 0; i < 12; i++) {
              int c = 3 * g + i % 3;
              y[i / 3 * 6 + c] = standard[i] * values(group, "scale")[c] + values(group, "bias")[c];
            }
          }
          return y;
        });
    assertThrows(TypeException.class, () -> new GroupNorm(4, 6));
  }

  // The scale and bias of `disturb`, which starts from 1 and 0.
  private static double[] normalized(double[] v, double epsilon, boolean centre) {
    int rows = 4;
    int n = 6;
    double[] scale = noise(7, n).mul(0.3).add(1).host().toDoubles();
    double[] bias = noise(8, n).mul(0.3).host().toDoubles();
    double[] y = new double[v.length];
    for (int r = 0; r < rows; r++) {
      double[] s = standard(Arrays.copyOfRange(v, r * n, r * n + n), epsilon, centre);
      for (int i = 0; i < n; i++) {
        y[r * n + i] = s[i] * scale[i] + (centre ? bias[i] : 0);
      }
    }
    return y;
  }

  private static double[] standard(double[] v, double epsilon, boolean centre) {
    double mean = centre ? Arrays.stream(v).average().orElseThrow() : 0;
    double square = Arrays.stream(v).map(x -> (x - mean) * (x - mean)).average().orElseThrow();
    return Arrays.stream(v).map(x -> (x - mean) / Math.sqrt(square + epsilon)).toArray();
  }

  @Test
  void convolutionsOfOneAxis() {
    HostTensor x = noise(5, 7, 4);
    Conv layer =
        new Conv(new int[] {3}, 4, 2, ConvWindows.padded(1).stride(2), 2, RandomKey.of(1), F64);
    check(
        layer,
        x,
        v -> {
          double[] w = values(layer, "weight");
          double[] y = new double[8];
          for (int o = 0; o < 4; o++) {
            for (int f = 0; f < 2; f++) {
              double sum = values(layer, "bias")[f];
              for (int k = 0; k < 3; k++) {
                int i = 2 * o + k - 1;
                for (int c = 0; c < 2 && i >= 0 && i < 7; c++) {
                  sum += v[i * 4 + 2 * f + c] * w[(k * 2 + c) * 2 + f];
                }
              }
              y[o * 2 + f] = sum;
            }
          }
          return y;
        });
  }

  @Test
  void convolutionsOfTwoAndThreeAxes() {
    HostTensor x = noise(5, 3, 4, 5, 2);
    Conv layer = new Conv(new int[] {2, 2, 3}, 2, 3, ConvWindows.valid(), 1, RandomKey.of(1), F64);
    check(layer, x, v -> threeAxes(v, values(layer, "weight"), values(layer, "bias")));
    // A flat kernel of three axes is one of two axes.
    Conv flat = new Conv(new int[] {1, 2, 3}, 2, 3, ConvWindows.valid(), 1, RandomKey.of(1), F64);
    Conv plane = new Conv(new int[] {2, 3}, 2, 3, ConvWindows.valid(), 1, RandomKey.of(2), F64);
    plane.states().get("weight").set(flat.states().get("weight").value().reshape(2, 3, 2, 3));
    assertArrayEquals(flat.update(x).host().toDoubles(), plane.update(x).host().toDoubles(), 1e-12);
  }

  private static double[] threeAxes(double[] v, double[] w, double[] bias) {
    double[] y = new double[2 * 3 * 3 * 3];
    for (int n = 0; n < y.length; n++) {
      int f = n % 3;
      int c = n / 3 % 3;
      int b = n / 9 % 3;
      int a = n / 27;
      y[n] = bias[f];
      for (int k = 0; k < 2 * 2 * 3 * 2; k++) {
        int ch = k % 2;
        int kc = k / 2 % 3;
        int kb = k / 6 % 2;
        int ka = k / 12;
        y[n] += v[(((a + ka) * 4 + b + kb) * 5 + c + kc) * 2 + ch] * w[k * 3 + f];
      }
    }
    return y;
  }

  @Test
  void pools() {
    HostTensor x = HostTensor.of(new double[] {1, 5, 2, 8, 3, 0}, 6, 1);
    assertArrayEquals(new double[] {5, 8, 3}, Pooling.max(2).update(x).host().toDoubles(), 0);
    assertArrayEquals(
        new double[] {8 / 3.0, 11 / 3.0}, Pooling.average(3).update(x).host().toDoubles(), 1e-12);
  }

  @Test
  void readoutsLeak() {
    LeakyReadout layer = new LeakyReadout(3, 2, 10, 0.5, RandomKey.of(1), F64);
    Plain.disturb(layer, 0.3);
    layer.initAllStates();
    double[] r = new double[2];
    for (int t = 0; t < 4; t++) {
      HostTensor x = noise(t, 3);
      double[] in = Plain.affine(layer, "W", x.toDoubles());
      for (int j = 0; j < 2; j++) {
        r[j] = Math.exp(-0.05) * r[j] + in[j];
      }
      assertArrayEquals(r, layer.update(x).host().toDoubles(), 1e-12);
    }
  }

  @Test
  void activations() {
    HostTensor x = HostTensor.of(new double[] {-800, -7, -2.1, -0.5, 0.3, 1.7, 6.5, 800}, 8);
    check(Activations::relu, v -> Math.max(v, 0), x);
    check(y -> Activations.leakyRelu(y, 0.1), v -> v > 0 ? v : 0.1 * v, x);
    check(Activations::relu6, v -> Math.min(Math.max(v, 0), 6), x);
    check(y -> Activations.elu(y, 0.7), v -> v > 0 ? v : 0.7 * Math.expm1(v), x);
    check(
        Activations::selu,
        v -> 1.0507009873554805 * (v > 0 ? v : 1.6732632423543772 * Math.expm1(v)),
        x);
    check(Activations::silu, v -> v / (1 + Math.exp(-v)), x);
    check(Activations::mish, v -> v * Math.tanh(v > 100 ? v : Math.log1p(Math.exp(v))), x);
    check(
        Activations::gelu,
        v -> v / 2 * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v * v * v))),
        x);
    check(Activations::softsign, v -> v / (1 + Math.abs(v)), x);
    check(Activations::hardTanh, v -> Math.min(Math.max(v, -1), 1), x);
    check(Activations::hardSigmoid, v -> Math.min(Math.max(v / 6 + 0.5, 0), 1), x);
    check(Activations::logSigmoid, v -> v < -100 ? v : -Math.log1p(Math.exp(-v)), x);
    HostTensor pair = HostTensor.of(new double[] {3, 0.7}, 2);
    assertEquals(3 * Plain.sigmoid(0.7), Activations.glu(pair).host().toDoubles()[0], 1e-14);
  }

  private static void check(Fn1<Tensor, Tensor> f, DoubleUnaryOperator plain, HostTensor x) {
    double[] want = Plain.map(x.toDoubles(), plain);
    assertArrayEquals(want, f.apply(x).host().toDoubles(), 1e-12);
    Tensor g = Engram.grad((Tensor y) -> f.apply(y).sum()).apply(x);
    for (int i = 0; i < want.length; i++) {
      double at = x.getDouble(i);
      double slope = (plain.applyAsDouble(at + 1e-6) - plain.applyAsDouble(at - 1e-6)) / 2e-6;
      assertEquals(slope, g.host().getDouble(i), 1e-6, "slope at " + at);
    }
  }

  @Test
  void dropoutDropsInTrainingOnly() {
    Mode mode = new Mode();
    Dropout layer = new Dropout(0.25, RandomKey.of(1), mode);
    Fn1<Tensor, Tensor> run = Engram.jit((Tensor x) -> layer.update(x));
    HostTensor ones = HostTensor.full(TensorType.of(F64, 4000), 1);
    double[] first = run.apply(ones).host().toDoubles();
    double[] second = run.apply(ones).host().toDoubles();
    assertFalse(Arrays.equals(first, second));
    long kept = Arrays.stream(first).filter(v -> v != 0).count();
    assertEquals(3000, kept, 137); // five standard deviations
    assertTrue(Arrays.stream(first).allMatch(v -> v == 0 || Math.abs(v - 4 / 3.0) < 1e-12));
    mode.eval();
    assertArrayEquals(ones.toDoubles(), run.apply(ones).host().toDoubles());
    mode.train();
    assertFalse(Arrays.equals(ones.toDoubles(), run.apply(ones).host().toDoubles()));
    assertThrows(TypeException.class, () -> new Dropout(1, RandomKey.of(1), mode));
  }
}
