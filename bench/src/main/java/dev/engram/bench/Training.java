package dev.engram.bench;

import dev.engram.Compiler;
import dev.engram.Executable;
import dev.engram.Traced;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.lower.LoopProgram;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** A compiled training iteration with its weights and optimizer. */
final class Training {
  /** Inputs to results, one tensor for each of the graph's. */
  private final Function<List<HostTensor>, List<HostTensor>> code;

  private final Traced traced;

  Training(Traced traced, Function<List<HostTensor>, List<HostTensor>> code) {
    this.traced = traced;
    this.code = code;
  }

  /** Traced and compiled as a user's function would be. */
  static Training of(Sizes sizes, Rule rule) {
    Traced traced = new CopyingStep(sizes, rule).trace();
    return new Training(traced, Compiler.standard().compile(traced.graph())::run);
  }

  /** Trains on one batch, {@code i32[T, B]}; gives the loss. */
  double run(HostTensor symbols) {
    List<Tensor> operands = traced.operands(List.of(symbols));
    List<HostTensor> args = new ArrayList<>(operands.size());
    for (Tensor t : operands) {
      args.add(t.host());
    }
    return ((Tensor) traced.apply(code.apply(args))).host().item();
  }

  /** Bytes of the inputs, the results, and everything in between, as planned. */
  static long plannedBytes(Traced traced, Executable code) {
    long ends =
        traced.graph().paramTypes().stream().mapToLong(t -> t.bytes()).sum()
            + traced.graph().outTypes().stream().mapToLong(t -> t.bytes()).sum();
    return ends + code.loops().map(LoopProgram::arenaBytes).orElse(0L);
  }
}
