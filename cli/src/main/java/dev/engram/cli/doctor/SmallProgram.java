package dev.engram.cli.doctor;

import dev.engram.cli.inspect.Inputs;
import dev.engram.ir.DType;
import dev.engram.ir.DeviceTensor;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Role;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.Trace;
import dev.engram.ir.interpret.Interpreter;
import dev.engram.ir.passes.Pipeline;
import dev.engram.lower.Backend;
import dev.engram.lower.CompiledProgram;
import dev.engram.lower.Device;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.Lowering;
import dev.engram.lower.RunOperands;
import dev.engram.text.RunLine;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A program that every device must run: a product, a function of its elements, sums and a sort.
 *
 * @param inputs its arguments, the same each time
 * @param expected its results by the interpreter
 */
record SmallProgram(Graph graph, List<HostTensor> inputs, List<HostTensor> expected) {
  private static final long SEED = 1;

  /** Time for runs, so that the JVM compiles what it runs. */
  private static final long NANOS = 200_000_000;

  /** Traces and interprets it. */
  static SmallProgram make() {
    Trace t = new Trace("doctor");
    Tensor x = t.input(TensorType.of(DType.F32, 64, 48), Role.INPUT, "x");
    Tensor w = t.input(TensorType.of(DType.F32, 48, 64), Role.INPUT, "w");
    List<Tensor> results =
        t.run(
            () -> {
              Tensor y = x.matmul(w).tanh();
              return List.of(y.sum(1), y.sort(1));
            });
    Graph g = t.build(results.stream().map(t::lift).toList());
    List<HostTensor> in = Inputs.random(g.paramTypes(), SEED);
    return new SmallProgram(g, in, Interpreter.run(g, in));
  }

  /** Compiles it for a device, and runs it there again and again. */
  Outcome on(Backend backend, Device device) {
    try {
      long start = System.nanoTime();
      LoopProgram loops =
          Lowering.lower(Pipeline.standard().run(graph), List.of(), backend.lowering());
      CompiledProgram code = device.compile(loops);
      long compile = System.nanoTime() - start;
      return runs(device, loops, code, compile);
    } catch (RuntimeException | Error e) {
      // Whatever a device throws, the others are still to be checked.
      return new Outcome.Fails(Outcome.message(e));
    }
  }

  private Outcome runs(Device device, LoopProgram loops, CompiledProgram code, long compile) {
    List<Tensor> placed = inputs.stream().map(device::place).toList();
    try {
      long fastest = Long.MAX_VALUE;
      long start = System.nanoTime();
      do {
        RunOperands operands = RunOperands.of(loops, device, placed);
        long begin = System.nanoTime();
        List<HostTensor> got = operands.run(code);
        fastest = Math.min(fastest, System.nanoTime() - begin);
        Optional<String> wrong = difference(got);
        if (wrong.isPresent()) {
          return new Outcome.Fails(wrong.get());
        }
      } while (System.nanoTime() - start < NANOS);
      return new Outcome.Works(compile, fastest);
    } finally {
      placed.stream().filter(DeviceTensor.class::isInstance).forEach(Tensor::close);
    }
  }

  private Optional<String> difference(List<HostTensor> got) {
    for (int i = 0; i < expected.size(); i++) {
      HostTensor want = expected.get(i);
      OptionalLong far = RunLine.firstFar(want, got.get(i));
      if (far.isPresent()) {
        long at = far.getAsLong();
        return Optional.of(
            "element [%s] of result %d is %s, expected %s"
                .formatted(
                    want.shape().indices(at), i, got.get(i).getDouble(at), want.getDouble(at)));
      }
    }
    return Optional.empty();
  }
}
