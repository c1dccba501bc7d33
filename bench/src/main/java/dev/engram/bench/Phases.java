package dev.engram.bench;

import dev.engram.TracedFunction;
import dev.engram.backend.cpu.CpuBackend;
import dev.engram.ir.Graph;
import dev.engram.ir.Tensor;
import dev.engram.ir.passes.Pipeline;
import dev.engram.lower.CompiledProgram;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.Lowering;
import dev.engram.lower.LoweringOptions;
import java.util.List;

/**
 * The time from a model to code, phase by phase, in milliseconds.
 *
 * @param trace the user's code, derivatives and learning rule, to a graph
 * @param passes simplification
 * @param lowering to loops with a memory plan
 * @param bytecode to classes, none of them reused from an earlier compilation
 */
record Phases(double trace, double passes, double lowering, double bytecode, Result result) {

  /** The results of the phases. */
  record Result(TracedFunction traced, LoopProgram program, CompiledProgram code) {}

  /** Compiles one iteration of the copying task. */
  static Phases of(TaskSizes sizes, GradientRule rule) {
    return of(
        new CopyingStep(sizes, rule), new Symbols(sizes, 1).next(), LoweringOptions.standard());
  }

  /** Compiles an iteration on such symbols. */
  static Phases of(CopyingStep step, Tensor symbols, LoweringOptions options) {
    CpuBackend backend = new CpuBackend();
    long t0 = System.nanoTime();
    TracedFunction traced = step.trace(symbols);
    long t1 = System.nanoTime();
    Graph simplified = Pipeline.standard().run(traced.graph());
    long t2 = System.nanoTime();
    LoopProgram program = Lowering.lower(simplified, List.of(), options);
    long t3 = System.nanoTime();
    CompiledProgram code = backend.compile(program);
    long t4 = System.nanoTime();
    return new Phases(
        (t1 - t0) / 1e6,
        (t2 - t1) / 1e6,
        (t3 - t2) / 1e6,
        (t4 - t3) / 1e6,
        new Result(traced, program, code));
  }

  double total() {
    return trace + passes + lowering + bytecode;
  }
}
