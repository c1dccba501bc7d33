package dev.engram.bench;

import dev.engram.Engram;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.plot.LineChart;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;

/**
 * Relative error of compiled f32 sums, means and dots of n = 10³ to 10⁸ positive terms against f64:
 * the larger one for n times 0.1 and for n uniform random numbers. Prints a table and draws a
 * chart.
 *
 * <pre>
 *   java -Xmx4g --add-modules jdk.incubator.vector -cp 'bench/target/lib/*'
 *       dev.engram.bench.SumErrors FILE.png
 * </pre>
 */
public final class SumErrors {
  private static final int FIRST = 3;
  private static final int LAST = 8;
  private static final int COLUMNS = 10;

  /** A sum of f32: Σ x, or Σ x² of degree 2; a mean is Σ x / n. */
  private record Sum(String name, UnaryOperator<Tensor> f, int degree, boolean mean) {}

  private static final List<Sum> SUMS =
      List.of(
          new Sum("sum", x -> x.sum(), 1, false),
          new Sum("mean", x -> x.mean(), 1, true),
          new Sum("dot", x -> x.matmul(x), 2, false),
          new Sum("sum over axis 0", SumErrors::firstColumn, 1, false));

  private SumErrors() {}

  /** Needs 2 GB of memory outside of the heap. */
  public static void main(String[] args) throws IOException {
    if (args.length != 1) {
      throw new IllegalArgumentException(
          "got " + args.length + " arguments, expected a file for the chart");
    }
    Map<String, double[]> errors = new LinkedHashMap<>();
    SUMS.forEach(s -> errors.put(s.name, new double[LAST - FIRST + 1]));
    errors.put("one running sum, for comparison", new double[LAST - FIRST + 1]);
    int n = 1000;
    for (int i = 0; i <= LAST - FIRST; i++, n *= 10) {
      float[] x = new float[n];
      Arrays.fill(x, 0.1f);
      measure(x, i, errors);
      SplittableRandom random = new SplittableRandom(n);
      for (int k = 0; k < n; k++) {
        x[k] = (float) random.nextDouble();
      }
      measure(x, i, errors);
    }
    print(errors);
    LineChart chart =
        new LineChart("Error of sums in f32", "number of terms, 10^x", "relative error against f64")
            .firstX(FIRST)
            .logarithmic();
    for (Map.Entry<String, double[]> e : errors.entrySet()) {
      chart = chart.add(e.getKey(), e.getValue());
    }
    chart.level("2e-6", 2e-6).write(Path.of(args[0]));
  }

  private static Tensor firstColumn(Tensor x) {
    return x.reshape(x.dim(0) / COLUMNS, COLUMNS).sum(0).slice(0, 0, 1);
  }

  private static void measure(float[] x, int i, Map<String, double[]> errors) {
    HostTensor t = HostTensor.of(x, x.length);
    for (Sum s : SUMS) {
      double got = Engram.jit((Tensor a) -> s.f.apply(a)).apply(t).host().getDouble(0);
      note(got, exact(s, x), i, errors.get(s.name));
    }
    float chain = 0;
    for (float v : x) {
      chain += v;
    }
    note(chain, exact(SUMS.getFirst(), x), i, errors.get("one running sum, for comparison"));
  }

  // A logarithmic axis cannot show an error of 0; it is drawn as half a unit in the last place.
  private static void note(double got, double want, int i, double[] errors) {
    errors[i] = Math.max(Math.max(errors[i], 0x1p-25), Math.abs(got / want - 1));
  }

  private static double exact(Sum s, float[] x) {
    int step = s.name.endsWith("axis 0") ? COLUMNS : 1;
    double sum = 0;
    for (int k = 0; k < x.length; k += step) {
      double v = x[k];
      sum += s.degree == 1 ? v : v * v;
    }
    return s.mean ? sum / x.length : sum;
  }

  private static void print(Map<String, double[]> errors) {
    System.out.print("| n |");
    errors.keySet().forEach(k -> System.out.print(" " + k + " |"));
    System.out.println();
    System.out.println("|---|" + "---:|".repeat(errors.size()));
    for (int i = 0; i <= LAST - FIRST; i++) {
      System.out.print("| 10^" + (FIRST + i) + " |");
      for (double[] e : errors.values()) {
        System.out.printf(Locale.ROOT, " %.1e |", e[i]);
      }
      System.out.println();
    }
  }
}
