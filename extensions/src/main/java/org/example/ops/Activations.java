package org.example.ops;

import dev.engram.ir.Tensor;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.ElementwiseRow;
import java.util.List;

/** Two activations: one composed of other ops, one a row of its own. */
public final class Activations {

  /**
   * The row {@code softsign}: x / (1 + |x|).
   *
   * <p>Its derivative in terms of the result: 1 / (1 + |x|)² = (1 - |y|)².
   */
  public static final ElementwiseRow SOFTSIGN =
      ElementwiseRow.of(
              "softsign",
              1,
              (x, _, _) -> x / (1 + Math.abs(x)),
              new ElementwiseRow.Domain(-4, 4),
              List.of((x, y) -> y.like(1).sub(y.abs()).square()))
          .withExpansion(x -> x.getFirst().div(x.getFirst().abs().add(1)));

  private Activations() {}

  /** x · tanh(log(1 + eˣ)), elementwise (Misra 2019). */
  public static Tensor mish(Tensor x) {
    return x.mul(x.softplus().tanh());
  }

  /** x / (1 + |x|), elementwise. */
  public static Tensor softsign(Tensor x) {
    return Tensor.apply(new Elementwise(SOFTSIGN), List.of(x)).getFirst();
  }
}
