/**
 * Typed graphs of tensor operations: types, host tensors, builder, verifier, text form,
 * interpreter, generic passes.
 */
@org.jspecify.annotations.NullMarked
@SuppressWarnings("module") // the modules that are built after this one
module dev.engram.ir {
  requires static java.logging; // to see whether someone reads its records
  requires static org.jspecify;

  exports dev.engram.ir;
  exports dev.engram.ir.passes;
  exports dev.engram.ir.checks to
      dev.engram.autodiff,
      dev.engram.core,
      dev.engram.etrace;
}
