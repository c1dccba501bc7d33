package dev.engram.bench;

import com.sun.management.ThreadMXBean;
import dev.engram.Compiler;
import dev.engram.Engram;
import dev.engram.Executable;
import dev.engram.Fn1;
import dev.engram.Traced;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One measurement, in a process of its own: {@link Rows} starts it with the flags of the command
 * {@code engram}. Each answer is a {@link Line}. The first argument says what is measured; the
 * others are options.
 */
public final class Measure {
  static final List<String> OPTIONS =
      List.of("rule", "lag", "batch", "hidden", "lr", "seed", "iterations", "warm-seconds", "data");

  private Measure() {}

  /** Prints the answers. */
  public static void main(String[] args) throws IOException {
    String[] rest = Arrays.copyOfRange(args, 1, args.length);
    Options o = Options.of(rest, OPTIONS);
    Sizes sizes = Sizes.of(o);
    Rule rule = Rule.of(o.text("rule", "d_rtrl"));
    switch (args[0]) {
      case "losses" ->
          new Losses(sizes, o.integer("iterations", 10), Path.of(o.text("data", ""))).run();
      case "iterations" -> iterations(sizes, rule, Steady.of(o));
      case "allocation" -> allocation(sizes, rule, Steady.of(o));
      case "memory" -> memory(sizes, rule, o.integer("iterations", 10));
      case "compile" -> compile(sizes, rule, o.integer("iterations", 5));
      case "kernels" -> kernels(sizes, Steady.of(o));
      default -> throw new IllegalArgumentException("cannot measure '" + args[0] + "'");
    }
  }

  /** Prints one answer. */
  static void answer(Object... namesAndValues) {
    Map<String, Object> fields = new LinkedHashMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      fields.put((String) namesAndValues[i], namesAndValues[i + 1]);
    }
    System.out.println(Line.of(fields));
  }

  private static void iterations(Sizes sizes, Rule rule, Steady steady) {
    Training training = Training.of(sizes, rule);
    Symbols symbols = new Symbols(sizes, 16);
    List<Double> losses = new ArrayList<>();
    Samples ns = steady.nanos(() -> losses.add(training.run(symbols.next())));
    answer(
        "what",
        "iterations",
        "rule",
        rule.word(),
        "ms",
        ns.map(t -> t / 1e6).sorted(),
        "losses",
        losses);
  }

  // What the JVM's own bean says of all threads, those of the backend's pool among them.
  private static void allocation(Sizes sizes, Rule rule, Steady steady) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    Training training = Training.of(sizes, rule);
    HostTensor symbols = new Symbols(sizes, 1).next();
    double[] loss = new double[1];
    Samples bytes =
        steady.growth(() -> loss[0] = training.run(symbols), threads::getTotalThreadAllocatedBytes);
    answer(
        "what",
        "allocation",
        "rule",
        rule.word(),
        "steps",
        sizes.steps(),
        "bytes",
        bytes.sorted(),
        "losses",
        loss[0]);
  }

  private static void memory(Sizes sizes, Rule rule, int iterations) throws IOException {
    Traced traced = new CopyingStep(sizes, rule).trace();
    Executable code = Compiler.standard().compile(traced.graph());
    Training training = new Training(traced, code::run);
    HostTensor symbols = new Symbols(sizes, 1).next();
    List<Double> losses = new ArrayList<>();
    for (int i = 0; i < iterations; i++) {
      losses.add(training.run(symbols));
    }
    answer(
        "what",
        "memory",
        "rule",
        rule.word(),
        "steps",
        sizes.steps(),
        "planned",
        Training.plannedBytes(traced, code),
        "peak",
        peakBytes(),
        "losses",
        losses);
  }

  /** The most memory the process has had, or -1 where the system does not say. */
  private static long peakBytes() throws IOException {
    Path status = Path.of("/proc/self/status");
    if (!Files.isReadable(status)) {
      return -1;
    }
    for (String line : Files.readAllLines(status)) {
      if (line.startsWith("VmHWM:")) {
        return 1024 * Long.parseLong(line.replaceAll("\\D", ""));
      }
    }
    return -1;
  }

  private static void compile(Sizes sizes, Rule rule, int iterations) {
    for (int i = 0; i < 3; i++) {
      Phases.of(sizes, rule); // warms up
    }
    List<Phases> all = new ArrayList<>();
    for (int i = 0; i < iterations; i++) {
      all.add(Phases.of(sizes, rule));
    }
    Phases.Result last = all.getLast().result();
    CodeSize size = CodeSize.of(last.program(), last.code().disassemble());
    answer(
        "what",
        "compile",
        "rule",
        rule.word(),
        "steps",
        sizes.steps(),
        "trace",
        all.stream().map(Phases::trace).toList(),
        "passes",
        all.stream().map(Phases::passes).toList(),
        "lowering",
        all.stream().map(Phases::lowering).toList(),
        "bytecode",
        all.stream().map(Phases::bytecode).toList(),
        "ms",
        all.stream().map(Phases::total).toList(),
        "nests",
        size.nests(),
        "methods",
        size.methods(),
        "bytes",
        size.bytes(),
        "largest",
        size.largest());
  }

  private static void kernels(Sizes sizes, Steady steady) {
    for (String name : Kernel.NAMES) {
      Kernel k = Kernel.of(name, sizes);
      int repeat = repeat(k::run);
      Samples ns = steady.nanos(() -> times(repeat, k::run)).map(t -> t / repeat);
      answer(
          "what",
          "kernel",
          "name",
          name,
          "unit",
          k.unit().text(),
          "speed",
          ns.map(k::speed).sorted(),
          "ns",
          ns.sorted(),
          "work",
          k.work());
    }
    Fn1<Tensor, Tensor> call = Engram.jit((Tensor x) -> x.add(1));
    HostTensor x = HostTensor.full(TensorType.of(DType.F32, 8), 1);
    int repeat = 1000;
    Samples ns = steady.nanos(() -> times(repeat, () -> call.apply(x))).map(t -> t / repeat);
    answer("what", "kernel", "name", "call", "unit", "ns", "speed", ns.sorted(), "ns", ns.sorted());
  }

  private static void times(int n, Runnable run) {
    for (int i = 0; i < n; i++) {
      run.run();
    }
  }

  /** So often that a sample lasts some milliseconds. */
  private static int repeat(Runnable run) {
    run.run();
    long start = System.nanoTime();
    run.run();
    return Math.clamp(5_000_000 / Math.max(1, System.nanoTime() - start), 1, 10_000);
  }
}
