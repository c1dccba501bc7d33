package dev.engram.nn;

import static dev.engram.nn.Plain.affine;
import static dev.engram.nn.Plain.join;
import static dev.engram.nn.Plain.map;
import static dev.engram.nn.Plain.sigmoid;
import static dev.engram.nn.Plain.times;
import static dev.engram.nn.Plain.values;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Engram;
import dev.engram.Fn0;
import dev.engram.Grads;
import dev.engram.Layer;
import dev.engram.RandomKey;
import dev.engram.State;
import dev.engram.States;
import dev.engram.etrace.Exclusion;
import dev.engram.etrace.Report;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.online.DRtrl;
import dev.engram.online.Learner;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.apache.commons.math3.complex.Complex;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Every cell against its equations in plain Java, its gradients against differences, and its
 * analysis for online learning.
 */
class CellFormulasTest {
  private static final int IN = 3;
  private static final int HIDDEN = 4;
  private static final int STEPS = 5;
  private static final HostTensor XS = Plain.noise(11, STEPS, IN);

  /**
   * The expected behaviour of a cell.
   *
   * @param plain takes the cell, its states by name, which it updates, and an input; returns the
   *     output
   * @param excluded weights that reach a state only through another weight
   * @param diagonal true when D-RTRL is exact
   */
  private record Case(
      String name, Layer cell, Step plain, Set<String> excluded, boolean diagonal) {}

  private interface Step {
    double[] of(Layer cell, Map<String, double[]> states, double[] x);
  }

  private static final List<Case> CASES =
      List.of(
          of("rnn", RnnCell::new, CellFormulasTest::rnn, Set.of(), false),
          of("gru", GruCell::new, CellFormulasTest::gru, Set.of("Wr"), false),
          of("mgu", MguCell::new, CellFormulasTest::mgu, Set.of(), false),
          of("lstm", LstmCell::new, CellFormulasTest::lstm, Set.of(), false),
          of("urlstm", UrLstmCell::new, CellFormulasTest::urLstm, Set.of(), false),
          of("minimal", MinimalRnnCell::new, CellFormulasTest::minimal, Set.of(), false),
          of("minigru", MiniGruCell::new, CellFormulasTest::miniGru, Set.of(), false),
          of("minilstm", MiniLstmCell::new, CellFormulasTest::miniLstm, Set.of(), false),
          of("mingru", MinGruCell::new, CellFormulasTest::minGru, Set.of(), true),
          of("minlstm", MinLstmCell::new, CellFormulasTest::minLstm, Set.of(), true),
          of("cfn", CfnCell::new, CellFormulasTest::cfn, Set.of(), false),
          of(
              "lru",
              (in, hidden, key, dtype) -> new LruCell(in, hidden, key, dtype, 0.2, 0.9, 3),
              CellFormulasTest::lru,
              Set.of(),
              true));

  private interface Make {
    Layer of(int in, int hidden, RandomKey key, DType dtype);
  }

  private static Case of(
      String name, Make make, Step plain, Set<String> excluded, boolean diagonal) {
    Layer cell = make.of(IN, HIDDEN, RandomKey.of(3), DType.F64);
    Plain.disturb(cell, 0.3);
    return new Case(name, cell, plain, excluded, diagonal);
  }

  @TestFactory
  List<DynamicTest> outputsFollowTheEquations() {
    return each(
        c -> {
          Map<String, double[]> states = new LinkedHashMap<>();
          c.cell.initAllStates();
          c.cell
              .states()
              .subset(State.Kind.HIDDEN)
              .byPath()
              .forEach((path, s) -> states.put(path, new double[HIDDEN]));
          for (int t = 0; t < STEPS; t++) {
            double[] want = c.plain.of(c.cell, states, XS.get(t).host().toDoubles());
            assertArrayEquals(want, c.cell.update(XS.get(t)).host().toDoubles(), 1e-12);
            states.forEach((path, h) -> assertArrayEquals(h, values(c.cell, path), 1e-12, path));
          }
        });
  }

  @TestFactory
  List<DynamicTest> gradientsThroughTimeFollowDifferences() {
    return each(c -> Plain.checkGradient(loss(c.cell), weights(c.cell), 2e-7));
  }

  @TestFactory
  List<DynamicTest> noWeightIsLostOnline() {
    return each(
        c -> {
          c.cell.initAllStates();
          DRtrl<Tensor, Tensor> learner = new DRtrl<>(c.cell, _ -> {});
          learner.compileGraph(XS.get(0));
          Report report = learner.report();
          Set<String> related = new TreeSet<>();
          report.relations().forEach(r -> related.addAll(r.weights()));
          Set<String> readout = new TreeSet<>();
          Set<String> behind = new TreeSet<>();
          for (Exclusion e : report.excluded()) {
            switch (e.reason()) {
              case RELATION_EXCLUDED_NON_TEMPORAL -> readout.addAll(e.weights());
              case RELATION_EXCLUDED_WEIGHT_TO_WEIGHT -> behind.addAll(e.weights());
              default -> throw new AssertionError(e);
            }
          }
          Set<String> all = new TreeSet<>(weights(c.cell).paths());
          Set<String> found = new TreeSet<>(related);
          found.addAll(readout);
          found.addAll(behind);
          assertEquals(all, found);
          Set<String> want = new TreeSet<>();
          c.excluded.forEach(w -> want.addAll(List.of(w + ".weight", w + ".bias")));
          assertEquals(want, behind);
          assertEquals(
              c.name.equals("lru") ? Set.of("Cre.weight", "Cim.weight", "D") : Set.of(), readout);
          assertEquals(1, report.groups().size());
        });
  }

  @TestFactory
  List<DynamicTest> dRtrlIsExactWhereTheRecurrenceIsDiagonalAndOnlyThere() {
    return each(
        c -> {
          Grads through = Engram.grad(loss(c.cell), weights(c.cell)).apply();
          DRtrl<Tensor, Tensor> learner =
              Learner.compile(c.cell, m -> new DRtrl<>(m, _ -> {}), XS.get(0).expandDims(0));
          Tensor xs = HostTensor.of(XS.toDoubles(), STEPS, 1, IN);
          Grads online = learner.grad(xs, xs, (out, _) -> score(out)).grads();
          double difference = 0;
          for (String path : through.paths()) {
            Tensor d = through.get(path).sub(online.get(path)).abs();
            difference = Math.max(difference, d.max().host().item());
          }
          assertEquals(c.diagonal, difference < 1e-12, c.name + " differs by " + difference);
        });
  }

  /** Control: the formulas notice a change in one weight. */
  @Test
  void aChangedWeightChangesTheOutput() {
    for (Case c : CASES) {
      double before = loss(c.cell).apply().host().item();
      weights(c.cell)
          .byPath()
          .forEach(
              (path, s) -> {
                Tensor kept = s.value();
                s.set(kept.mul(1.001));
                double after = loss(c.cell).apply().host().item();
                s.set(kept);
                assertTrue(Math.abs(after - before) > 1e-9, c.name + " " + path);
              });
    }
  }

  @Test
  void refinedGatesStartUniform() {
    UrLstmCell cell = new UrLstmCell(1, 2000, RandomKey.of(1));
    double[] gate = map(values(cell, "bias"), Plain::sigmoid);
    double mean = 0;
    double square = 0;
    for (double g : gate) {
      assertTrue(g >= 1.0 / 2000 - 1e-6 && g <= 1 - 1.0 / 2000 + 1e-6);
      mean += g / gate.length;
      square += g * g / gate.length;
    }
    assertEquals(0.5, mean, 0.02);
    assertEquals(1.0 / 12, square - mean * mean, 0.005);
  }

  @Test
  void eigenvaluesOfTheLinearUnitStartInTheRing() {
    LruCell cell = new LruCell(1, 3000, RandomKey.of(1), DType.F64, 0.4, 0.8, 1);
    double[] nu = values(cell, "nu");
    double[] theta = values(cell, "theta");
    double[] gamma = values(cell, "gamma");
    double square = 0;
    for (int i = 0; i < nu.length; i++) {
      double size = Math.exp(-Math.exp(nu[i]));
      assertTrue(size >= 0.4 && size <= 0.8);
      assertTrue(Math.exp(theta[i]) <= 1);
      assertEquals(Math.sqrt(1 - size * size), Math.exp(gamma[i]), 1e-12);
      square += size * size / nu.length;
    }
    assertEquals((0.16 + 0.64) / 2, square, 0.01);
  }

  private static List<DynamicTest> each(Consumer<Case> check) {
    return CASES.stream().map(c -> DynamicTest.dynamicTest(c.name, () -> check.accept(c))).toList();
  }

  private static States weights(Layer cell) {
    return cell.states().subset(State.Kind.PARAMETER);
  }

  private static Tensor score(Tensor out) {
    return out.sub(0.3).square().sum();
  }

  private static Fn0<Tensor> loss(Layer cell) {
    return () -> {
      cell.initAllStates();
      Tensor sum = XS.like(0).sum();
      for (int t = 0; t < STEPS; t++) {
        sum = sum.add(score(cell.update(XS.get(t))));
      }
      return sum;
    };
  }

  // The equations.

  private static double[] set(Map<String, double[]> s, String name, double[] value) {
    s.put(name, value);
    return value;
  }

  private static double[] mix(double[] p, double[] a, double[] b) {
    double[] out = new double[p.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = p[i] * a[i] + (1 - p[i]) * b[i];
    }
    return out;
  }

  private static double[] sum(double[] a, double[] b) {
    double[] out = new double[a.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = a[i] + b[i];
    }
    return out;
  }

  private static double[] gate(Layer c, String name, double... x) {
    return map(affine(c, name, x), Plain::sigmoid);
  }

  private static double[] tanh(Layer c, String name, double... x) {
    return map(affine(c, name, x), Math::tanh);
  }

  private static double[] rnn(Layer c, Map<String, double[]> s, double[] x) {
    return set(s, "h", tanh(c, "W", join(x, s.get("h"))));
  }

  private static double[] gru(Layer c, Map<String, double[]> s, double[] x) {
    double[] h = s.get("h");
    double[] r = gate(c, "Wr", join(x, h));
    double[] n = tanh(c, "Wh", join(x, times(r, h)));
    return set(s, "h", mix(gate(c, "Wz", join(x, h)), n, h));
  }

  private static double[] mgu(Layer c, Map<String, double[]> s, double[] x) {
    double[] h = s.get("h");
    double[] f = gate(c, "Wf", join(x, h));
    return set(s, "h", mix(f, tanh(c, "Wh", join(x, times(f, h))), h));
  }

  private static double[] lstm(Layer c, Map<String, double[]> s, double[] x) {
    double[] xh = join(x, s.get("h"));
    double[] f = map(affine(c, "Wf", xh), y -> sigmoid(y + 1));
    double[] in = times(gate(c, "Wi", xh), tanh(c, "Wg", xh));
    double[] memory = set(s, "c", sum(times(f, s.get("c")), in));
    return set(s, "h", times(gate(c, "Wo", xh), map(memory, Math::tanh)));
  }

  private static double[] urLstm(Layer c, Map<String, double[]> s, double[] x) {
    double[] xh = join(x, s.get("h"));
    double[] b = values(c, "bias");
    double[] f = map(sum(affine(c, "Wf", xh), b), Plain::sigmoid);
    double[] r = map(sum(affine(c, "Wr", xh), map(b, y -> -y)), Plain::sigmoid);
    double[] g = new double[f.length];
    for (int i = 0; i < g.length; i++) {
      g[i] = 2 * r[i] * f[i] + (1 - 2 * r[i]) * f[i] * f[i];
    }
    double[] memory = set(s, "c", mix(g, s.get("c"), tanh(c, "Wu", xh)));
    return set(s, "h", times(gate(c, "Wo", xh), map(memory, Math::tanh)));
  }

  private static double[] minimal(Layer c, Map<String, double[]> s, double[] x) {
    double[] z = affine(c, "phi", x);
    return set(s, "h", mix(gate(c, "W_u", join(z, s.get("h"))), s.get("h"), z));
  }

  private static double[] miniGru(Layer c, Map<String, double[]> s, double[] x) {
    double[] z = gate(c, "W_z", join(x, s.get("h")));
    return set(s, "h", mix(z, affine(c, "W_x", x), s.get("h")));
  }

  private static double[] miniLstm(Layer c, Map<String, double[]> s, double[] x) {
    double[] xh = join(x, s.get("h"));
    double[] kept = times(gate(c, "W_f", xh), s.get("h"));
    return set(s, "h", sum(kept, times(gate(c, "W_i", xh), affine(c, "W_x", x))));
  }

  private static double[] minGru(Layer c, Map<String, double[]> s, double[] x) {
    return set(s, "h", mix(gate(c, "Wz", x), affine(c, "Wh", x), s.get("h")));
  }

  private static double[] minLstm(Layer c, Map<String, double[]> s, double[] x) {
    double[] f = gate(c, "Wf", x);
    double[] i = gate(c, "Wi", x);
    double[] part = times(f, map(sum(f, i), y -> 1 / y));
    return set(s, "h", mix(part, s.get("h"), affine(c, "Wh", x)));
  }

  private static double[] cfn(Layer c, Map<String, double[]> s, double[] x) {
    double[] xh = join(x, s.get("h"));
    double[] kept = times(gate(c, "Wf", xh), map(s.get("h"), Math::tanh));
    return set(s, "h", sum(kept, times(gate(c, "Wi", xh), tanh(c, "Wh", x))));
  }

  // In complex numbers, unlike the cell.
  private static double[] lru(Layer c, Map<String, double[]> s, double[] x) {
    BiFunction<String, String, Complex[]> complex =
        (a, b) -> {
          double[] re = affine(c, a, x);
          double[] im = affine(c, b, x);
          var out = new Complex[re.length];
          for (int i = 0; i < out.length; i++) {
            out[i] = new Complex(re[i], im[i]);
          }
          return out;
        };
    var input = complex.apply("Bre", "Bim");
    double[] re = new double[HIDDEN];
    double[] im = new double[HIDDEN];
    for (int i = 0; i < HIDDEN; i++) {
      var lambda =
          new Complex(-Math.exp(values(c, "nu")[i]), Math.exp(values(c, "theta")[i])).exp();
      var h = new Complex(s.get("re")[i], s.get("im")[i]);
      var next = lambda.multiply(h).add(input[i].multiply(Math.exp(values(c, "gamma")[i])));
      re[i] = next.getReal();
      im[i] = next.getImaginary();
    }
    s.put("re", re);
    s.put("im", im);
    double[] y = sum(affine(c, "Cre", re), map(affine(c, "Cim", im), v -> -v));
    return sum(y, times(values(c, "D"), x));
  }
}
