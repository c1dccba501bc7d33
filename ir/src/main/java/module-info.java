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
  exports dev.engram.ir.interpret;
  exports dev.engram.ir.math;
  exports dev.engram.ir.op;
  exports dev.engram.ir.passes;
  exports dev.engram.ir.text;
  exports dev.engram.ir.checks to
      dev.engram.autodiff,
      dev.engram.backend.cuda,
      dev.engram.cli,
      dev.engram.core,
      dev.engram.etrace,
      dev.engram.lower,
      dev.engram.testkit;
  exports dev.engram.ir.dataflow to
      dev.engram.autodiff,
      dev.engram.etrace;
  exports dev.engram.ir.passes.rewrite to
      dev.engram.autodiff,
      dev.engram.etrace;
  exports dev.engram.ir.runtime to
      dev.engram.backend.cpu,
      dev.engram.backend.cuda,
      dev.engram.core,
      dev.engram.lower;
  exports dev.engram.ir.tensor to
      dev.engram.core,
      dev.engram.etrace;
}
