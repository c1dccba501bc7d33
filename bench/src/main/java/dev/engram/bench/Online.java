package dev.engram.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Times of training iterations of other nets and by other rules. */
record Online(Workbench bench) {

  List<Row> rows() throws IOException {
    List<Row> rows = new ArrayList<>();
    for (OnlineNet net : OnlineNet.values()) {
      Path data = Files.createTempFile("engram-bench", ".safetensors");
      try {
        rows.add(row(net, data));
      } finally {
        Files.deleteIfExists(data);
      }
    }
    return rows;
  }

  private Row row(OnlineNet net, Path data) throws IOException {
    TaskSizes sizes = net.sizes(bench.sizes());
    String title = net.title(sizes);
    String[] which = {"--net", net.word(), "--data", data.toString()};
    check(net, which);
    return bench.training(title, "online", sizes, which);
  }

  private void check(OnlineNet net, String[] which) throws IOException {
    TaskSizes sizes = net.checked(bench.sizes());
    List<Double> ours = losses(bench.measure("online_losses", sizes, which));
    Optional<List<Double>> theirs = bench.peer("online_losses", sizes, which).map(Online::losses);
    if (theirs.isPresent()) {
      Agreement.agree("JAX " + net.title(sizes), theirs.get(), ours);
    }
  }

  private static List<Double> losses(List<Line> lines) {
    return lines.getFirst().numbers("losses");
  }
}
