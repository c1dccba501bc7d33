package dev.engram.loss;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Compiler;
import dev.engram.Engram;
import dev.engram.Fn1;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.RunException;
import dev.engram.ir.Tensor;
import dev.engram.ir.TypeException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Losses of classes, distributions, embeddings and sequences. */
class MoreLossesTest {
  private static final double NO = Double.NEGATIVE_INFINITY;
  private static final List<String> BACKENDS = List.of("loops", "cpu");
  private static final Tensor LABELS = HostTensor.of(new int[] {0, 1, 2, 2}, 4);

  private static HostTensor random(long seed, int... dims) {
    int n = Arrays.stream(dims).reduce(1, (a, b) -> a * b);
    return HostTensor.of(new Random(seed).doubles(n, -2, 2).toArray(), dims);
  }

  /** Each loss of logits {@code [4, 3]}; the result has one element for each row or element. */
  private static Map<String, Fn1<Tensor, Tensor>> all(DType dtype) {
    Tensor other = random(7, 4, 3).cast(dtype);
    Tensor share = other.sigmoid();
    Tensor sign = other.sign();
    Tensor count = other.abs().mul(3).floor();
    Map<String, Fn1<Tensor, Tensor>> all = new LinkedHashMap<>();
    all.put("smoothed", z -> Losses.softmaxCrossEntropySmoothed(z, LABELS, 0.1));
    all.put("nll", z -> Losses.negativeLogLikelihood(z, LABELS));
    all.put("klDivergence", z -> Losses.klDivergence(z, other));
    all.put("klDivergence of the target", z -> Losses.klDivergence(other, z));
    for (double gamma : new double[] {0, 0.5, 1, 2, 5}) {
      all.put("softmaxFocal " + gamma, z -> Losses.softmaxFocal(z, LABELS, gamma));
      all.put("binaryFocal " + gamma, z -> Losses.binaryFocal(z, share, gamma));
      all.put("binaryFocal of 1 " + gamma, z -> Losses.binaryFocal(z, z.like(1), gamma, 0.25));
      all.put("binaryFocal of 0 " + gamma, z -> Losses.binaryFocal(z, z.like(0), gamma));
    }
    all.put("hinge", z -> Losses.hinge(z, sign));
    all.put("squaredHinge", z -> Losses.squaredHinge(z, sign));
    all.put("multiclassHinge", z -> Losses.multiclassHinge(z, LABELS));
    all.put("logCosh", z -> Losses.logCosh(z, other));
    all.put("poisson", z -> Losses.poissonNegativeLogLikelihood(z.clipMax(50), count));
    all.put("gaussian", z -> Losses.gaussianNegativeLogLikelihood(z, other, other));
    all.put(
        "gaussian of one variance",
        z -> Losses.gaussianNegativeLogLikelihood(other, z, other.stopGradient()));
    all.put("tripletMargin", z -> Losses.tripletMargin(z, other, other.neg(), 0.5));
    all.put(
        "cosineEmbedding",
        z -> Losses.cosineEmbedding(z, other, z.sum(-1).stopGradient().gt(0), 0.2));
    all.put("marginRanking", z -> Losses.marginRanking(z, other, 0.5));
    Tensor steps = HostTensor.of(new int[] {4});
    Tensor two = HostTensor.of(new int[] {1, 2}, 2);
    all.put("ctc", z -> Losses.ctc(z, two, steps, HostTensor.of(new int[] {2})));
    return all;
  }

  @Test
  void derivativesAreDifferences() {
    HostTensor z = random(1, 4, 3);
    all(DType.F64)
        .forEach(
            (name, f) -> {
              Fn1<Tensor, Tensor> sum = x -> f.apply(x).sum();
              double[] slope = Engram.grad(sum).apply(z).host().toDoubles();
              for (int i = 0; i < slope.length; i++) {
                double e = 1e-5;
                double up = moved(sum, z, i, e);
                double down = moved(sum, z, i, -e);
                assertEquals((up - down) / (2 * e), slope[i], 1e-7, name + " " + i);
              }
            });
  }

  private static double moved(Fn1<Tensor, Tensor> f, HostTensor z, int i, double by) {
    double[] x = z.toDoubles();
    x[i] += by;
    return f.apply(HostTensor.of(x, 4, 3)).host().item();
  }

  @Test
  void extremeLogitsAreFinite() {
    float[][] rows = {
      {1e4f, -1e4f, 0}, {-1e4f, 1e4f, 1e4f}, {1e4f, 1e4f, -1e4f}, {-1e4f, -1e4f, -1e4f}
    };
    HostTensor z = HostTensor.of(rows);
    all(DType.F32)
        .forEach(
            (name, f) -> {
              assertFinite(name, f.apply(z));
              assertFinite(name + " slope", Engram.grad((Tensor x) -> f.apply(x).sum()).apply(z));
            });
  }

  private static void assertFinite(String what, Tensor x) {
    assertEquals(1, x.isFinite().all().host().item(), what + " " + x);
  }

  @Test
  void backendsAgree() {
    for (DType dtype : List.of(DType.F32, DType.F64)) {
      HostTensor z = random(2, 4, 3).cast(dtype).host();
      double allowed = dtype == DType.F32 ? 1e-5 : 1e-13;
      all(dtype)
          .forEach(
              (name, f) -> {
                Fn1<Tensor, List<Tensor>> both =
                    x -> List.of(f.apply(x), Engram.grad((Tensor y) -> f.apply(y).sum()).apply(x));
                List<Tensor> want = both.apply(z);
                for (String backend : BACKENDS) {
                  List<Tensor> got = Engram.jit(new Compiler(backend), both).apply(z);
                  for (int i = 0; i < 2; i++) {
                    double[] w = want.get(i).host().toDoubles();
                    String what = name + " " + dtype + " " + backend + " " + i;
                    assertArrayEquals(w, got.get(i).host().toDoubles(), allowed, what);
                  }
                }
              });
    }
  }

  @Test
  void aBatchIsALoop() {
    HostTensor z = random(3, 5, 4, 3);
    all(DType.F64)
        .forEach(
            (name, f) -> {
              Tensor batch = Engram.vmap(f).apply(z);
              for (int i = 0; i < 5; i++) {
                assertArrayEquals(
                    f.apply(z.get(i)).host().toDoubles(),
                    batch.get(i).host().toDoubles(),
                    1e-13,
                    name);
              }
            });
  }

  @Test
  void maskedClassesCountNothing() {
    HostTensor z = HostTensor.of(new double[] {1, NO, 0.5, NO}, 4);
    HostTensor open = HostTensor.of(new double[] {1, 0.5}, 2);
    Tensor first = HostTensor.of(new int[] {0});
    Map<String, Fn1<Tensor, Tensor>> losses =
        Map.of(
            "smoothed", x -> Losses.softmaxCrossEntropySmoothed(x, first, 0.2),
            "nll", x -> Losses.negativeLogLikelihood(x, first),
            "focal", x -> Losses.softmaxFocal(x, first, 2),
            "hinge", x -> Losses.multiclassHinge(x, first),
            "kl", x -> Losses.klDivergence(x, x.mul(0.5)));
    losses.forEach(
        (name, f) -> {
          assertEquals(f.apply(open).host().item(), f.apply(z).host().item(), 1e-14, name);
          double[] want = Engram.grad(f).apply(open).host().toDoubles();
          double[] got = Engram.grad(f).apply(z).host().toDoubles();
          assertArrayEquals(new double[] {want[0], 0, want[1], 0}, got, 1e-14, name);
        });
    double far = Losses.klDivergence(z, z.like(0)).host().item();
    assertEquals(Double.POSITIVE_INFINITY, far, "masked in the prediction alone");
    assertEquals(0, Losses.klDivergence(z, z).host().item(), 1e-15);
  }

  @Test
  void specialCases() {
    HostTensor z = random(4, 4, 3);
    HostTensor t = random(5, 4, 3).sigmoid().host();
    assertArrayEquals(
        Losses.softmaxCrossEntropy(z, LABELS).host().toDoubles(),
        Losses.softmaxCrossEntropySmoothed(z, LABELS, 0).host().toDoubles(),
        1e-15);
    assertArrayEquals(
        Losses.softmaxCrossEntropy(z, LABELS).host().toDoubles(),
        Losses.negativeLogLikelihood(z.logSoftmax(-1), LABELS).host().toDoubles(),
        1e-15);
    assertArrayEquals(
        Losses.binaryCrossEntropy(z, t).host().toDoubles(),
        Losses.binaryFocal(z, t, 0).host().toDoubles(),
        1e-15);
    // (1-p)² of p = σ(20): the digits of a small 1-p are kept
    double small = Math.exp(-20) / (1 + Math.exp(-20));
    double got = Losses.binaryFocal(HostTensor.of(new double[] {20}), one(), 2).host().item();
    assertEquals(1, got / (small * small * Math.log1p(Math.exp(-20))), 1e-12);
    // log cosh e = e²/2 - e⁴/12 near 0
    double near = Losses.logCosh(HostTensor.of(new double[] {1e-5}), one().mul(0)).host().item();
    assertEquals(1, near / (1e-10 / 2), 1e-10);
    Tensor curved =
        Engram.hessian((Tensor x) -> Losses.logCosh(x, x.like(0)).sum())
            .apply(HostTensor.of(new double[] {0, 3}, 2));
    assertEquals(1, curved.host().getDouble(0), 1e-12);
    assertEquals(1 / Math.pow(Math.cosh(3), 2), curved.host().getDouble(3), 1e-12);
  }

  private static Tensor one() {
    return HostTensor.of(new double[] {1});
  }

  /** The sum over all alignments, one by one. */
  private static double aligned(double[][] p, int[] labels) {
    int classes = p[0].length;
    double sum = 0;
    int paths = (int) Math.pow(classes, p.length);
    for (int k = 0; k < paths; k++) {
      int rest = k;
      double product = 1;
      int[] found = new int[p.length];
      int n = 0;
      int before = 0;
      for (double[] step : p) {
        int c = rest % classes;
        rest /= classes;
        product *= step[c];
        if (c != 0 && c != before) {
          found[n++] = c;
        }
        before = c;
      }
      if (Arrays.equals(Arrays.copyOf(found, n), labels)) {
        sum += product;
      }
    }
    return -Math.log(sum);
  }

  @Test
  void ctcSumsOverAllAlignments() {
    for (int steps = 1; steps <= 5; steps++) {
      HostTensor z = random(steps, 5, 3);
      double[] p = z.softmax(-1).host().toDoubles();
      double[][] rows = new double[steps][];
      for (int t = 0; t < steps; t++) {
        rows[t] = Arrays.copyOfRange(p, 3 * t, 3 * t + 3);
      }
      for (int[] labels : new int[][] {{}, {1}, {2, 1}, {1, 1}, {1, 2, 2}, {2, 1, 2}}) {
        int[] padded = Arrays.copyOf(labels, 4);
        padded[3] = -9; // never read
        Tensor of = HostTensor.of(padded, 4);
        Tensor length = HostTensor.of(new int[] {labels.length});
        Tensor ran = HostTensor.of(new int[] {steps});
        double want = aligned(rows, labels);
        String what = steps + " steps " + Arrays.toString(labels);
        assertEquals(want, Losses.ctc(z, of, ran, length).host().item(), 1e-12, what);
        double[] slope =
            Engram.grad((Tensor x) -> Losses.ctc(x, of, ran, length)).apply(z).host().toDoubles();
        boolean dead = want == Double.POSITIVE_INFINITY;
        for (int i = 0; i < slope.length; i++) {
          boolean zero = dead || i >= 3 * steps;
          assertTrue(zero ? slope[i] == 0 : slope[i] != 0, what + " " + Arrays.toString(slope));
        }
      }
    }
  }

  @Test
  void ctcOfMaskedClasses() {
    // Class 2 never comes: the same as without it.
    HostTensor z = random(9, 4, 2);
    Tensor masked = Tensor.concat(1, z, z.slice(1, 0, 1).like(NO));
    Tensor labels = HostTensor.of(new int[] {1, 1}, 2);
    Tensor steps = HostTensor.of(new int[] {4});
    Tensor two = HostTensor.of(new int[] {2});
    assertEquals(
        Losses.ctc(z, labels, steps, two).host().item(),
        Losses.ctc(masked, labels, steps, two).host().item(),
        1e-13);
    Tensor other = HostTensor.of(new int[] {1, 2}, 2);
    double never = Losses.ctc(masked, other, steps, two).host().item();
    assertEquals(Double.POSITIVE_INFINITY, never);
    assertFinite(
        "slope", Engram.grad((Tensor x) -> Losses.ctc(x, other, steps, two)).apply(masked));
  }

  @Test
  void badOperandsAreRefused() {
    Tensor z = random(1, 4, 3);
    Tensor labels = HostTensor.of(new int[] {1, 2}, 2);
    Tensor n = HostTensor.of(new int[] {2});
    Tensor[][] wrong = {
      {z.get(0), labels, n, n},
      {z.cast(DType.I32), labels, n, n},
      {z.slice(1, 0, 1), labels, n, n},
      {z, labels.cast(DType.F32), n, n},
      {z, n, n, n},
      {z, labels, labels, n},
      {z, labels, n, n.cast(DType.F64)}
    };
    for (Tensor[] w : wrong) {
      String e =
          assertThrows(TypeException.class, () -> Losses.ctc(w[0], w[1], w[2], w[3])).getMessage();
      assertTrue(e.startsWith("ctc: ") && e.contains("(MoreLossesTest.java:"), e);
    }
    Tensor zero = n.like(0);
    assertThrows(RunException.class, () -> Losses.ctc(z, labels, zero, n), "no steps");
    assertThrows(RunException.class, () -> Losses.ctc(z, labels, n, n.like(3)), "3 of 2 labels");
    assertThrows(RunException.class, () -> Losses.ctc(z, labels.sub(1), n, n), "a blank");
    assertThrows(RunException.class, () -> Losses.ctc(z, labels.add(1), n, n), "class 3 of 3");
    String bools =
        assertThrows(TypeException.class, () -> Losses.cosineEmbedding(z, z, z.sum(-1), 0))
            .getMessage();
    assertTrue(bools.contains("together has type f64[4], expected bool[4]"), bools);
    assertThrows(TypeException.class, () -> Losses.tripletMargin(z, z, z, -1));
    assertThrows(TypeException.class, () -> Losses.marginRanking(z, z, -1));
    assertThrows(TypeException.class, () -> Losses.cosineEmbedding(z, z, z.gt(0), 1.5));
    assertThrows(TypeException.class, () -> Losses.softmaxCrossEntropySmoothed(z, LABELS, 1.5));
    assertThrows(TypeException.class, () -> Losses.softmaxFocal(z, LABELS, -1));
    assertThrows(TypeException.class, () -> Losses.binaryFocal(z, z, 2, 1.5));
    Tensor far = HostTensor.of(new int[] {0, 1, 2, 3}, 4);
    assertThrows(RunException.class, () -> Losses.multiclassHinge(z, far));
    String hot = assertThrows(TypeException.class, () -> Losses.softmaxFocal(z, z, 2)).getMessage();
    assertTrue(hot.contains("take the classes from them with .argMax(-1)"), hot);
  }
}
