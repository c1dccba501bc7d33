package dev.engram.cli;

import dev.engram.Compiler;
import dev.engram.Executable;
import dev.engram.Fn1;
import dev.engram.Traced;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.lower.LoopProgram;
import java.util.List;

/** A training iteration, traced and compiled once for one type of input. */
record CompiledStep(Traced traced, Executable code) {

  /** {@code example} gives the type of the symbols. */
  static CompiledStep of(Fn1<Tensor, Tensor> step, Tensor example) {
    Traced traced = trace(step, example);
    return new CompiledStep(traced, Compiler.standard().compile(traced.graph()));
  }

  static Traced trace(Fn1<Tensor, Tensor> step, Tensor example) {
    return Traced.of("step", args -> step.apply((Tensor) args.getFirst()), List.of(example));
  }

  /** Trains on one batch; gives the loss. */
  double run(Tensor symbols) {
    List<HostTensor> args = traced.operands(List.of(symbols)).stream().map(Tensor::host).toList();
    return ((Tensor) traced.apply(code.run(args))).host().item();
  }

  /** Bytes of the inputs, the results, and everything in between, as planned. */
  long bytes() {
    long ends =
        traced.graph().paramTypes().stream().mapToLong(t -> t.bytes()).sum()
            + traced.graph().outTypes().stream().mapToLong(t -> t.bytes()).sum();
    return ends + code.loops().map(LoopProgram::arenaBytes).orElse(0L);
  }
}
