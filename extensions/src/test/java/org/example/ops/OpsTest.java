package org.example.ops;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Compiler;
import dev.engram.Engram;
import dev.engram.Fn1;
import dev.engram.TracedFunction;
import dev.engram.ir.Graph;
import dev.engram.ir.GraphEquality;
import dev.engram.ir.HostTensor;
import dev.engram.ir.RunException;
import dev.engram.ir.Tensor;
import dev.engram.ir.TypeException;
import dev.engram.ir.text.OpTable;
import dev.engram.ir.text.Parser;
import dev.engram.ir.text.Printer;
import dev.engram.testkit.GoldenFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every op of this module passes the checks that ops of the library pass. */
class OpsTest {
  private static final double[] X = {-1.5, 0.25, 2, -0.6};

  private static Tensor f64(double... values) {
    return HostTensor.of(values, values.length);
  }

  private static double[] values(Tensor t) {
    return t.host().toDoubles();
  }

  static List<String> smooth() {
    return List.of("leakySum", "mish", "softsign");
  }

  private static Fn1<Tensor, Tensor> op(String name) {
    Map<String, Fn1<Tensor, Tensor>> all = new TreeMap<>();
    all.put("mish", Activations::mish);
    all.put("softsign", Activations::softsign);
    all.put("leakySum", x -> LeakySum.of(x, 0.5));
    return Objects.requireNonNull(all.get(name));
  }

  @Test
  void valuesAreThoseOfTheFormula() {
    for (int i = 0; i < X.length; i++) {
      double x = X[i];
      assertEquals(
          x * Math.tanh(Math.log1p(Math.exp(x))), values(Activations.mish(f64(X)))[i], 1e-15);
      assertEquals(x / (1 + Math.abs(x)), values(Activations.softsign(f64(X)))[i], 1e-15);
    }
    assertArrayEquals(
        new double[] {1, 2.5, 4.25, 6.125}, values(LeakySum.of(f64(1, 2, 3, 4), 0.5)));
    assertArrayEquals(new double[] {-2, 0, 2, -1}, values(RoundThrough.of(f64(X))));
  }

  @ParameterizedTest
  @MethodSource("smooth")
  void derivativesAreThoseOfDifferences(String name) {
    Fn1<Tensor, Tensor> f = op(name);
    double[] forward = values(Engram.jacfwd(f).apply(f64(X)));
    assertArrayEquals(forward, values(Engram.jacrev(f).apply(f64(X))), 1e-14);
    int n = X.length;
    double h = 1e-5;
    for (int j = 0; j < n; j++) {
      double[] up = X.clone();
      double[] down = X.clone();
      up[j] += h;
      down[j] -= h;
      double[] above = values(f.apply(f64(up)));
      double[] below = values(f.apply(f64(down)));
      for (int i = 0; i < n; i++) {
        assertEquals((above[i] - below[i]) / (2 * h), forward[i * n + j], 1e-8, i + " by " + j);
      }
    }
    Fn1<Tensor, Tensor> loss = x -> f.apply(x).square().sum();
    double[] second = values(Engram.hessian(loss).apply(f64(X)));
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        assertEquals(second[i * n + j], second[j * n + i], 1e-13, "symmetric");
      }
    }
  }

  @ParameterizedTest
  @MethodSource("smooth")
  void batchesAreLoops(String name) {
    Fn1<Tensor, Tensor> f = op(name);
    Tensor all = Tensor.stack(0, List.of(f64(X), f64(1, 2, 3, 4), f64(0, 0, -1, 0)));
    assertArrayEquals(values(Engram.map(f, all)), values(Engram.vmap(f).apply(all)), 1e-14);
    Fn1<Tensor, Tensor> gradient = Engram.grad(x -> f.apply(x).square().sum());
    assertArrayEquals(
        values(Engram.map(gradient, all)), values(Engram.vmap(gradient).apply(all)), 1e-14);
  }

  @ParameterizedTest
  @MethodSource("smooth")
  void everyBackendRunsThem(String name) {
    Fn1<Tensor, Tensor> f = Engram.grad(x -> op(name).apply(x).square().sum());
    double[] want = values(f.apply(f64(X)));
    for (String backend : Compiler.backends()) {
      double[] got = values(Engram.jit(new Compiler(backend), f).apply(f64(X)));
      assertArrayEquals(want, got, 1e-13, backend);
    }
  }

  /** {@code -Dengram.bless=true} writes what the ops give into the files. */
  @Test
  void goldenFilesAreWhatTheyGive() throws IOException {
    GoldenFiles.standard()
        .with(OpTable.standard().with(Activations.SOFTSIGN).with("leakySum", LeakySum.class))
        .checkAll(Path.of("src", "test", "resources", "ir", "ops"));
  }

  @Test
  void aStraightThroughDerivativeIsOne() {
    Fn1<Tensor, Tensor> loss = x -> RoundThrough.of(x).mul(f64(1, 2, 3, 4)).sum();
    assertArrayEquals(new double[] {1, 2, 3, 4}, values(Engram.grad(loss).apply(f64(X))));
    assertArrayEquals(
        new double[] {0, 0, 0, 0},
        values(Engram.grad((Tensor x) -> x.round().sum()).apply(f64(X))),
        "without the rule");
  }

  /** What an op does besides its results is done, though nobody reads them. */
  @Test
  void aCheckThatNobodyReadsStopsTheRun() {
    Fn1<Tensor, Tensor> f =
        y -> {
          Labels.of(y, 3);
          return y.add(1);
        };
    Tensor fine = HostTensor.of(new int[] {0, 2}, 2);
    Tensor wrong = HostTensor.of(new int[] {0, 3}, 2);
    for (String backend : Compiler.backends()) {
      Fn1<Tensor, Tensor> jitted = Engram.jit(new Compiler(backend), f);
      assertArrayEquals(new double[] {1, 3}, values(jitted.apply(fine)), backend);
      String e = assertThrows(RunException.class, () -> jitted.apply(wrong)).getMessage();
      assertTrue(e.contains("label[1] = 3, expected 0 <= value < 3"), e);
    }
  }

  @Test
  void theTextFormReadsThemBack() {
    OpTable table =
        OpTable.standard()
            .with(Activations.SOFTSIGN)
            .with("leakySum", LeakySum.class)
            .with("roundThrough", RoundThrough.class);
    Graph g =
        TracedFunction.of(
                "f",
                args ->
                    RoundThrough.of(
                        Activations.softsign(LeakySum.of((Tensor) args.getFirst(), 0.25))),
                List.of(f64(X)))
            .graph();
    String text = Printer.print(g);
    assertTrue(text.contains("leakySum{decay=0.25}("), text);
    assertEquals(Optional.empty(), GraphEquality.difference(g, Parser.parse(text, table)));
  }

  @Test
  void wrongOperandsAreTold() {
    String labels = assertThrows(TypeException.class, () -> Labels.of(f64(1), 3)).getMessage();
    assertTrue(labels.contains("labels: got [f64[1]]"), labels);
    String e =
        assertThrows(TypeException.class, () -> LeakySum.of(HostTensor.of(new int[] {1}, 1), 0.5))
            .getMessage();
    assertTrue(e.contains("leakySum: got [i32[1]]") && e.contains("LeakySum.java:"), e);
  }
}
