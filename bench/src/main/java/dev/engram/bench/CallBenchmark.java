package dev.engram.bench;

import dev.engram.Engram;
import dev.engram.Fn1;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import java.util.ArrayList;
import java.util.List;
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

/** The overhead of a call. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 1,
    jvmArgsAppend = {
      "--add-modules=jdk.incubator.vector",
      "-XX:+UseSerialGC",
      "-Dengram.threads=2"
    })
public class CallBenchmark {
  /** States that the function reads. */
  @Param({"0", "10", "100", "1000"})
  public int parameters;

  private final HostTensor x = HostTensor.full(TensorType.of(DType.F32, 8), 1);
  private Fn1<Tensor, Tensor> addOne = t -> t;

  /** The parameters are read but not used, so that the work is the same for any number. */
  @Setup
  public void compile() {
    List<dev.engram.State> states = new ArrayList<>();
    for (int i = 0; i < parameters; i++) {
      states.add(dev.engram.State.parameter(HostTensor.full(x.type(), i)));
    }
    addOne =
        Engram.jit(
            (Tensor t) -> {
              states.forEach(dev.engram.State::value);
              return t.add(1);
            });
  }

  /** A compiled function of eight elements. */
  @Benchmark
  public Tensor call() {
    return addOne.apply(x);
  }
}
