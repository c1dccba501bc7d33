package dev.engram.tests.inside;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.engram.Engram;
import dev.engram.ir.DType;
import dev.engram.ir.EngramException;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.op.Custom;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.ElementwiseRow;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The errors that authors of ops get after a mistake. */
class AuthorsTest {
  private static final ElementwiseRow.Domain DOMAIN = new ElementwiseRow.Domain(-1, 1);

  private static String message(Runnable body) {
    return assertThrows(EngramException.class, body::run)
        .getMessage()
        .replaceAll("\\.java:\\d+", ".java:0");
  }

  private static ElementwiseRow row(String name, int arity, ElementwiseRow.Partial... partials) {
    return ElementwiseRow.of(name, arity, (x, _, _) -> x, DOMAIN, List.of(partials));
  }

  @Test
  void aRowIsCheckedWhenItIsMade() {
    assertEquals(
        "the row two has 1 partials, expected 2, one for each operand, or none",
        message(() -> row("two", 2, (_, y) -> y)));
    assertEquals("the row four has arity 4, expected 1 to 3", message(() -> row("four", 4)));
    assertEquals(
        "the row's name \"a b\" is no name of letters, digits, _ and .",
        message(() -> row("a b", 1)));
    assertEquals(
        "a domain from 1.0 to -1.0, expected low <= high",
        message(() -> new ElementwiseRow.Domain(1, -1)));
    assertEquals(
        "a domain from NaN to 1.0, expected low <= high",
        message(() -> new ElementwiseRow.Domain(Double.NaN, 1)));
  }

  @Test
  void aPartialOfAnotherTypeNamesTheRow() {
    ElementwiseRow sums = row("sums", 1, (x, _) -> x.getFirst().sum());
    Tensor x = HostTensor.of(new double[] {1, 2}, 2);
    assertEquals(
        "%0 = sums(%a0) (AuthorsTest.java:0): partial 0 of the row sums has type f64[], expected"
            + " f64[2], as the result",
        message(
            () ->
                Engram.grad(
                        (Tensor v) ->
                            Tensor.apply(new Elementwise(sums), List.of(v)).getFirst().sum())
                    .apply(x)));
  }

  /** An op whose expansion has {@code results} extra results. */
  public record Many(int results) implements Custom {
    @Override
    public String mnemonic() {
      return "many";
    }

    @Override
    public List<TensorType> typeOf(List<TensorType> in) {
      return in;
    }

    @Override
    public List<Tensor> expand(List<Tensor> in) {
      return Collections.nCopies(1 + results, in.getFirst());
    }
  }

  /** An op without an expansion. */
  public record Unknown() implements Custom {
    @Override
    public String mnemonic() {
      return "unknown";
    }

    @Override
    public List<TensorType> typeOf(List<TensorType> in) {
      return in;
    }
  }

  private static Tensor apply(Custom op, Tensor x) {
    return Tensor.apply(op, List.of(x)).getFirst();
  }

  @Test
  void anExpansionThatDoesNotFitNamesTheLineOfTheUse() {
    Tensor x = HostTensor.of(new double[] {1, 2}, 2);
    String wrong =
        "many: the expansion gives [f64[2], f64[2]], expected [f64[2]] as typeOf says"
            + " (AuthorsTest.java:0)";
    assertEquals(wrong, message(() -> apply(new Many(1), x)));
    assertEquals(wrong, message(() -> Engram.jit((Tensor v) -> apply(new Many(1), v)).apply(x)));
    assertEquals(
        wrong, message(() -> Engram.grad((Tensor v) -> apply(new Many(1), v).sum()).apply(x)));
    assertEquals(
        wrong,
        message(() -> Engram.vmap((Tensor v) -> apply(new Many(1), v)).apply(x.reshape(1, 2))));
    // One result is right.
    assertEquals(2, apply(new Many(0), x).host().toDoubles()[1]);
    String missing =
        "unknown has no expansion, and something needs it (AuthorsTest.java:0); implement"
            + " expand(...) of "
            + Unknown.class.getName()
            + ", with other ops";
    assertEquals(missing, message(() -> apply(new Unknown(), x)));
    assertEquals(
        missing, message(() -> Engram.jit((Tensor v) -> apply(new Unknown(), v)).apply(x)));
  }

  @Test
  void anAxisOfAShapeCountsFromTheStart() {
    Shape s = TensorType.of(DType.F32, 2, 3).shape();
    assertEquals(3, s.dim(s.axis(-1)));
    assertEquals(
        "axis -1 of shape [2,3], expected 0 <= axis < 2; count from the end with axis(...)",
        assertThrows(IndexOutOfBoundsException.class, () -> s.dim(-1)).getMessage());
    assertEquals(
        "axis 2 of shape [2,3], expected 0 <= axis < 2",
        assertThrows(IndexOutOfBoundsException.class, () -> s.dim(2)).getMessage());
  }
}
