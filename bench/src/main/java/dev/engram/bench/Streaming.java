package dev.engram.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Times of single steps of a net that learns from each, by calls and in a compiled loop. */
record Streaming(Workbench bench) {
  private static final int[] BATCHES = {1, 8};
  private static final int CALLS = 100_000;
  private static final String CHECKED = "200";

  List<Row> rows() throws IOException {
    List<Row> rows = new ArrayList<>();
    for (int batch : BATCHES) {
      TaskSizes sizes = bench.sizes().withBatch(batch);
      check(sizes);
      String[] options = {
        "--iterations", Integer.toString(CALLS),
        "--warm-seconds", Double.toString(bench.steady().seconds())
      };
      Map<String, Line> ours = byKind(bench.measure("stream", sizes, options));
      Optional<Map<String, Line>> peer =
          bench.peer("stream", sizes, options).map(Streaming::byKind);
      String name = ", batch " + batch;
      for (int percentile : new int[] {50, 99}) {
        rows.add(
            Row.of(
                    "streaming step%s, p%d".formatted(name, percentile),
                    Row.Unit.MICROS,
                    at(ours, percentile))
                .beside(peer.map(p -> Samples.of(at(p, percentile)))));
      }
      rows.add(
          Row.of("step of a compiled stream" + name, Row.Unit.MICROS, us(ours, "compiled"))
              .beside(peer.map(p -> us(p, "compiled"))));
      rows.add(
          Row.of(
              "Java bytes allocated by a streaming step" + name,
              Row.Unit.BYTES,
              ours.get("calls").number("bytes")));
    }
    return rows;
  }

  private static Map<String, Line> byKind(List<Line> lines) {
    Map<String, Line> all = new LinkedHashMap<>();
    lines.forEach(l -> all.put(l.text("kind"), l));
    return all;
  }

  private static Samples us(Map<String, Line> lines, String kind) {
    return lines.get(kind).samples("us");
  }

  /** Of the calls' percentiles 1 to 99. */
  private static double at(Map<String, Line> lines, int percentile) {
    return us(lines, "calls").sorted().get(percentile - 1);
  }

  /** Both ways have the peer's losses. */
  private void check(TaskSizes sizes) throws IOException {
    Path data = Files.createTempFile("engram-bench", ".safetensors");
    try {
      String[] options = {"--data", data.toString(), "--iterations", CHECKED};
      Map<String, Line> ours = byKind(bench.measure("stream_losses", sizes, options));
      List<Double> calls = ours.get("calls").numbers("losses");
      Agreement.agree("a compiled stream", ours.get("compiled").numbers("losses"), calls);
      Optional<List<Line>> peer = bench.peer("stream_losses", sizes, options);
      if (peer.isPresent()) {
        Agreement.agree("JAX of a stream", peer.get().getFirst().numbers("losses"), calls);
      }
    } finally {
      Files.deleteIfExists(data);
    }
  }
}
