package dev.engram.nn;

import static dev.engram.nn.Plain.noise;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Engram;
import dev.engram.Fn1;
import dev.engram.RandomKey;
import dev.engram.State;
import dev.engram.States;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TypeException;
import dev.engram.ir.op.ConvWindows;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;

/** Transposed convolutions, pools of given lengths, dropped channels, activations. */
class MoreLayersTest {
  private static final RandomKey KEY = RandomKey.of(1);
  private static final DType F64 = DType.F64;

  private static double inner(Tensor a, Tensor b) {
    return a.mul(b).sum().host().item();
  }

  /** {@code ⟨conv(x), y⟩ = ⟨x, convTranspose(y)⟩}, where x has the length that the latter makes. */
  @Test
  void transposedConvolutionsAreTransposes() {
    List<int[]> sizes = List.of(new int[] {3}, new int[] {2, 3}, new int[] {3, 1, 2});
    List<ConvWindows> windows =
        List.of(
            ConvWindows.valid().stride(2),
            ConvWindows.valid(),
            ConvWindows.same().stride(2),
            ConvWindows.valid().dilation(2));
    for (int[] size : sizes) {
      for (ConvWindows w : windows) {
        ConvTranspose back =
            new ConvTranspose(
                size,
                4,
                2,
                w,
                KEY,
                F64,
                Initializer.normal(1),
                Optional.empty(),
                Parametrization.none());
        Conv conv =
            new Conv(
                size,
                2,
                4,
                w,
                1,
                KEY,
                F64,
                Initializer.zeros(),
                Optional.empty(),
                Parametrization.none());
        Tensor kernel = back.states().get("weight").value();
        conv.states().get("weight").set(kernel.swapAxes(-1, -2));
        int[] dims = new int[size.length + 2];
        Arrays.fill(dims, 4);
        dims[0] = 2;
        Tensor y = noise(5, dims);
        Tensor up = back.update(y);
        Tensor x = noise(6, up.shape().toArray());
        Tensor down = conv.update(x);
        assertEquals(y.shape(), down.shape());
        double want = inner(down, y);
        assertEquals(want, inner(x, up), 1e-11 * Math.max(1, Math.abs(want)));
        assertTrue(Math.abs(want) > 1e-3);
      }
    }
  }

  @Test
  void transposedConvolutionsTakeOptions() {
    Tensor x = noise(5, 4, 2);
    ConvTranspose plain = new ConvTranspose(new int[] {3}, 2, 3, ConvWindows.same().stride(2), KEY);
    assertEquals(List.of(8, 3), List.of(plain.update(x.cast(DType.F32)).dim(0), 3));
    Tensor mask = noise(7, 3, 2, 3).gt(0);
    ConvTranspose masked =
        new ConvTranspose(
            new int[] {3},
            2,
            3,
            ConvWindows.same().stride(2),
            KEY,
            F64,
            Initializer.constant(0.5),
            Optional.of(Initializer.constant(3)),
            Parametrization.mask(mask));
    Tensor want = x.convTranspose(mask.cast(F64).mul(0.5), ConvWindows.same().stride(2)).add(3);
    assertArrayEquals(want.host().toDoubles(), masked.update(x).host().toDoubles(), 1e-13);
    Plain.disturb(masked, 0.3);
    HostTensor each = noise(8, 8, 3);
    State weight = masked.states().get("weight");
    weight.set(weight.value().mul(mask.cast(F64)));
    Plain.checkGradient(
        () -> masked.update(x).mul(each).sum(), masked.states().subset(State.Kind.PARAMETER), 1e-7);
    assertThrows(
        TypeException.class, () -> new ConvTranspose(new int[] {0}, 2, 3, ConvWindows.same(), KEY));
  }

  private static int lower(int i, int n, int m) {
    return (int) Math.floor((double) i * n / m);
  }

  private static int upper(int i, int n, int m) {
    return (int) Math.ceil((i + 1.0) * n / m);
  }

  /** {@code [n0, n1, n2, channels]} in loops; m of length three. */
  private static double[] pooled(HostTensor x, int[] m, boolean max) {
    int channels = x.dim(3);
    double[] y = new double[m[0] * m[1] * m[2] * channels];
    for (int o = 0; o < y.length; o++) {
      int f = o % channels;
      int[] at = {o / channels / m[2] / m[1], o / channels / m[2] % m[1], o / channels % m[2]};
      double sum = 0;
      double most = Double.NEGATIVE_INFINITY;
      int count = 0;
      for (int a = lower(at[0], x.dim(0), m[0]); a < upper(at[0], x.dim(0), m[0]); a++) {
        for (int b = lower(at[1], x.dim(1), m[1]); b < upper(at[1], x.dim(1), m[1]); b++) {
          for (int c = lower(at[2], x.dim(2), m[2]); c < upper(at[2], x.dim(2), m[2]); c++) {
            double v = x.getDouble(((a * x.dim(1) + b) * x.dim(2) + c) * (long) channels + f);
            sum += v;
            most = Math.max(most, v);
            count++;
          }
        }
      }
      y[o] = max ? most : sum / count;
    }
    return y;
  }

  @Test
  void poolsOfGivenLengths() {
    HostTensor x = noise(5, 5, 6, 7, 2);
    for (int[] m : new int[][] {{2, 3, 3}, {5, 4, 1}, {1, 6, 7}, {3, 1, 5}, {7, 8, 9}, {4, 5, 6}}) {
      assertArrayEquals(
          pooled(x, m, false),
          Pooling.adaptiveAverage(m).update(x).host().toDoubles(),
          1e-13,
          Arrays.toString(m));
      assertArrayEquals(
          pooled(x, m, true),
          Pooling.adaptiveMax(m).update(x).host().toDoubles(),
          0,
          Arrays.toString(m));
    }
    // fewer axes: one and two of the three
    HostTensor flat = x.reshape(1, 1, 210, 2).host();
    int[] m = {1, 1, 11};
    HostTensor line = flat.reshape(210, 2).host();
    assertArrayEquals(
        pooled(flat, m, false), Pooling.adaptiveAverage(11).update(line).host().toDoubles(), 1e-13);
    HostTensor plane = x.reshape(1, 30, 7, 2).host();
    assertArrayEquals(
        pooled(plane, new int[] {1, 8, 3}, true),
        Pooling.adaptiveMax(8, 3).update(plane.reshape(30, 7, 2)).host().toDoubles(),
        0);
    assertThrows(TypeException.class, () -> Pooling.adaptiveMax(1, 1, 1, 1));
    assertThrows(TypeException.class, () -> Pooling.adaptiveAverage(2).update(noise(1, 3)));
    assertThrows(
        TypeException.class,
        () -> Pooling.adaptiveAverage(2).update(HostTensor.of(new float[0], 0, 2)));
  }

  @Test
  void slopesOfPoolsOfGivenLengths() {
    State x = State.parameter(noise(5, 7, 2));
    HostTensor each = noise(6, 3, 2);
    for (var pool : List.of(Pooling.adaptiveAverage(3), Pooling.adaptiveMax(3))) {
      Plain.checkGradient(
          () -> pool.update(x.value()).mul(each).sum(), new States(Map.of("x", x)), 1e-7);
    }
  }

  @Test
  void channelsAreDroppedWhole() {
    Mode mode = new Mode();
    ChannelDropout layer = new ChannelDropout(0.25, 2, KEY, mode);
    Tensor x = HostTensor.full(TensorType.of(F64, 50, 3, 4, 40), 1);
    HostTensor y = layer.update(x).host();
    int dropped = 0;
    for (int e = 0; e < 50; e++) {
      for (int c = 0; c < 40; c++) {
        double first = y.getDouble(e * 480L + c);
        assertTrue(first == 0 || Math.abs(first - 1 / 0.75) < 1e-12);
        for (int p = 0; p < 12; p++) {
          assertEquals(first, y.getDouble(e * 480L + p * 40L + c));
        }
        dropped += first == 0 ? 1 : 0;
      }
    }
    // 2000 draws: five standard deviations are 97
    assertEquals(500, dropped, 97);
    assertFalse(Arrays.equals(y.toDoubles(), layer.update(x).host().toDoubles()));
    mode.eval();
    assertArrayEquals(x.host().toDoubles(), layer.update(x).host().toDoubles());
    assertThrows(TypeException.class, () -> new ChannelDropout(1, 1, KEY, mode));
    String e = assertThrows(TypeException.class, () -> layer.update(noise(1, 3, 2))).getMessage();
    assertTrue(e.contains("2 axes of positions"), e);
  }

  private static void check(Fn1<Tensor, Tensor> f, DoubleUnaryOperator plain, HostTensor x) {
    double[] got = f.apply(x).host().toDoubles();
    Tensor slopes = Engram.grad((Tensor t) -> f.apply(t).sum()).apply(x);
    for (int i = 0; i < got.length; i++) {
      double at = x.getDouble(i);
      double want = plain.applyAsDouble(at);
      assertEquals(want, got[i], 1e-13 * Math.max(1, Math.abs(want)), "at " + at);
      double h = 1e-5 * Math.max(1, Math.abs(at));
      double slope = (plain.applyAsDouble(at + h) - plain.applyAsDouble(at - h)) / (2 * h);
      assertEquals(slope, slopes.host().getDouble(i), 1e-6, "slope at " + at);
    }
  }

  @Test
  void activations() {
    HostTensor x =
        HostTensor.of(new double[] {-800, -7, -2.1, -0.6, -0.1, 0.05, 0.3, 1.7, 6.5, 800}, 10);
    check(y -> Activations.elu(y, 0.7), v -> v > 0 ? v : 0.7 * Math.expm1(v), x);
    check(y -> Activations.celu(y, 0.7), v -> v > 0 ? v : 0.7 * Math.expm1(v / 0.7), x);
    check(Activations::hardSwish, v -> v * Math.clamp(v / 6 + 0.5, 0, 1), x);
    check(
        y -> Activations.softShrink(y, 0.5),
        v -> Math.signum(v) * Math.max(Math.abs(v) - 0.5, 0),
        x);
    check(y -> Activations.hardShrink(y, 0.5), v -> Math.abs(v) > 0.5 ? v : 0, x);
    check(Activations::tanhShrink, v -> v - Math.tanh(v), x);
    check(y -> Activations.squareplus(y, 2), v -> (v + Math.sqrt(v * v + 2)) / 2, x);
    check(Activations::sparsePlus, v -> v <= -1 ? 0 : v >= 1 ? v : (v + 1) * (v + 1) / 4, x);
    check(Activations::sparseSigmoid, v -> Math.clamp((v + 1) / 2, 0, 1), x);
    check(y -> new PRelu(1, F64, 0.3).update(y), v -> v > 0 ? v : 0.3 * v, x);
    HostTensor weights = Activations.softmin(x, 0).host();
    assertEquals(1, weights.getDouble(0), 1e-15);
    assertThrows(TypeException.class, () -> Activations.celu(x, 0));
    assertThrows(TypeException.class, () -> Activations.squareplus(x, 0));
    assertThrows(TypeException.class, () -> Activations.softShrink(x, -1));
  }

  /** Where sums would lose all digits. */
  @Test
  void smallResultsKeepTheirDigits() {
    HostTensor small = HostTensor.of(new double[] {1e-5, 1e-3}, 2);
    double[] got = Activations.tanhShrink(small).host().toDoubles();
    // x³/3 - 2x⁵/15
    assertEquals(1e-15 / 3 - 2e-25 / 15, got[0], 1e-29);
    assertEquals(1e-9 / 3 - 2e-15 / 15 + 17e-21 / 315, got[1], 1e-23);
    HostTensor far = HostTensor.of(new double[] {-1e9, 1e200}, 2);
    double[] plus = Activations.squareplus(far, 4).host().toDoubles();
    assertEquals(1e-9, plus[0], 1e-23);
    assertEquals(1e200, plus[1], 1e186);
    // x erfc(6)/2 at -6√2, from tables
    double at = -6 * Math.sqrt(2);
    double exact = Activations.geluExact(HostTensor.of(new double[] {at}, 1)).host().item();
    assertEquals(at * 2.1519736712498913e-17 / 2, exact, 1e-29);
  }
}
