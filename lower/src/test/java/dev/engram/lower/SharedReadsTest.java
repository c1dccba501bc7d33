package dev.engram.lower;

import static dev.engram.lower.Oracle.check;
import static dev.engram.lower.Oracle.f64;
import static dev.engram.lower.Oracle.trace;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.Tensor;
import dev.engram.ir.op.Move;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BinaryOperator;
import org.junit.jupiter.api.Test;

/**
 * Any two readers of one tensor, in either order: they may share a nest, and each still computes
 * all of its elements. Axes of one length leave it to the index maps to tell them apart.
 */
class SharedReadsTest {

  /** Ways to read a square matrix x, with another one beside it. */
  private static final Map<String, BinaryOperator<Tensor>> SQUARE = new LinkedHashMap<>();

  static {
    SQUARE.put("each", (x, _) -> x.neg());
    SQUARE.put("with the other", (x, y) -> x.mul(y));
    SQUARE.put("transposed", (x, y) -> x.transpose(1, 0).mul(y));
    SQUARE.put("reversed", (x, y) -> x.reverse(1).add(y));
    SQUARE.put("diagonal", (x, _) -> diagonal(x, 0, 1).neg());
    SQUARE.put("diagonal along rows", (x, y) -> diagonal(x, 0, 1).mul(y));
    SQUARE.put("diagonal along columns", (x, y) -> diagonal(x, 1, 0).mul(y));
    SQUARE.put("diagonal, summed", (x, _) -> diagonal(x, 0, 1).sum());
    SQUARE.put("diagonal with rows, summed", (x, y) -> diagonal(x, 0, 1).mul(y).sum(1));
    SQUARE.put("diagonal with columns, summed", (x, y) -> diagonal(x, 1, 0).mul(y).sum(0));
    SQUARE.put("other diagonal", (x, y) -> diagonal(x.reverse(1), 0, 1).mul(y));
    SQUARE.put("first row", (x, y) -> x.slice(0, 0, 1).mul(y));
    SQUARE.put("sums of rows", (x, _) -> x.sum(1));
    SQUARE.put("sums of columns", (x, _) -> x.sum(0));
    SQUARE.put("sum", (x, _) -> x.sum());
    SQUARE.put("sum with the other", (x, y) -> x.mul(y).sum());
    SQUARE.put("product", (x, y) -> x.matmul(y));
    SQUARE.put("product of the diagonal", (x, y) -> diagonal(x, 1, 0).matmul(y));
  }

  /** {@code x[i,i]} as a column (axis 1 by axis 0) or a row. */
  private static Tensor diagonal(Tensor x, int by, int axis) {
    return Tensor.apply(new Move.Shear(axis, by, 1), List.of(x)).getFirst();
  }

  @Test
  void eachComputesAllOfItsElements() {
    int joined = 0;
    for (int n : List.of(2, 3, 5)) {
      for (var first : SQUARE.entrySet()) {
        for (var second : SQUARE.entrySet()) {
          LoopProgram p =
              check(
                  trace(
                      List.of(f64(n, n), f64(n, n)),
                      in ->
                          List.of(
                              first.getValue().apply(in.get(0), in.get(1)),
                              second.getValue().apply(in.get(0), in.get(1)))));
          joined += nests(p) == 1 ? 1 : 0;
        }
      }
    }
    int together = joined;
    assertTrue(together > 100, () -> "only " + together + " pairs share a nest");
  }

  private static long nests(LoopProgram p) {
    return p.steps().stream().filter(s -> s instanceof Stmt.Nest).count();
  }
}
