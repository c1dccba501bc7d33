package dev.engram.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Times of training iterations and of kernels, in steady state. */
record Speed(Workbench bench) {

  List<Row> iterations() throws IOException {
    List<Row> rows = new ArrayList<>();
    for (GradientRule rule : GradientRule.values()) {
      double goal =
          switch (rule) {
            case D_RTRL -> 60;
            case BPTT -> 39;
          };
      String[] options = bench.steadyOptions(rule);
      Line ours = bench.measure("iterations", bench.sizes(), options).getFirst();
      Optional<Line> peer = bench.peer("iterations", bench.sizes(), options).map(List::getFirst);
      Workbench.learns(rule.title(), ours.numbers("losses"));
      peer.ifPresent(p -> Workbench.learns("JAX " + rule.title(), p.numbers("losses")));
      Row row = Row.of(rule.title() + " iteration", Row.Unit.MS, ours.samples("ms"));
      rows.add(bench.goal(row, goal).beside(peer.map(p -> p.samples("ms"))));
    }
    return rows;
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
