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
  private static final int[] PERCENTILES = {50, 99};
  private static final int CALLS = 100_000;
  private static final int FEW_CALLS = 2_000;

  List<Row> rows() throws IOException {
    List<Row> rows = new ArrayList<>();
    for (StreamedNet net : StreamedNet.values()) {
      for (int batch : BATCHES) {
        rows.addAll(rows(net, batch, ""));
      }
    }
    return rows;
  }

  /** Rows of one net; {@code more} ends their names. */
  List<Row> rows(StreamedNet net, int batch, String more) throws IOException {
    TaskSizes sizes = bench.sizes().withBatch(batch);
    Path data = Files.createTempFile("engram-bench", ".safetensors");
    try {
      check(net, sizes, data);
      String[] options = {
        "--net", net.word(),
        "--data", data.toString(),
        "--iterations",
            Integer.toString(bench.sizes().equals(TaskSizes.standard()) ? CALLS : FEW_CALLS),
        "--warm-seconds", Double.toString(bench.steady().seconds())
      };
      Map<String, Line> ours = finite(byKind(bench.measure("stream", sizes, options)));
      Optional<Map<String, Line>> peer =
          bench.peer("stream", sizes, options).map(Streaming::byKind).map(Streaming::finite);
      String name = "%s, batch %d%s".formatted(net.title(), batch, more);
      List<Row> rows = new ArrayList<>();
      for (int percentile : PERCENTILES) {
        rows.add(
            Row.of(
                    "streaming step, %s, p%d".formatted(name, percentile),
                    Row.Unit.MICROS,
                    at(ours, percentile))
                .beside(peer.map(p -> Samples.of(at(p, percentile)))));
      }
      rows.add(
          Row.of("step of a compiled stream, " + name, Row.Unit.MICROS, us(ours, "compiled"))
              .beside(peer.map(p -> us(p, "compiled"))));
      rows.add(
          Row.of(
              "Java bytes allocated by a streaming step, " + name,
              Row.Unit.BYTES,
              ours.get("calls").number("bytes")));
      return rows;
    } finally {
      Files.deleteIfExists(data);
    }
  }

  private static Map<String, Line> byKind(List<Line> lines) {
    Map<String, Line> all = new LinkedHashMap<>();
    lines.forEach(l -> all.put(l.text("kind"), l));
    return all;
  }

  /** Checks that what was timed were numbers. */
  private static Map<String, Line> finite(Map<String, Line> lines) {
    lines
        .values()
        .forEach(
            l -> {
              if (!Double.isFinite(l.number("loss"))) {
                throw new IllegalStateException("the last loss of a stream: " + l);
              }
            });
    return lines;
  }

  private static Samples us(Map<String, Line> lines, String kind) {
    return lines.get(kind).samples("us");
  }

  /** Of the calls' percentiles 1 to 99. */
  private static double at(Map<String, Line> lines, int percentile) {
    return us(lines, "calls").sorted().get(percentile - 1);
  }

  /** Both ways have the peer's losses; writes the file that the peer starts from. */
  private void check(StreamedNet net, TaskSizes sizes, Path data) throws IOException {
    String[] options = {
      "--net",
      net.word(),
      "--data",
      data.toString(),
      "--iterations",
      Integer.toString(net.checked())
    };
    Map<String, Line> ours = byKind(bench.measure("stream_losses", sizes, options));
    List<Double> calls = ours.get("calls").numbers("losses");
    Agreement.agree(
        "a compiled stream, " + net.title(), ours.get("compiled").numbers("losses"), calls);
    Optional<List<Line>> peer = bench.peer("stream_losses", sizes, options);
    if (peer.isPresent()) {
      Agreement.agree(
          "JAX of a stream, " + net.title(), peer.get().getFirst().numbers("losses"), calls);
    }
  }
}
