package dev.engram.loss;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Engram;
import dev.engram.Fn1;
import dev.engram.Grads;
import dev.engram.RandomKey;
import dev.engram.RandomTensors;
import dev.engram.State;
import dev.engram.States;
import dev.engram.ir.DType;
import dev.engram.ir.EngramException;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import java.util.Map;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.MatrixUtils;
import org.apache.commons.math3.linear.RealMatrix;
import org.junit.jupiter.api.Test;

class PenaltiesTest {
  private static final double[] A = {1, -2, 0.5, 0, 3, -0.25};
  private static final double[] B = {0.5, -0.5};

  private static States weights(double[] a) {
    return new States(
        Map.of(
            "a", State.parameter(HostTensor.of(a.clone(), 3, 2)),
            "b", State.parameter(HostTensor.of(B.clone(), 2))));
  }

  private static void check(Fn1<States, Tensor> penalty, double value, double[] slopeOfA) {
    States w = weights(A);
    assertEquals(value, penalty.apply(w).host().item(), 1e-13);
    Grads g = Engram.grad(() -> penalty.apply(w), w).apply();
    for (int i = 0; i < A.length; i++) {
      assertEquals(slopeOfA[i], g.get("a").host().getDouble(i), 1e-13, "slope " + i);
    }
  }

  @Test
  void valuesAndSlopesAreThoseOfTheFormulas() {
    check(Penalties::l1, 6.75 + 1, new double[] {1, -1, 1, 0, 1, -1});
    double squares = 1 + 4 + 0.25 + 9 + 0.0625 + 0.5;
    check(Penalties::l2, squares / 2, A);
    double first = Math.sqrt(1 + 0.25 + 9);
    double second = Math.sqrt(4 + 0.0625);
    check(
        Penalties::groupLasso,
        first + second + 1,
        new double[] {1 / first, -2 / second, 0.5 / first, 0, 3 / first, -0.25 / second});
  }

  @Test
  void columnsOfZerosHaveNoSlope() {
    States w = weights(new double[] {0, 1, 0, 2, 0, 2});
    Grads g = Engram.grad(() -> Penalties.groupLasso(w), w).apply();
    assertEquals(0, g.get("a").host().getDouble(0));
    assertEquals(2.0 / 3, g.get("a").host().getDouble(3), 1e-13);
  }

  @Test
  void orthonormalMatricesHaveNoPenalty() {
    for (int[] dims : new int[][] {{5, 3}, {3, 5}, {4, 4}}) {
      Tensor w = RandomTensors.normal(RandomKey.of(1), Shape.of(dims), DType.F64);
      RealMatrix m = new Array2DRowRealMatrix(dims[0], dims[1]);
      for (int i = 0; i < dims[0]; i++) {
        for (int j = 0; j < dims[1]; j++) {
          m.setEntry(i, j, w.host().getDouble((long) i * dims[1] + j));
        }
      }
      RealMatrix gram = dims[0] >= dims[1] ? m.transpose().multiply(m) : m.multiply(m.transpose());
      double norm =
          gram.subtract(MatrixUtils.createRealIdentityMatrix(gram.getRowDimension()))
              .getFrobeniusNorm();
      assertEquals(norm * norm, Penalties.orthogonality(w).host().item(), 1e-9);
      Tensor q = RandomTensors.orthogonal(RandomKey.of(2), dims[0], DType.F64);
      assertEquals(0, Penalties.orthogonality(q).host().item(), 1e-20);
    }
    assertThrows(
        EngramException.class, () -> Penalties.orthogonality(HostTensor.of(new double[2], 2)));
  }

  @Test
  void ratesWithinTheBandCostNothing() {
    Tensor rates = HostTensor.of(new double[] {0, 0.1, 0.2, 0.5}, 4);
    assertEquals(
        (0.05 * 0.05 + 0.3 * 0.3) / 4, Penalties.rateBand(rates, 0.05, 0.2).host().item(), 1e-15);
    assertEquals(0, Penalties.rateBand(rates, 0, 0.5).host().item());
    assertThrows(EngramException.class, () -> Penalties.rateBand(rates, 0.5, 0.2));
  }

  @Test
  void eachExampleHasItsOwnRatePenalty() {
    Tensor rates = RandomTensors.uniform(RandomKey.of(5), Shape.of(3, 2, 4), DType.F64, 0, 1);
    Tensor each = Penalties.rateBandOfEach(rates, 0.2, 0.4);
    assertEquals(Shape.of(3), each.shape());
    double[] got = each.host().toDoubles();
    for (int b = 0; b < 3; b++) {
      assertEquals(Penalties.rateBand(rates.get(b), 0.2, 0.4).host().item(), got[b], 1e-15);
    }
    assertEquals(
        Penalties.rateBand(rates, 0.2, 0.4).host().item(), each.mean().host().item(), 1e-15);
    assertTrue(got[0] != got[1]);
    double[] of = {0, 0.5};
    double[] single = Penalties.rateBandOfEach(HostTensor.of(of, 2), 0.1, 0.2).host().toDoubles();
    assertEquals(0.01, single[0], 1e-15);
    assertEquals(0.09, single[1], 1e-15);
    assertEquals(DType.F32, Penalties.rateBandOfEach(rates.cast(DType.F16), 0.2, 0.4).dtype());
    String e =
        assertThrows(EngramException.class, () -> Penalties.rateBandOfEach(rates.sum(), 0.2, 0.4))
            .getMessage();
    assertTrue(e.contains("the rates have type f64[], expected [B, …]"), e);
  }

  @Test
  void narrowTypesAreSummedWide() {
    States w =
        new States(
            Map.of(
                "w",
                State.parameter(HostTensor.full(dev.engram.ir.TensorType.of(DType.F16, 5000), 1))));
    assertEquals(5000, Penalties.l1(w).host().item());
    assertTrue(Penalties.l2(w).dtype() == DType.F32);
    assertThrows(EngramException.class, () -> Penalties.l2(new States(Map.of())));
  }
}
