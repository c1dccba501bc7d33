package dev.engram.bench;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** One training iteration of the copying task. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 5, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(
    value = 1,
    jvmArgsAppend = {
      "--add-modules=jdk.incubator.vector",
      "-XX:+UseSerialGC",
      "-Dengram.threads=2"
    })
public class IterationBenchmark {
  /** Name of a {@link GradientRule}. */
  @Param({"D_RTRL", "BPTT"})
  public GradientRule rule;

  /** Steps between the digits and their recall. */
  @Param("50")
  public int lag;

  /** Sequences in a batch. */
  @Param("64")
  public int batch;

  /** Units of the GRU. */
  @Param("128")
  public int hidden;

  private TrainingIteration training;
  private Symbols symbols;

  /** Compiles the iteration. */
  @Setup
  public void compile() {
    TaskSizes sizes = new TaskSizes(lag, batch, hidden, 1e-3, 0);
    training = TrainingIteration.of(sizes, rule);
    symbols = new Symbols(sizes, 16);
  }

  /** Trains on one batch; returns the loss. */
  @Benchmark
  public double iteration() {
    return training.run(symbols.next());
  }
}
