package dev.engram.tests.ops;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Axes;
import dev.engram.Compiler;
import dev.engram.Engram;
import dev.engram.Fn1;
import dev.engram.Fn2;
import dev.engram.RandomKey;
import dev.engram.RandomTensors;
import dev.engram.TracedFunction;
import dev.engram.ir.DType;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TypeException;
import dev.engram.lower.Backend;
import dev.engram.sparse.EventProduct;
import dev.engram.testkit.Close;
import dev.engram.testkit.FunctionChecks;
import dev.engram.tests.Everywhere;
import dev.engram.tests.random.Ways;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Sparse products at the price of the inputs that are not zero. */
class EventProductTest {

  /** A matrix stored by input, with some rows that are not full, and inputs. */
  private record Case(HostTensor x, HostTensor weights, HostTensor targets, int out) {
    static Case of(int in, int degree, int out, double fires, DType dtype) {
      SplittableRandom random = new SplittableRandom(31L * in + degree + (long) (1000 * fires));
      HostTensor x = HostTensor.full(TensorType.of(dtype, in), 0);
      HostTensor w = HostTensor.full(TensorType.of(dtype, in, degree), 0);
      HostTensor t = HostTensor.full(TensorType.of(DType.I32, in, degree), out);
      for (int i = 0; i < in; i++) {
        if (random.nextDouble() < fires) {
          x.setDouble(i, random.nextInt(3) == 0 ? random.nextDouble(-2, 2) : 1);
        }
        int connections = random.nextInt(degree + 1);
        for (int k = 0; k < degree; k++) {
          w.setDouble((long) i * degree + k, random.nextDouble(-1, 1));
          if (k < connections) {
            t.setDouble((long) i * degree + k, random.nextInt(out));
          }
        }
      }
      return new Case(x, w, t, out);
    }

    Tensor product() {
      return EventProduct.of(x, weights, targets, out);
    }

    Tensor product(Tensor x) {
      return EventProduct.of(x, weights, targets, out);
    }

    double[] plain() {
      double[] y = new double[out];
      for (int k = 0; k < targets.type().size(); k++) {
        int j = (int) targets.getLong(k);
        if (j < out) {
          y[j] += x.getDouble(k / targets.dim(1)) * weights.getDouble(k);
        }
      }
      return y;
    }
  }

  @Test
  void valuesAreThoseOfTheFormula() {
    for (double fires : new double[] {0, 0.01, 0.2, 1}) {
      for (int in : new int[] {1, 15, 16, 17, 33, 1000}) {
        Case c = Case.of(in, 7, 20, fires, DType.F64);
        Close.check(in + " inputs, " + fires, c.product(), HostTensor.of(c.plain(), 20));
      }
      // more than one block of the list, and rows as long as a block
      Case many = Case.of(3000, 60, 500, fires, DType.F64);
      Close.check("blocks", many.product(), HostTensor.of(many.plain(), 500));
      Case longRows = Case.of(40, 9000, 100, fires, DType.F64);
      Close.check("long rows", longRows.product(), HostTensor.of(longRows.plain(), 100));
    }
    Tensor none = HostTensor.full(TensorType.of(DType.F32, 3, 0), 0);
    Tensor y =
        EventProduct.of(HostTensor.of(new float[] {1, 2, 3}, 3), none, none.cast(DType.I32), 2);
    assertEquals(List.of(0.0, 0.0), List.of(y.host().getDouble(0), y.host().getDouble(1)));
  }

  @Test
  void everyBackendGivesTheSameBits() {
    for (DType dtype : List.of(DType.F32, DType.F64, DType.BF16)) {
      for (double fires : new double[] {0, 0.02, 0.5}) {
        Case c = Case.of(2000, 30, 300, fires, dtype);
        Fn1<Tensor, Tensor> f = c::product;
        HostTensor want = compiled(f, c.x);
        for (String name : Everywhere.names()) {
          HostTensor got = Engram.jit(new Compiler(name), f).apply(c.x).host();
          String what = name + ", " + dtype + ", " + fires;
          // the interpreter adds up in f64
          if (name.equals("interpreter")) {
            Close.check(what, got, want);
          } else {
            assertTrue(want.sameBits(got), what);
          }
        }
      }
    }
  }

  private static HostTensor compiled(Fn1<Tensor, Tensor> f, Tensor x) {
    return Engram.jit(new Compiler("cpu"), f).apply(x).host();
  }

  /** What does not fire is not read: its weights may be anything. */
  @Test
  void onlyInputsThatFireCount() {
    Case c = Case.of(1000, 10, 50, 0.1, DType.F32);
    HostTensor before = c.product().host();
    HostTensor w = HostTensor.of(c.weights.toDoubles(), 1000, 10).cast(DType.F32).host();
    for (int i = 0; i < 1000; i++) {
      if (c.x.getDouble(i) == 0) {
        for (int k = 0; k < 10; k++) {
          w.setDouble(i * 10L + k, k % 2 == 0 ? Double.NaN : Double.POSITIVE_INFINITY);
        }
      }
    }
    assertTrue(before.sameBits(EventProduct.of(c.x, w, c.targets, 50).host()));
    // Control: the dense product reads them.
    assertTrue(Double.isNaN(c.x.expandDims(1).mul(w).sum().host().getDouble(0)));
  }

  @Test
  void derivativesAreThoseOfDifferences() {
    Case c = Case.of(12, 4, 5, 1, DType.F64);
    Tensor xs = c.x.add(0.1);
    FunctionChecks.derivatives(c::product, xs);
    FunctionChecks.derivatives(w -> EventProduct.of(xs, w, c.targets, 5).square(), c.weights);
    FunctionChecks.derivatives(Engram.grad((Tensor x) -> c.product(x.sin()).square().sum()), xs);
    // also with respect to inputs that do not fire
    Case quiet = Case.of(12, 4, 5, 0, DType.F64);
    FunctionChecks.derivatives(quiet::product, quiet.x);
    assertTrue(
        Engram.grad((Tensor x) -> quiet.product(x).sum()).apply(quiet.x).abs().max().host().item()
            > 0.1);
  }

  private static Tensor fired(int... dims) {
    Tensor u = RandomTensors.uniform(RandomKey.of(3), Shape.of(dims), DType.F64);
    return u.lt(0.3).cast(DType.F64).mul(u.add(1));
  }

  @Test
  void batchesAreExamples() {
    Case c = Case.of(20, 4, 6, 1, DType.F64);
    Fn1<Tensor, Tensor> f = c::product;
    Tensor xs = fired(5, 20);
    FunctionChecks.batches(f, xs);
    FunctionChecks.batches(Engram.grad((Tensor x) -> f.apply(x).square().sum()), xs);
    FunctionChecks.batches(Engram.vmap(f), fired(3, 5, 20));
    Tensor ws = RandomTensors.normal(RandomKey.of(4), Shape.of(5, 20, 4), DType.F64);
    Fn2<Tensor, Tensor, Tensor> both = (x, w) -> EventProduct.of(x, w, c.targets, 6);
    FunctionChecks.batches(w -> both.apply(xs.get(0), w), ws);
    Tensor each = Engram.vmap(both).apply(xs, ws);
    for (int b = 0; b < 5; b++) {
      Close.check("weights and inputs", each.get(b), both.apply(xs.get(b), ws.get(b)));
    }
    // weights differ outside, inputs inside, and the other way round
    Tensor outside =
        Engram.vmap((Tensor w) -> Engram.vmap((Tensor x) -> both.apply(x, w)).apply(xs)).apply(ws);
    Tensor inside =
        Engram.vmap((Tensor x) -> Engram.vmap((Tensor w) -> both.apply(x, w)).apply(ws)).apply(xs);
    Close.check("batches of batches", outside, inside.transpose(1, 0, 2));
    Close.check("one of them", outside.get(2).get(1), both.apply(xs.get(1), ws.get(2)));
    // the derivative of a batch
    Fn1<Tensor, Tensor> loss =
        w -> Engram.vmap(both, Axes.in(0, Axes.NONE)).apply(xs, w).square().sum();
    FunctionChecks.derivatives(loss, c.weights);
    FunctionChecks.derivatives(w -> Engram.vmap(both).apply(xs, w).square().sum(1), ws);
  }

  /** An example of a batch has the bits that it has alone. */
  @Test
  void batchesHaveTheBitsOfExamples() {
    Case c = Case.of(1000, 20, 100, 1, DType.F32);
    Tensor xs = fired(4, 1000).cast(DType.F32);
    HostTensor all = compiled(Engram.vmap((Fn1<Tensor, Tensor>) c::product), xs);
    for (int b = 0; b < 4; b++) {
      assertTrue(all.get(b).host().sameBits(compiled(c::product, xs.get(b))), "example " + b);
    }
  }

  @Test
  void threadsAndVectorsGiveTheSameBits() {
    Case c = Case.of(4000, 50, 700, 0.3, DType.F32);
    Graph g = TracedFunction.of("f", in -> c.product((Tensor) in.getFirst()), List.of(c.x)).graph();
    HostTensor want = compiled(c::product, c.x);
    for (Backend b : List.of(Ways.scalarCpu(), Ways.vectorCpu())) {
      HostTensor got = Ways.compiled(b).run(g, List.of(c.x)).getFirst();
      assertTrue(want.sameBits(got), b.name());
      HostTensor plain = Ways.lowered(b).run(g, List.of(c.x)).getFirst();
      assertTrue(want.sameBits(plain), b.name());
    }
  }

  @Test
  void wrongOperandsAreTold() {
    HostTensor x = HostTensor.full(TensorType.of(DType.F32, 3), 1);
    HostTensor w = HostTensor.full(TensorType.of(DType.F32, 4, 2), 1);
    HostTensor t = HostTensor.full(TensorType.of(DType.I32, 4, 2), 0);
    String e = assertThrows(TypeException.class, () -> EventProduct.of(x, w, t, 5)).getMessage();
    assertTrue(e.contains("eventProduct: got [f32[3], f32[4,2], i32[4,2]], expected x [in]"), e);
    assertTrue(e.contains("EventProductTest.java"), e);
  }

  /** A place outside of the result is none, alone and in a batch. */
  @Test
  void targetsOutsideOfTheResultAreNone() {
    HostTensor w = HostTensor.of(new float[] {5, 7, 9}, 3, 1);
    HostTensor to = HostTensor.of(new int[] {-1, 0, 5}, 3, 1);
    Fn1<Tensor, Tensor> f = x -> EventProduct.of(x, w, to, 2);
    HostTensor one = HostTensor.of(new float[] {1, 1, 1}, 3);
    assertEquals(List.of(7.0, 0.0), list(f.apply(one)));
    Tensor two = HostTensor.of(new float[] {1, 1, 1, 1, 1, 1}, 2, 3);
    assertEquals(List.of(7.0, 0.0, 7.0, 0.0), list(Engram.vmap(f).apply(two)));
  }

  private static List<Double> list(Tensor t) {
    return Arrays.stream(t.host().toDoubles()).boxed().toList();
  }
}
