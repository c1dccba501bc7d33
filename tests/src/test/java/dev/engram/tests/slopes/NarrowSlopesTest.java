package dev.engram.tests.slopes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.DType;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.op.ElementwiseRow;
import dev.engram.ir.op.Rows;
import dev.engram.tests.random.Ways;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * First derivatives at all finite numbers of each 16-bit type, interpreted and compiled, are within
 * one unit in the last place of the closed formula: they are computed in f32 and rounded once. Of
 * two operands each takes all numbers, in a few pairings.
 */
class NarrowSlopesTest {
  private static final int ALL = 1 << 16;

  /** Steps from one number to its partner, odd, so that each is a partner once. */
  private static final List<Integer> STRIDES = List.of(1, 40503);

  private static final List<Ways.Way> WAYS =
      List.of(Ways.interpreter(), Ways.compiled(Ways.backend("cpu")));

  private interface Region {
    boolean holds(double[] x);
  }

  /** Where a derivative is not within a unit; DERIVATIVES.md says why. */
  private record Beyond(String row, DType type, Region region) {}

  private static final List<Beyond> BEYOND =
      List.of(
          new Beyond("tanh", DType.F16, x -> Math.abs(x[0]) > 5),
          new Beyond("tanh", DType.BF16, x -> Math.abs(x[0]) > 5),
          new Beyond("sigmoid", DType.F16, x -> x[0] > 8),
          new Beyond("sigmoid", DType.BF16, x -> x[0] > 10),
          new Beyond("exp2", DType.BF16, x -> x[0] >= 128),
          new Beyond("pow", DType.BF16, NarrowSlopesTest::beyondF32));

  // a^(b-1) leaves the range of f32
  private static boolean beyondF32(double[] x) {
    return Math.pow(x[0], x[1] - 1) > Float.MAX_VALUE;
  }

  static Stream<ElementwiseRow> rows() {
    return DerivativeTableTest.rows().filter(r -> !r.equals(Rows.POLYGAMMA));
  }

  private static HostTensor numbers(DType t, int stride) {
    HostTensor x = HostTensor.allocate(TensorType.of(t, ALL));
    for (int i = 0; i < ALL; i++) {
      x.setBits(i, (short) (i * stride + stride / 2));
    }
    return x;
  }

  private record Worst(double ulps, String where) {}

  /** The worst of {@code got} outside the regions of {@code beyond}, and inside. */
  private static List<Worst> worst(
      DType t, List<HostTensor> x, HostTensor got, Closed.Slope exact, Optional<Beyond> beyond) {
    Worst[] worst = {new Worst(0, ""), new Worst(0, "")};
    for (int k = 0; k < ALL; k++) {
      double[] at = new double[x.size()];
      for (int i = 0; i < at.length; i++) {
        at[i] = x.get(i).getDouble(k);
      }
      double want = Arrays.stream(at).allMatch(Double::isFinite) ? exact.at(at) : Double.NaN;
      int which = beyond.filter(e -> e.region().holds(at)).isPresent() ? 1 : 0;
      if (!Double.isNaN(want)) {
        double ulps = Ulps.between(t, got.getDouble(k), new Ulps.Sum(want, 0, 0));
        if (ulps > worst[which].ulps()) {
          String is = Arrays.toString(at) + " is " + got.getDouble(k) + " for " + want;
          worst[which] = new Worst(ulps, is);
        }
      }
    }
    return List.of(worst);
  }

  @ParameterizedTest
  @MethodSource("rows")
  void everyNumber(ElementwiseRow row) {
    for (DType t : List.of(DType.F16, DType.BF16)) {
      Optional<Beyond> beyond =
          BEYOND.stream().filter(e -> e.row().equals(row.name()) && e.type() == t).findFirst();
      boolean exceeds = false;
      for (int stride : row.arity() == 1 ? List.of(1) : STRIDES) {
        List<HostTensor> x = new ArrayList<>(List.of(numbers(t, 1)));
        if (row.arity() == 2) {
          x.add(numbers(t, stride));
        }
        for (int i = 0; i < row.arity(); i++) {
          Graph slope = Measured.slopeOf(row, x.getFirst().type(), i);
          for (Ways.Way way : WAYS) {
            HostTensor got = way.run(slope, x).getFirst();
            List<Worst> w = worst(t, x, got, Closed.of(row.name()).first().get(i), beyond);
            Worst rest = w.getFirst();
            assertTrue(rest.ulps() <= 1, () -> row + " in " + t + " at " + rest);
            exceeds |= w.getLast().ulps() > 1;
          }
        }
      }
      assertEquals(beyond.isPresent(), exceeds, row + " in " + t + " is close by now");
    }
  }

  /** Control: the same formula, rounded to the type at each step, is found. */
  @Test
  void aFormulaRoundedAtEachStepIsFound() {
    for (ElementwiseRow row : List.of(Rows.TAN, Rows.TANH, Rows.CBRT)) {
      HostTensor x = numbers(DType.F16, 1);
      Tensor y = row.equals(Rows.TAN) ? x.tan() : row.equals(Rows.TANH) ? x.tanh() : x.cbrt();
      HostTensor rounded = row.partials().getFirst().apply(List.of(x), y).host();
      Closed.Slope exact = Closed.of(row.name()).first().getFirst();
      List<Worst> w = worst(DType.F16, List.of(x), rounded, exact, Optional.empty());
      assertTrue(w.getFirst().ulps() > 1.5, row + ": " + w.getFirst());
    }
  }
}
