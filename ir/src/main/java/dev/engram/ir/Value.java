package dev.engram.ir;

/** An operand of an equation: a variable, or a literal that fills a whole tensor. */
public sealed interface Value permits Var, Lit {
  /** Element type and shape. */
  TensorType type();
}
