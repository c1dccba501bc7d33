package dev.engram.bench;

import com.sun.management.ThreadMXBean;
import dev.engram.Engram;
import dev.engram.Fn1;
import dev.engram.ir.DType;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.passes.Pipeline;
import dev.engram.lower.Lowering;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Makes one measurement in a separate process, which {@link BenchmarkTable} starts with the flags
 * of the command {@code engram}. Each answer is a {@link Line}. The first argument says what is
 * measured; the others are options.
 */
public final class Measure {
  static final List<String> OPTIONS =
      List.of(
          "rule",
          "net",
          "kernel",
          "what",
          "flop-rate",
          "byte-rate",
          "lag",
          "batch",
          "hidden",
          "lr",
          "seed",
          "iterations",
          "warm-seconds",
          "data");

  private Measure() {}

  /** Prints the answers. */
  public static void main(String[] args) throws IOException {
    String[] rest = Arrays.copyOfRange(args, 1, args.length);
    Options o = Options.of(rest, OPTIONS);
    TaskSizes sizes = TaskSizes.of(o);
    GradientRule rule = GradientRule.of(o.text("rule", "d_rtrl"));
    switch (args[0]) {
      case "losses" ->
          new PeerLosses(sizes, o.integer("iterations", 10), Path.of(o.text("data", ""))).run();
      case "iterations", "online" -> Repeated.of(args[0], o, sizes).print(Steady.of(o));
      case "allocation" -> allocation(sizes, rule, Steady.of(o));
      case "memory" -> memory(sizes, rule, o.integer("iterations", 10));
      case "compile" -> compile(sizes, rule, o.integer("iterations", 5));
      case "growth" -> Growth.measure();
      case "kernels" -> kernels(sizes, Steady.of(o));
      case "turns" -> Repeated.of(o.text("what", ""), o, sizes).inTurns();
      case "rates" ->
          Roofline.printRates(Integer.getInteger("engram.threads", 1), sizes, Steady.of(o));
      case "roofline" ->
          Roofline.print(
              Repeated.of(o.text("what", ""), o, sizes),
              Steady.of(o),
              o.number("flop-rate", 0),
              o.number("byte-rate", 0));
      case "stream" -> {
        SymbolStream stream = stream(o, sizes);
        Steady steady = new Steady(o.number("warm-seconds", 8), 5, 30);
        stream.calls(steady, o.integer("iterations", 100_000));
        stream.compiled(steady);
      }
      case "stream_losses" ->
          stream(o, sizes).losses(o.integer("iterations", 200), Path.of(o.text("data", "")));
      case "online_losses" -> online(o, sizes).losses(Path.of(o.text("data", "")));
      default -> throw new IllegalArgumentException("cannot measure '" + args[0] + "'");
    }
  }

  private static SymbolStream stream(Options o, TaskSizes sizes) {
    return new SymbolStream(StreamedNet.of(o.text("net", StreamedNet.SGD.word())), sizes);
  }

  private static OnlineTraining online(Options o, TaskSizes sizes) {
    return new OnlineTraining(OnlineNet.of(o.text("net", "")), sizes);
  }

  // As reported by the JVM's MXBean for all threads, including those of the backend's pool.
  private static void allocation(TaskSizes sizes, GradientRule rule, Steady steady) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    TrainingIteration training = TrainingIteration.of(sizes, rule);
    HostTensor symbols = new Symbols(sizes, 1).next();
    double[] loss = new double[1];
    Samples bytes =
        steady.growth(() -> loss[0] = training.run(symbols), threads::getTotalThreadAllocatedBytes);
    System.out.println(
        Line.of("allocation")
            .with("rule", rule.word())
            .with("steps", sizes.steps())
            .with("bytes", bytes.sorted())
            .with("losses", loss[0]));
  }

  private static void memory(TaskSizes sizes, GradientRule rule, int iterations)
      throws IOException {
    TrainingIteration training = TrainingIteration.of(sizes, rule);
    HostTensor symbols = new Symbols(sizes, 1).next();
    List<Double> losses = new ArrayList<>();
    for (int i = 0; i < iterations; i++) {
      losses.add(training.run(symbols));
    }
    long peak = peakBytes();
    System.out.println(
        Line.of("memory")
            .with("rule", rule.word())
            .with("steps", sizes.steps())
            .with("planned", plannedBytes(sizes, rule))
            .with("peak", peak)
            .with("losses", losses));
  }

  /** Bytes of weights, states, results and intermediates: everything except the sequence itself. */
  private static long plannedBytes(TaskSizes sizes, GradientRule rule) {
    Tensor symbols = new Symbols(sizes, 1).next();
    Graph g = Pipeline.standard().run(new CopyingStep(sizes, rule).trace(symbols).graph());
    long ends =
        g.paramTypes().stream().mapToLong(t -> t.bytes()).sum()
            + g.outTypes().stream().mapToLong(t -> t.bytes()).sum();
    return ends - symbols.type().bytes() + Lowering.lower(g).arenaBytes();
  }

  /** Peak memory of the process, or -1 where the system does not report it. */
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

  private static void compile(TaskSizes sizes, GradientRule rule, int iterations) {
    for (int i = 0; i < 3; i++) {
      Phases.of(sizes, rule); // warms up
    }
    List<Phases> all = new ArrayList<>();
    for (int i = 0; i < iterations; i++) {
      all.add(Phases.of(sizes, rule));
    }
    Phases.Result last = all.getLast().result();
    CodeSize size = CodeSize.of(last.program(), last.code().disassemble());
    System.out.println(
        Line.of("compile")
            .with("rule", rule.word())
            .with("steps", sizes.steps())
            .with("trace", all.stream().map(Phases::trace).toList())
            .with("passes", all.stream().map(Phases::passes).toList())
            .with("lowering", all.stream().map(Phases::lowering).toList())
            .with("bytecode", all.stream().map(Phases::bytecode).toList())
            .with("ms", all.stream().map(Phases::total).toList())
            .with("nests", size.nests())
            .with("methods", size.methods())
            .with("bytes", size.bytes())
            .with("largest", size.largest()));
  }

  private static void kernels(TaskSizes sizes, Steady steady) {
    for (String name : RepeatedProgram.NAMES) {
      RepeatedProgram k = RepeatedProgram.of(name, sizes);
      int repeat = repeat(k::run);
      Samples ns = steady.nanos(() -> times(repeat, k::run)).map(t -> t / repeat);
      System.out.println(
          Line.of("kernel")
              .with("name", name)
              .with("unit", k.unit().text())
              .with("speed", ns.map(k::speed).sorted())
              .with("ns", ns.sorted())
              .with("work", k.work()));
    }
    Fn1<Tensor, Tensor> call = Engram.jit((Tensor x) -> x.add(1));
    HostTensor x = HostTensor.full(TensorType.of(DType.F32, 8), 1);
    int repeat = 1000;
    Samples ns = steady.nanos(() -> times(repeat, () -> call.apply(x))).map(t -> t / repeat);
    System.out.println(
        Line.of("kernel")
            .with("name", "call")
            .with("unit", "ns")
            .with("speed", ns.sorted())
            .with("ns", ns.sorted()));
  }

  private static void times(int n, Runnable run) {
    for (int i = 0; i < n; i++) {
      run.run();
    }
  }

  /** Number of repetitions for which a sample lasts a few milliseconds. */
  private static int repeat(Runnable run) {
    double nanos = new Steady(0.3, 1, 1).nanos(run).median();
    return Math.clamp((long) (5e6 / nanos), 1, 10_000);
  }
}
