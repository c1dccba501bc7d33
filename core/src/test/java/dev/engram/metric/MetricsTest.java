package dev.engram.metric;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Compiler;
import dev.engram.Engram;
import dev.engram.State;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.RunException;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TypeException;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class MetricsTest {
  private static final int BATCHES = 5;
  private static final int SIZE = 8;
  private static final int CLASSES = 4;
  private static final double NAN = Double.NaN;

  private final Random random = new Random(3);
  private final double[][] logits = new double[BATCHES * SIZE][CLASSES];
  private final int[] labels = random.ints(BATCHES * SIZE, 0, CLASSES).toArray();
  private final boolean[] mask = new boolean[BATCHES * SIZE];

  MetricsTest() {
    for (int i = 0; i < mask.length; i++) {
      logits[i] = random.doubles(CLASSES, -1, 1).toArray();
      mask[i] = random.nextInt(4) > 0;
    }
  }

  private Tensor logits(int batch) {
    double[][] part = Arrays.copyOfRange(logits, batch * SIZE, (batch + 1) * SIZE);
    return HostTensor.of(part);
  }

  private Tensor labels(int batch) {
    return HostTensor.of(Arrays.copyOfRange(labels, batch * SIZE, (batch + 1) * SIZE), SIZE);
  }

  private Tensor mask(int batch) {
    return HostTensor.of(Arrays.copyOfRange(mask, batch * SIZE, (batch + 1) * SIZE), SIZE);
  }

  private static double item(Tensor x) {
    return x.host().item();
  }

  private int argMax(int i) {
    int best = 0;
    for (int c = 1; c < CLASSES; c++) {
      best = logits[i][c] > logits[i][best] ? c : best;
    }
    return best;
  }

  private int rank(int i, int c) {
    return (int) Arrays.stream(logits[i]).filter(z -> z > logits[i][c]).count();
  }

  @Test
  void accuracies() {
    for (int k = 1; k <= CLASSES; k++) {
      Accuracy all = new Accuracy(k);
      Accuracy some = new Accuracy(k);
      int hits = 0;
      int counted = 0;
      int hitsOfSome = 0;
      for (int b = 0; b < BATCHES; b++) {
        all.update(logits(b), labels(b));
        some.update(logits(b), labels(b), mask(b));
      }
      for (int i = 0; i < labels.length; i++) {
        int hit = rank(i, labels[i]) < k ? 1 : 0;
        hits += hit;
        hitsOfSome += mask[i] ? hit : 0;
        counted += mask[i] ? 1 : 0;
      }
      assertEquals((double) hits / labels.length, item(all.value()));
      assertEquals((double) hitsOfSome / counted, item(some.value()));
    }
    // the control: the masked ones count
    Accuracy one = new Accuracy();
    one.update(logits(0), labels(0), mask(0).not().or(mask(0)));
    Accuracy plain = new Accuracy();
    plain.update(logits(0), labels(0));
    assertEquals(item(plain.value()), item(one.value()));
  }

  /** Logits and the classes made of them count the same. */
  @Test
  void classesAndLogitsAreAlike() {
    Accuracy byLogits = new Accuracy();
    Accuracy byClasses = new Accuracy();
    ConfusionMatrix logitMatrix = new ConfusionMatrix(CLASSES);
    ConfusionMatrix classMatrix = new ConfusionMatrix(CLASSES);
    for (int b = 0; b < BATCHES; b++) {
      byLogits.update(logits(b), labels(b), mask(b));
      byClasses.update(logits(b).argMax(-1), labels(b), mask(b));
      logitMatrix.update(logits(b), labels(b), mask(b));
      classMatrix.update(logits(b).argMax(-1), labels(b), mask(b));
    }
    assertEquals(item(byLogits.value()), item(byClasses.value()));
    assertEquals(item(logitMatrix.accuracy()), item(byLogits.value()));
    assertTrue(item(byLogits.value()) > 0 && item(byLogits.value()) < 1);
    assertArrayEquals(classMatrix.value().host().toLongs(), logitMatrix.value().host().toLongs());
  }

  @Test
  void predictionsThatAreNeitherAreTold() {
    Tensor labels = HostTensor.of(new int[] {0, 1}, 2);
    Tensor floats = HostTensor.of(new float[] {0, 1}, 2);
    Tensor logits = HostTensor.of(new float[6], 2, 3);
    String classes =
        assertThrows(TypeException.class, () -> new ConfusionMatrix(3).update(floats, labels))
            .getMessage();
    assertTrue(
        classes.startsWith(
            "ConfusionMatrix.update: predictions has type f32[2], expected classes, integers [2]"
                + " such as those of .argMax(-1), or logits, floats [2,C], for the labels i32[2]"
                + " ("),
        classes);
    String few =
        assertThrows(TypeException.class, () -> new ConfusionMatrix(4).update(logits, labels))
            .getMessage();
    assertTrue(few.contains("f32[2,3], expected a logit for each of the 4 classes ("), few);
    String top =
        assertThrows(TypeException.class, () -> new Accuracy(2).update(labels, labels))
            .getMessage();
    assertTrue(top.contains("expected logits [..., C] for the labels i32[2] and k=2 ("), top);
  }

  private long[][] counts(boolean masked) {
    long[][] c = new long[CLASSES][CLASSES];
    for (int i = 0; i < labels.length; i++) {
      c[labels[i]][argMax(i)] += masked && !mask[i] ? 0 : 1;
    }
    return c;
  }

  @Test
  void confusionMatrices() {
    ConfusionMatrix m = new ConfusionMatrix(CLASSES);
    for (int b = 0; b < BATCHES; b++) {
      m.update(logits(b).argMax(-1), labels(b), mask(b));
    }
    long[][] c = counts(true);
    assertArrayEquals(
        Arrays.stream(c).flatMapToLong(Arrays::stream).toArray(), m.value().host().toLongs());
    double macro = 0;
    double weighted = 0;
    double recalls = 0;
    double precisions = 0;
    double right = 0;
    double all = 0;
    for (int i = 0; i < CLASSES; i++) {
      double hit = c[i][i];
      double row = Arrays.stream(c[i]).sum();
      double column = 0;
      for (int j = 0; j < CLASSES; j++) {
        column += c[j][i];
      }
      double precision = hit / column;
      double recall = hit / row;
      double f1 = 2 * hit / (row + column);
      assertEquals(precision, m.precision().host().getDouble(i), 1e-15);
      assertEquals(recall, m.recall().host().getDouble(i), 1e-15);
      assertEquals(f1, m.f1().host().getDouble(i), 1e-15);
      macro += f1 / CLASSES;
      weighted += f1 * row;
      precisions += precision / CLASSES;
      recalls += recall * row;
      right += hit;
      all += row;
    }
    assertEquals(macro, item(m.f1(Average.MACRO)), 1e-15);
    assertEquals(weighted / all, item(m.f1(Average.WEIGHTED)), 1e-15);
    assertEquals(right / all, item(m.f1(Average.MICRO)), 1e-15);
    assertEquals(precisions, item(m.precision(Average.MACRO)), 1e-15);
    assertEquals(recalls / all, item(m.recall(Average.WEIGHTED)), 1e-15);
    assertEquals(right / all, item(m.accuracy()), 1e-15);
  }

  /** Class 1 is never predicted, class 3 never a label, class 2 never occurs. */
  @Test
  void classesThatDoNotOccur() {
    ConfusionMatrix m = new ConfusionMatrix(4);
    m.update(HostTensor.of(new int[] {0, 0, 3, 0}, 4), HostTensor.of(new int[] {0, 1, 0, 1}, 4));
    assertArrayEquals(
        new double[] {1.0 / 3, NAN, NAN, 0}, m.precision().host().toDoubles(), "precision");
    assertArrayEquals(new double[] {0.5, 0, NAN, NAN}, m.recall().host().toDoubles(), "recall");
    assertArrayEquals(new double[] {0.4, 0, NAN, 0}, m.f1().host().toDoubles(), "f1");
    assertEquals(1.0 / 9, item(m.precision(Average.MACRO)), 1e-15);
    assertEquals(0.5 / 3, item(m.recall(Average.MACRO)), 1e-15);
    assertEquals(0.4 / 3, item(m.f1(Average.MACRO)), 1e-15);
    assertEquals(0.2, item(m.f1(Average.WEIGHTED)), 1e-15);
    assertEquals(0.25, item(m.f1(Average.MICRO)), 1e-15);
  }

  @Test
  void meansAndErrors() {
    Mean mean = new Mean();
    MeanSquaredError error = new MeanSquaredError();
    RSquared r = new RSquared();
    RSquared plain = new RSquared();
    int n = BATCHES * SIZE;
    double[] y = random.doubles(n, 1e6, 1e6 + 3).toArray();
    double[] t = random.doubles(n, 1e6, 1e6 + 3).toArray();
    double[] w = random.doubles(n, 0, 2).toArray();
    for (int i = 0; i < n; i++) {
      w[i] = mask[i] ? w[i] : 0;
    }
    for (int b = 0; b < BATCHES; b++) {
      HostTensor yb = part(y, b);
      HostTensor tb = part(t, b);
      HostTensor wb = part(w, b);
      plain.update(yb, tb);
      // what does not count may be anything
      for (int i = 0; i < SIZE; i++) {
        if (!mask[b * SIZE + i]) {
          yb.setDouble(i, NAN);
          tb.setDouble(i, NAN);
        }
      }
      mean.update(yb, wb);
      error.update(yb, tb, wb);
      r.update(yb, tb, wb);
    }
    double sum = 0;
    double weights = 0;
    double squares = 0;
    double targets = 0;
    for (int i = 0; i < n; i++) {
      sum += w[i] * y[i];
      targets += w[i] * t[i];
      squares += w[i] * (y[i] - t[i]) * (y[i] - t[i]);
      weights += w[i];
    }
    double spread = 0;
    for (int i = 0; i < n; i++) {
      double e = t[i] - targets / weights;
      spread += w[i] * e * e;
    }
    assertEquals(sum / weights, item(mean.value()), 1e-9);
    assertEquals(squares / weights, item(error.value()), 1e-13);
    assertEquals(1 - squares / spread, item(r.value()), 1e-9);
    double centre = Arrays.stream(t).average().orElseThrow();
    double around = Arrays.stream(t).map(x -> (x - centre) * (x - centre)).sum();
    double off = 0;
    for (int i = 0; i < n; i++) {
      off += (y[i] - t[i]) * (y[i] - t[i]);
    }
    assertEquals(1 - off / around, item(plain.value()), 1e-9);
    RSquared even = new RSquared();
    even.update(part(y, 0), part(y, 0).like(3));
    assertEquals(Double.NEGATIVE_INFINITY, item(even.value()), "equal targets");
  }

  private static HostTensor part(double[] all, int batch) {
    return HostTensor.of(Arrays.copyOfRange(all, batch * SIZE, (batch + 1) * SIZE), SIZE);
  }

  @Test
  void areasAreFractionsOfPairs() {
    int parts = 50;
    int n = BATCHES * SIZE;
    // scores in the middle of parts, so that equal parts are equal scores
    double[] scores = random.ints(n, 0, parts).mapToDouble(i -> (i + 0.5) / parts).toArray();
    scores[3] = 1;
    scores[4] = 0;
    RocAuc area = new RocAuc(parts);
    double pairs = 0;
    double won = 0;
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        if (mask[i] && mask[j] && labels[i] > 1 && labels[j] <= 1) {
          int a = Math.min((int) (scores[i] * parts), parts - 1);
          int b = Math.min((int) (scores[j] * parts), parts - 1);
          pairs++;
          won += a > b ? 1 : a == b ? 0.5 : 0;
        }
      }
    }
    for (int b = 0; b < BATCHES; b++) {
      HostTensor s = part(scores, b);
      for (int i = 0; i < SIZE; i++) {
        if (!mask[b * SIZE + i]) {
          s.setDouble(i, i % 2 == 0 ? NAN : 7);
        }
      }
      area.update(s, labels(b).gt(1), mask(b));
    }
    assertEquals(won / pairs, item(area.value()), 1e-14);
    for (double bad : new double[] {-1e-9, 1.0000001, 1e300, NAN, Double.POSITIVE_INFINITY}) {
      Tensor one = HostTensor.of(new double[] {bad}, 1);
      assertThrows(RunException.class, () -> new RocAuc(9).update(one, one.ne(0)), "" + bad);
    }
  }

  /** Compiled, in a compiled loop, and at once: the same states. */
  @Test
  void tracedCodeCollectsTheSame() {
    Tensor all = Tensor.stack(0, List.of(logits(0), logits(1), logits(2), logits(3), logits(4)));
    Tensor of = Tensor.stack(0, List.of(labels(0), labels(1), labels(2), labels(3), labels(4)));
    for (String backend : List.of("loops", "cpu")) {
      Every plain = new Every();
      Every compiled = new Every();
      Every looped = new Every();
      var step = Engram.jit(new Compiler(backend), compiled::update);
      for (int b = 0; b < BATCHES; b++) {
        plain.update(logits(b), labels(b));
        step.apply(logits(b), labels(b));
      }
      Engram.jit(
              new Compiler(backend), (Tensor x, Tensor y) -> Engram.forLoop(looped::update, x, y))
          .apply(all, of);
      for (Every e : List.of(compiled, looped)) {
        assertEquals(plain.values(), e.values(), backend);
        e.metrics.forEach(Metric::reset);
        assertEquals(new Every().values(), e.values(), "after a reset");
      }
    }
  }

  private static final class Every {
    final Accuracy accuracy = new Accuracy(2);
    final ConfusionMatrix matrix = new ConfusionMatrix(CLASSES);
    final Mean mean = new Mean();
    final MeanSquaredError error = new MeanSquaredError();
    final RSquared r = new RSquared();
    final RocAuc area = new RocAuc(64);
    final List<Metric> metrics = List.of(accuracy, matrix, mean, error, r, area);

    Tensor update(Tensor logits, Tensor labels) {
      accuracy.update(logits, labels);
      matrix.update(logits.argMax(-1), labels);
      // few digits: sums are exact in any order
      Tensor few = logits.mul(64).round();
      mean.update(few);
      error.update(few, few.reverse(0));
      r.update(few, few.reverse(0));
      area.update(logits.mul(0.5).add(0.5), logits.sub(logits.mean(-1).expandDims(-1)).gt(0));
      return accuracy.value();
    }

    List<String> values() {
      return metrics.stream().map(m -> m.value().cast(DType.F32).host().toString()).toList();
    }
  }

  @Test
  void nothingIsNaN() {
    for (Supplier<Metric> s :
        List.<Supplier<Metric>>of(
            Accuracy::new, Mean::new, MeanSquaredError::new, RSquared::new, () -> new RocAuc(3))) {
      Metric m = s.get();
      assertTrue(Double.isNaN(item(m.value())), m.toString());
    }
    ConfusionMatrix m = new ConfusionMatrix(2);
    for (Average a : Average.values()) {
      assertTrue(Double.isNaN(item(m.f1(a))), "" + a);
    }
    Mean padded = new Mean();
    Tensor x = HostTensor.of(new double[] {1, 2}, 2);
    padded.update(x, x.lt(0));
    assertTrue(Double.isNaN(item(padded.value())));
    padded.update(x, x.lt(2));
    assertEquals(1, item(padded.value()));
  }

  /** Beyond 2^24, where f32 would stay, and 2^53, where f64 would. */
  @Test
  void countsAreExact() {
    for (long start : new long[] {(1L << 24) - 1, (1L << 53) - 1}) {
      ConfusionMatrix m = new ConfusionMatrix(2);
      State counts = m.states().values().iterator().next();
      counts.set(HostTensor.full(TensorType.of(DType.I64, 2, 2), start));
      for (int i = 0; i < 3; i++) {
        m.update(HostTensor.of(new int[] {1, 1}, 2), HostTensor.of(new int[] {0, 1}, 2));
      }
      long[] want = {start, start + 3, start, start + 3};
      assertArrayEquals(want, m.value().host().toLongs());
    }
  }

  @Test
  void badOperandsAreRefused() {
    Tensor x = HostTensor.of(new double[] {0.1, 0.2}, 2);
    Tensor i = HostTensor.of(new int[] {0, 1}, 2);
    Tensor wide = HostTensor.of(new double[] {0.1, 0.2, 0.3, 0.4}, 2, 2);
    List<Runnable> wrong =
        List.of(
            () -> new Mean().update(i),
            () -> new Mean().update(x, i),
            () -> new Mean().update(wide, x),
            () -> new MeanSquaredError().update(x, wide),
            () -> new RSquared().update(x, i),
            () -> new Accuracy(3).update(wide, i),
            () -> new Accuracy().update(wide, i, i),
            () -> new Accuracy().update(wide, i, wide.gt(0)),
            () -> new ConfusionMatrix(2).update(x, i),
            () -> new ConfusionMatrix(2).update(i, i.get(0)),
            () -> new ConfusionMatrix(2).update(i, i, i),
            () -> new ConfusionMatrix(46_341),
            () -> new RocAuc(9).update(x, i),
            () -> new RocAuc(9).update(i, i.gt(0)));
    for (Runnable r : wrong) {
      String e = assertThrows(TypeException.class, r::run).getMessage();
      assertTrue(e.contains("expected") && e.contains("MetricsTest.java:"), e);
    }
    RunException e =
        assertThrows(RunException.class, () -> new ConfusionMatrix(2).update(i.add(1), i));
    assertTrue(e.getMessage().contains("predictions[1] = 2"), e.getMessage());
    // masked: not read
    new ConfusionMatrix(2).update(i.add(1), i, i.lt(1));
  }
}
