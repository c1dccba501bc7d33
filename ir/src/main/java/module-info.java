/**
 * Typed graphs of tensor operations: types, host tensors, builder, verifier, text form,
 * interpreter, generic passes.
 */
@org.jspecify.annotations.NullMarked
module dev.engram.ir {
  requires static java.logging; // to see whether someone reads its records
  requires static org.jspecify;

  exports dev.engram.ir;
  exports dev.engram.ir.passes;
}
