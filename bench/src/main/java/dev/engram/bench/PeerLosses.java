package dev.engram.bench;

import dev.engram.States;
import dev.engram.TracedFunction;
import dev.engram.backend.cpu.CpuBackend;
import dev.engram.backend.cpu.CpuOptions;
import dev.engram.io.Safetensors;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.passes.Pipeline;
import dev.engram.lower.CompiledProgram;
import dev.engram.lower.Lowering;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Trains with each rule, with one thread and with two, and writes a file with everything that a
 * peer needs to do the same.
 *
 * @param iterations each on a batch of its own
 * @param data the file for the initial weights by path, and {@code symbols}, {@code i32[N, T, B]}
 */
record PeerLosses(TaskSizes sizes, int iterations, Path data) {

  /** Losses of each iteration, and the weights at the end. */
  record Run(List<Double> losses, List<HostTensor> weights) {}

  /** Prints the losses of every training. */
  void run() throws IOException {
    write();
    for (GradientRule rule : GradientRule.values()) {
      for (int threads = 1; threads <= 2; threads++) {
        Run r = train(rule, threads);
        System.out.println(
            Line.of("losses")
                .with("rule", rule.word())
                .with("threads", threads)
                .with("losses", r.losses)
                .with("weights", hash(r.weights)));
      }
    }
  }

  Run train(GradientRule rule, int threads) {
    CopyingStep step = new CopyingStep(sizes, rule);
    TracedFunction traced = step.trace(new Symbols(sizes, 1).next());
    CpuBackend backend =
        new CpuBackend(new CpuOptions(threads, CpuOptions.ofProperties().vectors()));
    CompiledProgram code = backend.compile(Lowering.lower(Pipeline.standard().run(traced.graph())));
    TrainingIteration training = training(traced, code);
    Symbols symbols = new Symbols(sizes, iterations);
    List<Double> losses = new ArrayList<>();
    for (int i = 0; i < iterations; i++) {
      losses.add(training.run(symbols.next()));
    }
    return new Run(
        List.copyOf(losses), step.weights().values().stream().map(s -> s.value().host()).toList());
  }

  /** Iterations of a step that is traced and compiled already. */
  static TrainingIteration training(TracedFunction traced, CompiledProgram code) {
    return new TrainingIteration(ids -> (Tensor) traced.apply(run(traced, code, ids)));
  }

  private static List<HostTensor> run(TracedFunction traced, CompiledProgram code, Tensor ids) {
    List<HostTensor> outs = new ArrayList<>();
    traced.graph().outTypes().forEach(t -> outs.add(HostTensor.allocate(t)));
    code.run(traced.operands(List.of(ids)).stream().map(Tensor::host).toList(), outs);
    return outs;
  }

  /** Writes the file. */
  void write() throws IOException {
    Symbols symbols = new Symbols(sizes, iterations);
    List<Tensor> batches = new ArrayList<>();
    for (int i = 0; i < iterations; i++) {
      batches.add(symbols.next().reshape(1, sizes.steps(), sizes.batch()));
    }
    Tensor all = Tensor.concat(0, batches.toArray(Tensor[]::new));
    States weights = new CopyingStep(sizes, GradientRule.BPTT).weights();
    write(weights, Map.of("symbols", all.host()), data);
  }

  /** Writes weights by path, and what they are trained on. */
  static void write(States weights, Map<String, HostTensor> inputs, Path to) throws IOException {
    List<Safetensors.Entry> entries = new ArrayList<>();
    weights
        .byPath()
        .forEach((path, s) -> entries.add(Safetensors.Entry.of(path, s.value().host())));
    inputs.forEach((name, t) -> entries.add(Safetensors.Entry.of(name, t)));
    new Safetensors(Map.of(), entries).write(to);
  }

  private static long hash(List<HostTensor> tensors) {
    long h = 0;
    for (HostTensor t : tensors) {
      for (long i = 0; i < t.type().size(); i++) {
        h = 31 * h + t.bits(i);
      }
    }
    return h;
  }
}
