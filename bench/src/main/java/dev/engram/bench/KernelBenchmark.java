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

/** Time of one run of each {@link RepeatedProgram}. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 1,
    jvmArgsAppend = {
      "--add-modules=jdk.incubator.vector",
      "-XX:+UseSerialGC",
      "-Dengram.threads=2"
    })
public class KernelBenchmark {
  /** One of {@link RepeatedProgram#NAMES}. */
  @Param({"sweep", "matmul_small", "matmul_512", "tanh", "sigmoid", "exp"})
  public String name;

  private RepeatedProgram kernel;

  /** Compiles the kernel. */
  @Setup
  public void compile() {
    kernel = RepeatedProgram.of(name, TaskSizes.standard());
  }

  /** One run, on the same tensors every time. */
  @Benchmark
  public void run() {
    kernel.run();
  }
}
