package dev.engram.cli;

import dev.engram.cli.chart.LineChart;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The files of a training: one chart for each metric and one table of all.
 *
 * @param folder exists and is writable
 * @param title of the charts
 * @param settings in the last columns of the table, the same in every row
 */
record Results(Path folder, String title, SequenceTask.Settings settings) {
  static final String TABLE = "losses.csv";

  /** The chart of a metric; that of the loss is called {@code losses.png}. */
  static String chart(String metric) {
    return metric.equals("loss") ? "losses.png" : metric.replace(' ', '-') + ".png";
  }

  /** The files that {@link #write} makes of these metrics. */
  static Path[] files(Path folder, List<String> metrics) {
    List<Path> files = new ArrayList<>();
    metrics.forEach(m -> files.add(folder.resolve(chart(m))));
    files.add(folder.resolve(TABLE));
    return files.toArray(Path[]::new);
  }

  /** Writes the charts and the table of trainings of the same length and metrics. */
  void write(List<Curve> curves, List<Baseline> baselines, Terminal terminal) throws IOException {
    // What hours may have gone into is said before the disk can refuse it.
    curves.forEach(c -> terminal.out().println(c.summary()));
    List<String> metrics = curves.getFirst().run().metrics();
    List<String> names = new ArrayList<>(List.of("step"));
    List<double[]> columns = new ArrayList<>();
    for (int m = 0; m < metrics.size(); m++) {
      String metric = metrics.get(m);
      LineChart chart = new LineChart(title, "Training step", axis(metric));
      for (Curve c : curves) {
        chart.add(c.name(), c.values()[m]);
        names.add(metrics.size() == 1 ? c.name() : c.name() + " " + metric);
        columns.add(c.values()[m]);
      }
      baselines.stream()
          .filter(b -> b.metric().equals(metric))
          .forEach(b -> chart.level(b.name(), b.value()));
      chart.write(folder.resolve(chart(metric)));
    }
    names.addAll(List.of("seed", "lr", "batch", "hidden", "time steps"));
    CsvTable table = new CsvTable(names.toArray(String[]::new));
    for (int i = 0; i < columns.getFirst().length; i++) {
      List<String> row = new ArrayList<>(List.of(Integer.toString(i)));
      for (double[] column : columns) {
        row.add(Double.toString(column[i]));
      }
      row.addAll(
          List.of(
              Long.toString(settings.seed()),
              Double.toString(settings.lr()),
              Integer.toString(settings.batch()),
              Integer.toString(settings.hidden()),
              Integer.toString(settings.steps())));
      table.row(row.toArray(String[]::new));
    }
    table.write(folder.resolve(TABLE));
    terminal.out().println("wrote " + String.join(", ", written(metrics)));
  }

  private static String axis(String metric) {
    String name = metric.substring(0, 1).toUpperCase(Locale.ROOT) + metric.substring(1);
    return name.equals("Rate") ? "Mean firing rate [Hz]" : name;
  }

  private List<String> written(List<String> metrics) {
    return java.util.Arrays.stream(files(folder, metrics)).map(Path::toString).toList();
  }
}
