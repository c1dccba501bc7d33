package dev.engram.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Engram;
import dev.engram.Fn0;
import dev.engram.Grads;
import dev.engram.Model;
import dev.engram.State;
import dev.engram.States;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.DoubleUnaryOperator;

/** Reference formulas for layers in plain Java, and their derivatives by differences. */
public final class Plain {
  private Plain() {}

  /** {@code x W + b} with the states {@code name.weight}, and {@code name.bias} if there is one. */
  static double[] affine(Model m, String name, double... x) {
    HostTensor w = m.states().get(name + ".weight").value().host();
    int out = w.dim(1);
    double[] y = new double[out];
    for (int j = 0; j < out; j++) {
      String bias = name + ".bias";
      y[j] = m.states().paths().contains(bias) ? values(m, bias)[j] : 0;
      for (int i = 0; i < x.length; i++) {
        y[j] += x[i] * w.getDouble((long) i * out + j);
      }
    }
    return y;
  }

  /** The elements of a state. */
  public static double[] values(Model m, String path) {
    return m.states().get(path).value().host().toDoubles();
  }

  static double[] join(double[] a, double[] b) {
    double[] out = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, out, a.length, b.length);
    return out;
  }

  static double[] map(double[] x, DoubleUnaryOperator f) {
    return Arrays.stream(x).map(f).toArray();
  }

  static double[] times(double[] a, double[] b) {
    double[] out = new double[a.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = a[i] * b[i];
    }
    return out;
  }

  public static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  /** Normal numbers. */
  public static HostTensor noise(long seed, int... dims) {
    int n = 1;
    for (int d : dims) {
      n *= d;
    }
    SplittableRandom random = new SplittableRandom(seed);
    double[] x = new double[n];
    for (int i = 0; i < n; i++) {
      x[i] = random.nextGaussian();
    }
    return HostTensor.of(x, dims);
  }

  /** Sets every parameter to noise, so that no error hides behind a zero. */
  public static void disturb(Model m, double deviation) {
    long seed = 7;
    for (State s : m.states().subset(State.Kind.PARAMETER).values()) {
      Tensor noise = noise(seed++, s.type().shape().toArray()).mul(deviation);
      s.set(s.value().add(noise.cast(s.type().dtype())));
    }
  }

  /**
   * Compares the gradient of {@code loss} with respect to every element of {@code weights} with
   * central differences, and requires that no weight's gradient is zero throughout.
   */
  public static void checkGradient(Fn0<Tensor> loss, States weights, double tolerance) {
    Grads grads = Engram.grad(loss, weights).apply();
    weights
        .byPath()
        .forEach(
            (path, s) -> {
              HostTensor at = s.value().host();
              double[] got = grads.get(path).host().toDoubles();
              double largest = 0;
              for (int i = 0; i < got.length; i++) {
                double want = difference(loss, s, at, i);
                assertEquals(want, got[i], tolerance * Math.max(1, Math.abs(want)), path + i);
                largest = Math.max(largest, Math.abs(want));
              }
              assertTrue(largest > 1e-6, path + " has no influence");
            });
  }

  private static double difference(Fn0<Tensor> loss, State s, HostTensor at, int i) {
    double step = 1e-5;
    double[] values = at.toDoubles();
    int[] dims = at.shape().toArray();
    double middle = values[i];
    values[i] = middle + step;
    s.set(HostTensor.of(values.clone(), dims));
    double above = loss.apply().host().item();
    values[i] = middle - step;
    s.set(HostTensor.of(values.clone(), dims));
    double below = loss.apply().host().item();
    s.set(at);
    return (above - below) / (2 * step);
  }
}
