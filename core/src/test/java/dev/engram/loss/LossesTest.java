package dev.engram.loss;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Engram;
import dev.engram.Fn2;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.RunException;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TypeException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.DoubleBinaryOperator;
import org.junit.jupiter.api.Test;

class LossesTest {
  private final HostTensor logits = HostTensor.of(new double[] {1, 2, 3, 1000, -1000, 0}, 2, 3);

  @Test
  void crossEntropyPerElement() {
    double lse = Math.log(Math.exp(1) + Math.exp(2) + Math.exp(3));
    Tensor loss = Losses.softmaxCrossEntropy(logits, HostTensor.of(new int[] {1, 2}, 2));
    assertArrayEquals(new double[] {lse - 2, 1000}, loss.host().toDoubles(), 1e-12);
    // ∂/∂logits = softmax - onehot
    Tensor g =
        Engram.grad(
                (Tensor y) ->
                    Losses.softmaxCrossEntropy(y, HostTensor.of(new long[] {1, 0}, 2)).sum())
            .apply(logits);
    double[] want = {Math.exp(1 - lse), Math.exp(2 - lse) - 1, Math.exp(3 - lse), 0, 0, 0};
    assertArrayEquals(want, g.host().toDoubles(), 1e-12);
  }

  @Test
  void crossEntropyOfLargeLogitsKeepsTheirDifferences() {
    HostTensor large = HostTensor.of(new float[] {1e7f, 1e7f}, 1, 2);
    assertArrayEquals(new double[] {0.5, 0.5}, large.softmax(-1).host().toDoubles(), 1e-6);
    Tensor loss = Losses.softmaxCrossEntropy(large, HostTensor.of(new int[] {0}, 1));
    assertEquals(Math.log(2), loss.host().item(), 1e-6);
  }

  @Test
  void aMaskedClassCountsNothing() {
    HostTensor masked =
        HostTensor.of(new double[] {0, Double.NEGATIVE_INFINITY, 0, Double.NEGATIVE_INFINITY}, 4);
    Tensor label = HostTensor.of(new int[] {2});
    Tensor target = HostTensor.of(new double[] {0.5, 0, 0.5, 0}, 4);
    assertEquals(Math.log(2), Losses.softmaxCrossEntropy(masked, label).host().item(), 1e-12);
    assertEquals(Math.log(2), Losses.softmaxCrossEntropyTo(masked, target).host().item(), 1e-12);
    double[] want = {0.5, 0, -0.5, 0};
    assertArrayEquals(
        want,
        Engram.grad((Tensor y) -> Losses.softmaxCrossEntropy(y, label))
            .apply(masked)
            .host()
            .toDoubles(),
        1e-12);
  }

  /**
   * Losses of one prediction and one target; a column against a row would broadcast to a matrix.
   */
  private static final Map<String, Fn2<Tensor, Tensor, Tensor>> ELEMENTWISE =
      Map.ofEntries(
          Map.entry("squaredError", Losses::squaredError),
          Map.entry("meanSquaredError", Losses::meanSquaredError),
          Map.entry("absoluteError", Losses::absoluteError),
          Map.entry("meanAbsoluteError", Losses::meanAbsoluteError),
          Map.entry("huber", (a, b) -> Losses.huber(a, b, 1)),
          Map.entry("binaryCrossEntropy", Losses::binaryCrossEntropy),
          Map.entry("softmaxCrossEntropyTo", Losses::softmaxCrossEntropyTo),
          Map.entry("klDivergence", Losses::klDivergence),
          Map.entry("binaryFocal", (a, b) -> Losses.binaryFocal(a, b, 2)),
          Map.entry("hinge", Losses::hinge),
          Map.entry("squaredHinge", Losses::squaredHinge),
          Map.entry("logCosh", Losses::logCosh),
          Map.entry("poissonNegativeLogLikelihood", Losses::poissonNegativeLogLikelihood),
          Map.entry(
              "gaussianNegativeLogLikelihood",
              (a, b) -> Losses.gaussianNegativeLogLikelihood(a, a, b)),
          Map.entry("vanRossum", (a, b) -> Losses.vanRossum(a, b, 1, 1)),
          Map.entry("binaryAccuracy", Metrics::binaryAccuracy));

  private static String refused(Fn2<Tensor, Tensor, Tensor> loss, HostTensor a, HostTensor b) {
    return assertThrows(TypeException.class, () -> loss.apply(a, b)).getMessage();
  }

  @Test
  void aColumnAgainstARowIsRefused() {
    HostTensor column = HostTensor.of(new double[] {1, 2}, 2, 1);
    HostTensor row = HostTensor.of(new double[] {1, 2}, 2);
    HostTensor table = HostTensor.of(new double[] {1, 2, 3, 4, 5, 6}, 3, 2);
    ELEMENTWISE.forEach(
        (name, loss) -> {
          String e = refused(loss, column, row);
          assertTrue(
              e.contains(name + ": the target has type f64[2], expected the shape of the"), e);
          assertTrue(e.contains("f64[2,1]"), e);
          assertTrue(e.contains("give the target that shape with .reshape(2, 1)"), e);
          assertTrue(e.contains("(LossesTest.java:"), e);
          String one = refused(loss, table, row);
          assertTrue(one.contains("if one target is meant for many"), one);
          assertTrue(one.contains("say so with .broadcastTo(3, 2)"), one);
          loss.apply(column, column);
        });
  }

  /**
   * Every public function of several tensors is listed above, or takes other pairs and is refused
   * here.
   */
  @Test
  void allOthersRefuseItToo() {
    HostTensor column = HostTensor.of(new double[] {1, 2}, 2, 1);
    HostTensor row = HostTensor.of(new double[] {1, 2}, 2);
    HostTensor labels = HostTensor.of(new int[] {0, 0}, 2, 1);
    Map<String, Runnable> others =
        Map.ofEntries(
            Map.entry("cosineSimilarity", () -> Losses.cosineSimilarity(column, row)),
            Map.entry("cosineDistance", () -> Losses.cosineDistance(column, row)),
            Map.entry(
                "cosineEmbedding", () -> Losses.cosineEmbedding(column, column, column.gt(0), 0)),
            Map.entry("tripletMargin", () -> Losses.tripletMargin(column, column, row, 1)),
            Map.entry("marginRanking", () -> Losses.marginRanking(column, row, 1)),
            Map.entry("softmaxCrossEntropy", () -> Losses.softmaxCrossEntropy(column, labels)),
            Map.entry(
                "softmaxCrossEntropySmoothed",
                () -> Losses.softmaxCrossEntropySmoothed(column, labels, 0.1)),
            Map.entry("negativeLogLikelihood", () -> Losses.negativeLogLikelihood(column, labels)),
            Map.entry("softmaxFocal", () -> Losses.softmaxFocal(column, labels, 2)),
            Map.entry("multiclassHinge", () -> Losses.multiclassHinge(column, labels)),
            Map.entry("ctc", () -> Losses.ctc(column, labels, row, row)),
            Map.entry("maskedMean", () -> Losses.maskedMean(row, column.gt(0))),
            Map.entry("topKHits", () -> Metrics.topKHits(column, labels, 1)),
            Map.entry("topKAccuracy", () -> Metrics.topKAccuracy(column, labels, 1)),
            Map.entry("hits", () -> Metrics.hits(column, labels)),
            Map.entry("accuracy", () -> Metrics.accuracy(column, labels)));
    others.forEach((name, call) -> assertThrows(TypeException.class, call::run, name));
    Set<String> all = new TreeSet<>(others.keySet());
    all.addAll(ELEMENTWISE.keySet());
    Set<String> found = new TreeSet<>();
    for (Class<?> owner : List.of(Losses.class, Metrics.class)) {
      for (Method m : owner.getDeclaredMethods()) {
        long tensors = Arrays.stream(m.getParameterTypes()).filter(t -> t == Tensor.class).count();
        if (Modifier.isPublic(m.getModifiers()) && tensors > 1) {
          found.add(m.getName());
        }
      }
    }
    assertEquals(found, all);
  }

  /** One vector may be compared with many if that is explicit: as many axes in both. */
  @Test
  void cosinesCompareOneVectorWithMany() {
    HostTensor many = HostTensor.of(new double[] {3, 4, 0, 1}, 2, 2);
    HostTensor one = HostTensor.of(new double[] {0, 1}, 1, 2);
    double[] got = Losses.cosineSimilarity(many, one).host().toDoubles();
    assertArrayEquals(new double[] {0.8, 1}, got, 1e-15);
  }

  @Test
  void numbersOutOfRangeAreRefused() {
    HostTensor x = HostTensor.of(new double[] {1, 2}, 2);
    for (double bad : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
      assertThrows(TypeException.class, () -> Losses.huber(x, x, bad));
      assertThrows(TypeException.class, () -> Losses.vanRossum(x, x, bad, 1));
      assertThrows(TypeException.class, () -> Losses.vanRossum(x, x, 1, bad));
    }
  }

  /** Labels of every integer type, for classes beyond it. */
  @Test
  void classNumbersDoNotWrap() {
    int classes = 70_000;
    for (DType dtype : List.of(DType.U8, DType.I8, DType.I16, DType.I32, DType.I64)) {
      HostTensor label = HostTensor.of(new int[] {5}, 1).cast(dtype).host();
      HostTensor hot = label.oneHot(classes, DType.F32).host();
      assertEquals(1, hot.sum().host().item(), "ones for " + dtype);
      assertEquals(1, hot.getDouble(5));
      // a class index that wraps to 5 in the labels' type
      for (int other : new int[] {5 + 256, 5 + 65_536}) {
        HostTensor z = HostTensor.allocate(TensorType.of(DType.F64, 1, classes));
        z.setDouble(other, 20);
        double want = Math.log(classes - 1 + Math.exp(20));
        String text = dtype + " against class " + other;
        Tensor loss = Losses.softmaxCrossEntropy(z, label);
        assertEquals(want, loss.host().getDouble(0), 1e-9, text);
        assertEquals(0, Metrics.hits(z, label).host().getDouble(0), text);
        assertEquals(0, Metrics.accuracy(z, label).host().item(), text);
        // control: the label itself is hit
        z.setDouble(5, 21);
        assertEquals(1, Metrics.hits(z, label).host().getDouble(0), text);
      }
    }
    HostTensor far = HostTensor.of(new long[] {(1L << 32) + 5}, 1);
    HostTensor z = HostTensor.of(new double[] {0, 0, 0, 0, 0, 9}, 1, 6);
    assertEquals(0, Metrics.hits(z, far).host().getDouble(0), "an i64 that is 5 in i32");
  }

  @Test
  void oneHotLabelsGetTheLossThatTakesThem() {
    HostTensor z = HostTensor.of(new double[] {1, 2, 3, 4}, 2, 2);
    for (HostTensor hot : List.of(z, HostTensor.of(new int[] {1, 0, 0, 1}, 2, 2))) {
      String e = refused(Losses::softmaxCrossEntropy, z, hot);
      assertTrue(e.contains("use softmaxCrossEntropyTo"), e);
      String m = refused(Metrics::accuracy, z, hot);
      assertTrue(m.contains("accuracy: ") && m.contains(".argMax(-1)"), m);
    }
    String floats = refused(Losses::softmaxCrossEntropy, z, HostTensor.of(new double[] {1, 0}, 2));
    assertTrue(floats.contains("convert them with .cast(DType.I32)"), floats);
  }

  /** ∂/∂target = -log p also where the target is 0; a masked class keeps 0. */
  @Test
  void targetsOfZeroHaveADerivative() {
    HostTensor z = HostTensor.of(new double[] {1, 2, 3}, 3);
    double l = Math.log(Math.exp(1) + Math.exp(2) + Math.exp(3));
    for (double[] t : new double[][] {{0, 1, 0}, {0.2, 0.5, 0.3}, {0, 0, 0}}) {
      Tensor g =
          Engram.grad((Tensor x) -> Losses.softmaxCrossEntropyTo(z, x)).apply(HostTensor.of(t, 3));
      assertArrayEquals(new double[] {l - 1, l - 2, l - 3}, g.host().toDoubles(), 1e-14);
    }
    HostTensor masked = HostTensor.of(new double[] {1, Double.NEGATIVE_INFINITY, 3}, 3);
    double m = Math.log(Math.exp(1) + Math.exp(3));
    Tensor g =
        Engram.grad((Tensor x) -> Losses.softmaxCrossEntropyTo(masked, x))
            .apply(HostTensor.of(new double[] {0, 0, 1}, 3));
    assertArrayEquals(new double[] {m - 1, 0, m - 3}, g.host().toDoubles(), 1e-14);
    // the derivative in the logits is p Σt - t, at targets of 0 too
    Tensor dz =
        Engram.grad(
                (Tensor y) ->
                    Losses.softmaxCrossEntropyTo(y, HostTensor.of(new double[] {0, 1, 0}, 3)))
            .apply(z);
    double[] want = {Math.exp(1 - l), Math.exp(2 - l) - 1, Math.exp(3 - l)};
    assertArrayEquals(want, dz.host().toDoubles(), 1e-14);
  }

  @Test
  void aTargetOutOfRangeStopsTheRun() {
    HostTensor labels = HostTensor.of(new int[] {1, 3}, 2);
    for (boolean jit : new boolean[] {false, true}) {
      String e =
          assertThrows(
                  RunException.class,
                  () -> {
                    if (jit) {
                      Engram.jit((Tensor y, Tensor t) -> Losses.softmaxCrossEntropy(y, t))
                          .apply(logits, labels);
                    } else {
                      Losses.softmaxCrossEntropy(logits, labels);
                    }
                  })
              .getMessage();
      assertTrue(e.contains("labels[1] = 3, expected 0 <= value < 3"), e);
      assertTrue(e.contains("LossesTest.java:"), e);
    }
  }

  /** Their kernels have the same code, but number the points of their checks differently. */
  @Test
  void labelsAreCheckedInsideLoopsAndOutside() {
    HostTensor labels = HostTensor.of(new int[] {1, 2}, 2);
    Fn2<Tensor, Tensor, Tensor> outside = Engram.jit(Losses::softmaxCrossEntropy);
    Fn2<Tensor, Tensor, Tensor> inside =
        Engram.jit((y, t) -> Engram.forLoop(Losses::softmaxCrossEntropy, y, t));
    Tensor loop =
        inside.apply(
            Tensor.stack(0, List.of(logits, logits)), Tensor.stack(0, List.of(labels, labels)));
    assertArrayEquals(
        outside.apply(logits, labels).host().toDoubles(), loop.get(1).host().toDoubles());
  }

  @Test
  void refusesOtherTypes() {
    String labels =
        assertThrows(TypeException.class, () -> Losses.softmaxCrossEntropy(logits, logits.get(0)))
            .getMessage();
    assertTrue(labels.contains("the labels have type f64[3], expected i32[2]"), labels);
    assertThrows(
        TypeException.class,
        () -> Losses.softmaxCrossEntropy(logits, HostTensor.of(new int[] {1, 2, 3}, 3)));
  }

  @Test
  void squaredError() {
    assertEquals(
        5.0,
        Losses.squaredError(
                HostTensor.of(new double[] {1, 2}, 2), HostTensor.of(new double[] {0, 4}, 2))
            .sum()
            .host()
            .item());
  }

  private static final double[] A = {1.5, -2, 0.25, 40, -0.5, 3};
  private static final double[] B = {0.5, -1, 0.75, 0, 1, 0.25};

  private static void check(Fn2<Tensor, Tensor, Tensor> loss, DoubleBinaryOperator want) {
    double[] expected = new double[A.length];
    for (int i = 0; i < A.length; i++) {
      expected[i] = want.applyAsDouble(A[i], B[i]);
    }
    HostTensor b = HostTensor.of(B, 2, 3);
    assertArrayEquals(expected, loss.apply(HostTensor.of(A, 2, 3), b).host().toDoubles(), 1e-12);
    Tensor g = Engram.grad((Tensor a) -> loss.apply(a, b).sum()).apply(HostTensor.of(A, 2, 3));
    for (int i = 0; i < A.length; i++) {
      double e = 1e-6;
      double slope = want.applyAsDouble(A[i] + e, B[i]) - want.applyAsDouble(A[i] - e, B[i]);
      assertEquals(slope / (2 * e), g.host().getDouble(i), 1e-6, "slope at " + A[i]);
    }
  }

  @Test
  void theElementwiseOnesAreTheirFormulas() {
    check(Losses::squaredError, (a, b) -> (a - b) * (a - b));
    check(Losses::absoluteError, (a, b) -> Math.abs(a - b));
    check(
        (a, b) -> Losses.huber(a, b, 0.75),
        (a, b) -> {
          double e = Math.abs(a - b);
          return e <= 0.75 ? e * e / 2 : 0.75 * (e - 0.75 / 2);
        });
    check(
        Losses::binaryCrossEntropy,
        (z, t) -> t * Math.log1p(Math.exp(-z)) + (1 - t) * (Math.log1p(Math.exp(-z)) + z));
  }

  @Test
  void binaryCrossEntropyOfLargeLogitsIsFinite() {
    HostTensor z = HostTensor.of(new double[] {-1000, 1000}, 2);
    HostTensor t = HostTensor.of(new double[] {1, 1}, 2);
    assertArrayEquals(
        new double[] {1000, 0}, Losses.binaryCrossEntropy(z, t).host().toDoubles(), 1e-12);
  }

  @Test
  void meansAreOverAllElements() {
    HostTensor a = HostTensor.of(A, 2, 3);
    HostTensor b = HostTensor.of(B, 2, 3);
    double square = 0;
    double absolute = 0;
    for (int i = 0; i < 6; i++) {
      square += (A[i] - B[i]) * (A[i] - B[i]) / 6;
      absolute += Math.abs(A[i] - B[i]) / 6;
    }
    assertEquals(square, Losses.meanSquaredError(a, b).host().item(), 1e-12);
    assertEquals(absolute, Losses.meanAbsoluteError(a, b).host().item(), 1e-12);
  }

  @Test
  void softTargetsGeneralizeLabels() {
    HostTensor y = HostTensor.of(new double[] {1, 2, 3}, 3);
    HostTensor p = HostTensor.of(new double[] {0.2, 0.5, 0.3}, 3);
    double lse = Math.log(Math.exp(1) + Math.exp(2) + Math.exp(3));
    double want = lse - (0.2 * 1 + 0.5 * 2 + 0.3 * 3);
    assertEquals(want, Losses.softmaxCrossEntropyTo(y, p).host().item(), 1e-12);
  }

  @Test
  void cosines() {
    HostTensor a = HostTensor.of(new double[] {3, 4, 0, 0, 1, 1}, 3, 2);
    HostTensor b = HostTensor.of(new double[] {4, 3, 1, 2, -2, -2}, 3, 2);
    assertArrayEquals(
        new double[] {24.0 / 25, 0, -1}, Losses.cosineSimilarity(a, b).host().toDoubles(), 1e-12);
    assertArrayEquals(
        new double[] {1.0 / 25, 1, 2}, Losses.cosineDistance(a, b).host().toDoubles(), 1e-12);
    // d cos/da at a = (3, 4), |a| = 5: b/(|a||b|) - cos a/|a|²
    Tensor g = Engram.grad((Tensor x) -> Losses.cosineSimilarity(x, b).sum()).apply(a);
    assertEquals(4.0 / 25 - 24.0 / 25 * 3 / 25, g.host().getDouble(0), 1e-12);
    assertTrue(Double.isFinite(g.host().getDouble(2)));
  }

  @Test
  void accuracies() {
    HostTensor y = HostTensor.of(new double[] {1, 2, 0, 5, 1, 9}, 3, 2);
    HostTensor labels = HostTensor.of(new long[] {1, 1, 0}, 3);
    assertArrayEquals(new double[] {1, 1, 0}, Metrics.hits(y, labels).host().toDoubles());
    assertEquals(2 / 3.0, Metrics.accuracy(y, labels).host().item(), 1e-7);
    assertThrows(TypeException.class, () -> Metrics.accuracy(y, y));
    HostTensor three = HostTensor.of(new double[] {1, 2, 3, 5, 5, 5, 7, 9, 8}, 3, 3);
    HostTensor of = HostTensor.of(new int[] {1, 2, 1}, 3);
    assertArrayEquals(new double[] {0, 0, 1}, Metrics.topKHits(three, of, 1).host().toDoubles());
    assertArrayEquals(new double[] {1, 0, 1}, Metrics.topKHits(three, of, 2).host().toDoubles());
    assertEquals(1, Metrics.topKAccuracy(three, of, 3).host().item());
    assertThrows(TypeException.class, () -> Metrics.topKHits(three, of, 4));
    HostTensor z = HostTensor.of(new double[] {-1, 2, 3, -4}, 4);
    HostTensor t = HostTensor.of(new double[] {0, 1, 0, 0}, 4);
    assertEquals(0.75, Metrics.binaryAccuracy(z, t).host().item());
    HostTensor uniform = HostTensor.of(new double[] {Math.log(7), Math.log(7)}, 2);
    assertEquals(7, Metrics.perplexity(uniform).host().item(), 1e-12);
  }
}
