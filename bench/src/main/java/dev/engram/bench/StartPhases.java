package dev.engram.bench;

import dev.engram.TracedFunction;
import dev.engram.backend.cpu.CpuBackend;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.passes.Pipeline;
import dev.engram.lower.CompiledProgram;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.Lowering;
import java.lang.management.ManagementFactory;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

/**
 * One training iteration in a fresh process, like {@link FirstStep}, but phase by phase, without
 * updates in place; prints when each of {@link #NAMES} ended, in seconds since the epoch, and how
 * many classes are loaded then. Arguments are those of {@link FirstStep}.
 */
final class StartPhases {
  /** The phases, in order. */
  static final List<String> NAMES =
      List.of("jvm", "data", "model", "trace", "passes", "lowering", "bytecode", "run");

  private StartPhases() {}

  /** Prints one line. */
  public static void main(String[] args) {
    double jvm = now();
    TaskSizes sizes = FirstStep.sizes(args);
    HostTensor symbols = new Symbols(sizes, 1).next();
    double data = now();
    CopyingStep step = new CopyingStep(sizes, GradientRule.of(args[0]));
    double model = now();
    TracedFunction traced = step.trace(symbols);
    double trace = now();
    Graph simplified = Pipeline.standard().run(traced.graph());
    double passes = now();
    CpuBackend backend = new CpuBackend();
    LoopProgram program = Lowering.lower(simplified, List.of(), backend.lowering());
    double lowering = now();
    CompiledProgram code = backend.compile(program);
    double bytecode = now();
    double loss = PeerLosses.training(traced, code).run(symbols);
    double run = now();
    System.out.println(
        Line.of("start")
            .with("jvm", jvm)
            .with("data", data)
            .with("model", model)
            .with("trace", trace)
            .with("passes", passes)
            .with("lowering", lowering)
            .with("bytecode", bytecode)
            .with("run", run)
            .with("loaded", ManagementFactory.getClassLoadingMXBean().getTotalLoadedClassCount())
            .with("losses", loss));
  }

  private static double now() {
    return ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now()) / 1e6;
  }
}
