package dev.engram.backend.cpu.run;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.TensorType;
import dev.engram.ir.op.Index;
import dev.engram.lower.Access;
import dev.engram.lower.AffineMap;
import dev.engram.lower.Stmt;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Orders of rows of many lengths against a library sort with the op's comparison. */
class SortOrderTest {
  private static final double[] ODD = {
    Double.NaN, 0.0, -0.0, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, Double.MIN_VALUE
  };

  @ParameterizedTest
  @EnumSource(DType.class)
  void everyLength(DType dtype) {
    SplittableRandom random = new SplittableRandom(7);
    for (int n : new int[] {1, 2, 3, 4, 5, 7, 8, 9, 31, 64, 100, 1000, 4099}) {
      for (boolean down : new boolean[] {false, true}) {
        HostTensor x = HostTensor.allocate(TensorType.of(dtype, n));
        for (int i = 0; i < n; i++) {
          double v = random.nextInt(-n / 4 - 2, n / 4 + 3);
          v = dtype.isFloat() && random.nextInt(8) == 0 ? ODD[random.nextInt(ODD.length)] : v;
          x.setBits(i, dtype.bitsOf(dtype == DType.BOOL ? Math.abs(v) % 2 : v));
        }
        assertArrayEquals(wanted(x, down), got(x, down), dtype + " " + n + " " + down);
      }
    }
  }

  private static int[] wanted(HostTensor x, boolean down) {
    Index.ArgSort op = new Index.ArgSort(0, down);
    List<Integer> order = new ArrayList<>(IntStream.range(0, x.shape().dim(0)).boxed().toList());
    order.sort((i, j) -> op.compare(x.dtype(), x.bits(i), x.bits(j)));
    return order.stream().mapToInt(Integer::intValue).toArray();
  }

  private static int[] got(HostTensor x, boolean down) {
    int n = x.shape().dim(0);
    Access row = new Access(0, new AffineMap(0, List.of(), List.of(1L)));
    Stmt.Sort sort =
        new Stmt.Sort(
            new Index.ArgSort(0, down), x.dtype(), List.of(), n, row, row, SourceLocation.UNKNOWN);
    int[] positions = new int[2 * n];
    SortOrder.of(sort, x.segment(), 0, x.dtype().bytes(), new long[2 * n], positions);
    return Arrays.copyOf(positions, n);
  }

  /** Control: where elements are equal, the two directions are not each other's reverse. */
  @ParameterizedTest
  @EnumSource(DType.class)
  void tiesKeepTheirOrderInBothDirections(DType dtype) {
    HostTensor x = HostTensor.allocate(TensorType.of(dtype, 4));
    x.setBits(1, dtype.bitsOf(1));
    int[] up = got(x, false);
    int[] down = got(x, true);
    assertArrayEquals(new int[] {0, 2, 3, 1}, up);
    assertArrayEquals(new int[] {1, 0, 2, 3}, down);
    assertFalse(Arrays.equals(up, down));
  }
}
