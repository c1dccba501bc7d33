package dev.engram.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Times of training iterations and of kernels, in steady state. */
record Speed(Workbench bench) {
  private static final String BUSY = ", one processor busy";

  List<Row> iterations() throws IOException {
    List<Row> rows = new ArrayList<>();
    for (GradientRule rule : GradientRule.values()) {
      double goal =
          switch (rule) {
            case D_RTRL -> 60;
            case BPTT -> 39;
          };
      rows.add(bench.goal(iteration(rule, bench.sizes(), ""), goal));
    }
    return rows;
  }

  /** With four times as many units. */
  List<Row> wide() throws IOException {
    List<Row> rows = new ArrayList<>();
    for (GradientRule rule : GradientRule.values()) {
      rows.add(iteration(rule, wideSizes(), ", hidden " + wideSizes().hidden()));
    }
    return rows;
  }

  private TaskSizes wideSizes() {
    TaskSizes s = bench.sizes();
    return new TaskSizes(s.lag(), s.batch(), 4 * s.hidden(), s.rate(), s.seed());
  }

  /** Beside a process that keeps one processor busy. */
  List<Row> busy() throws IOException {
    List<Row> rows = new ArrayList<>();
    try (BusyProcessor _ = BusyProcessor.start()) {
      for (GradientRule rule : GradientRule.values()) {
        rows.add(iteration(rule, bench.sizes(), BUSY));
        rows.add(iteration(rule, wideSizes(), ", hidden " + wideSizes().hidden() + BUSY));
      }
      rows.addAll(new Streaming(bench).rows(StreamedNet.SGD, 1, BUSY));
    }
    return rows;
  }

  private Row iteration(GradientRule rule, TaskSizes sizes, String more) throws IOException {
    return bench.training(
        rule.title() + " iteration" + more, "iterations", sizes, "--rule", rule.word());
  }

  List<Row> kernels() throws IOException {
    String[] options = {
      "--iterations", Integer.toString(bench.steady().samples()),
      "--warm-seconds", Double.toString(bench.steady().seconds() / 2)
    };
    List<Line> ours = bench.measure("kernels", bench.sizes(), options);
    Map<String, Line> peer = new LinkedHashMap<>();
    for (Line l : bench.peer("kernels", bench.sizes(), options).orElse(List.of())) {
      peer.put(l.text("name"), l);
    }
    return ours.stream()
        .map(l -> kernel(l, Optional.ofNullable(peer.get(l.text("name")))))
        .toList();
  }

  /** Products, in turns with numpy's BLAS and with JAX. */
  List<Row> products() throws IOException {
    List<Row> rows = new ArrayList<>();
    if (bench.peer().isEmpty()) {
      return rows;
    }
    for (String kernel : List.of("matmul_small", "matmul_512")) {
      RepeatedProgram product = RepeatedProgram.of(kernel, bench.sizes());
      for (String library : List.of("numpy", "jax")) {
        String name = title(kernel) + ", in turns with " + library;
        List<String> which = List.of("--what", "kernel", "--kernel", kernel);
        List<String> theirs = new ArrayList<>(which);
        theirs.addAll(List.of("--library", library));
        AlternatingProcesses.Times times = bench.turns(name, bench.sizes(), which, theirs);
        rows.add(
            Row.of(
                    name,
                    new Row.Unit(product.unit().text(), product.unit().isRate()),
                    times.one().ns().map(product::speed))
                .beside(Optional.of(times.other().ns().map(product::speed))));
      }
    }
    return rows;
  }

  private static Row kernel(Line ours, Optional<Line> peer) {
    Row.Unit unit = new Row.Unit(ours.text("unit"), ours.text("unit").endsWith("/s"));
    Optional<Samples> theirs =
        peer.map(
            p -> {
              double work = p.number("work");
              return p.samples("ns").map(t -> unit.more() ? work / t : t / work);
            });
    return Row.of(title(ours.text("name")), unit, ours.samples("speed")).beside(theirs);
  }

  private static String title(String kernel) {
    return switch (kernel) {
      case "sweep" -> "trace sweep, e = d e + x f; g += l e";
      case "matmul_small" -> "matmul 64x138x128";
      case "matmul_512" -> "matmul 512x512x512";
      case "call" -> "call of a trivial jitted function";
      default -> kernel + " of 65536 elements";
    };
  }
}
