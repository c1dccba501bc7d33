package dev.engram.ir.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.engram.ir.HostTensor;
import dev.engram.ir.TypeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Tensors of arrays of arrays. */
class NestedArrayTest {
  private static void is(String type, double[] values, HostTensor t) {
    assertEquals(type, t.type().toString());
    assertArrayEquals(values, t.toDoubles());
  }

  @Test
  void rowsBecomeAxisZero() {
    is(
        "f64[2,3]",
        new double[] {1, 2, 3, 4, 5, 6},
        HostTensor.of(new double[][] {{1, 2, 3}, {4, 5, 6}}));
    is("f32[3,1]", new double[] {1, 2, 3}, HostTensor.of(new float[][] {{1}, {2}, {3}}));
    is("i32[1,2]", new double[] {1, -2}, HostTensor.of(new int[][] {{1, -2}}));
    is("i64[1,1]", new double[] {7}, HostTensor.of(new long[][] {{7}}));
    is(
        "bool[2,2]",
        new double[] {1, 0, 0, 1},
        HostTensor.of(new boolean[][] {{true, false}, {false, true}}));
    is(
        "f64[2,1,2]",
        new double[] {1, 2, 3, 4},
        HostTensor.of(new double[][][] {{{1, 2}}, {{3, 4}}}));
    is("f32[1,2,1]", new double[] {1, 2}, HostTensor.of(new float[][][] {{{1}, {2}}}));
  }

  @Test
  void nothingIsATensorToo() {
    is("f64[0,0]", new double[0], HostTensor.of(new double[0][]));
    is("f64[2,0]", new double[0], HostTensor.of(new double[2][0]));
  }

  private static void refused(String message, Executable call) {
    assertEquals(
        message, assertThrows(TypeException.class, call).getMessage().replaceAll(" [(].*", ""));
  }

  @Test
  void partsThatAreNullAreRefused() {
    String is = "HostTensor.of: the part at %s is null, expected an array";
    refused(is.formatted("[0]"), () -> HostTensor.of(new double[2][]));
    refused(is.formatted("[1]"), () -> HostTensor.of(new float[][] {{1}, null}));
    refused(is.formatted("[0][0]"), () -> HostTensor.of(new float[][][] {{null}}));
    refused(
        is.formatted("[1][1]"), () -> HostTensor.of(new double[][][] {{{1}, {1}}, {{1}, null}}));
    refused(is.formatted("[1]"), () -> HostTensor.of(new int[][] {{}, null}));
  }

  @Test
  void rowsOfDifferentLengthsAreRefused() {
    refused(
        "HostTensor.of: the part at [1] has length 1, expected 2 as the first one",
        () -> HostTensor.of(new double[][] {{1, 2}, {3}}));
    refused(
        "HostTensor.of: the part at [1][0] has length 3, expected 2 as the first one",
        () -> HostTensor.of(new float[][][] {{{1, 2}}, {{3, 4, 5}}}));
    refused(
        "HostTensor.of: the part at [1] has length 2, expected 0 as the first one",
        () -> HostTensor.of(new int[][] {{}, {3, 4}}));
  }
}
