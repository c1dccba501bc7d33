package dev.engram.ir;

import dev.engram.ir.checks.Given;

/**
 * The greatest elements of every row, greatest first.
 *
 * @param values the elements
 * @param indices their positions (i32)
 */
public record TopK(Tensor values, Tensor indices) {
  public TopK {
    Given.given("TopK", "values", values);
    Given.given("TopK", "indices", indices);
  }
}
