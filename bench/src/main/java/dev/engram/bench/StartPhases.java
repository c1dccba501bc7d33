package dev.engram.bench;

import dev.engram.backend.cpu.CpuBackend;
import dev.engram.ir.HostTensor;
import java.lang.management.ManagementFactory;
import java.util.List;

/**
 * One training iteration in a fresh process, like {@link FirstStep}, but phase by phase, without
 * updates in place; prints when {@link #JVM} ended, in seconds since the epoch, the milliseconds of
 * each of {@link #NAMES}, and how many classes are loaded then. Arguments are those of {@link
 * FirstStep}.
 */
final class StartPhases {
  /** Until the first of our code runs; the only phase that the process does not time itself. */
  static final String JVM = "jvm";

  /** The phases after that, in order. */
  static final List<String> NAMES =
      List.of("data", "model", "trace", "passes", "lowering", "bytecode", "run");

  private StartPhases() {}

  /** Prints one line. */
  public static void main(String[] args) {
    double jvm = Child.now();
    long start = System.nanoTime();
    TaskSizes sizes = FirstStep.sizes(args);
    HostTensor symbols = new Symbols(sizes, 1).next();
    long data = System.nanoTime();
    CopyingStep step = new CopyingStep(sizes, GradientRule.of(args[0]));
    long model = System.nanoTime();
    Phases p = Phases.of(step, symbols, new CpuBackend().lowering());
    long compiled = System.nanoTime();
    double loss = PeerLosses.training(p.result().traced(), p.result().code()).run(symbols);
    long run = System.nanoTime();
    System.out.println(
        Line.of("start")
            .with(JVM, jvm)
            .with("data", (data - start) / 1e6)
            .with("model", (model - data) / 1e6)
            .with("trace", p.trace())
            .with("passes", p.passes())
            .with("lowering", p.lowering())
            .with("bytecode", p.bytecode())
            .with("run", (run - compiled) / 1e6)
            .with("loaded", ManagementFactory.getClassLoadingMXBean().getTotalLoadedClassCount())
            .with("losses", loss));
  }
}
