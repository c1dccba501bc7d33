package dev.engram.cli.train;

import dev.engram.cli.terminal.Terminal;
import dev.engram.cli.train.problem.Baseline;
import dev.engram.cli.train.problem.SequenceTask;
import dev.engram.plot.LineChart;
import dev.engram.plot.NoPictureException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The files of a training: one chart for each metric, as PNG and SVG, and one table with all
 * metrics.
 *
 * @param folder exists and is writable
 * @param title of the charts
 * @param settings in the last columns of the table, the same in every row
 */
public record Results(Path folder, String title, SequenceTask.Settings settings) {
  static final String TABLE = "losses.csv";

  /**
   * Returns the file name of a chart; those of the loss are {@code losses.png} and {@code
   * losses.svg}.
   */
  private static String chart(String metric, LineChart.Format format) {
    String name = metric.equals("loss") ? "losses" : metric.replace(' ', '-');
    return name + "." + format.name().toLowerCase(Locale.ROOT);
  }

  /** Returns the files that {@link #write} makes for these metrics. */
  public static Path[] files(Path folder, List<String> metrics) {
    List<Path> files = new ArrayList<>();
    for (LineChart.Format format : LineChart.Format.values()) {
      metrics.forEach(m -> files.add(folder.resolve(chart(m, format))));
    }
    files.add(folder.resolve(TABLE));
    return files.toArray(Path[]::new);
  }

  /** Writes the table and the charts of trainings with the same length and metrics. */
  void write(List<TrainingResult> curves, List<Baseline> baselines, Terminal terminal)
      throws IOException {
    // Results of possibly hours of training are printed before writing can fail.
    curves.forEach(c -> terminal.out().println(c.summary()));
    List<String> metrics = curves.getFirst().run().metrics();
    table(curves, metrics);
    List<Path> written = new ArrayList<>();
    try {
      for (int m = 0; m < metrics.size(); m++) {
        LineChart chart = chart(curves, baselines, m);
        for (LineChart.Format format : LineChart.Format.values()) {
          Path file = folder.resolve(chart(metrics.get(m), format));
          draw(chart, format, file);
          written.add(file);
        }
      }
    } catch (NoPictureException e) {
      terminal.err().println("engram: the charts are left out: " + e.getMessage());
    }
    written.add(folder.resolve(TABLE));
    String names = String.join(", ", written.stream().map(Path::toString).toList());
    terminal.out().println("wrote " + names);
  }

  private LineChart chart(List<TrainingResult> curves, List<Baseline> baselines, int metric) {
    String name = curves.getFirst().run().metrics().get(metric);
    LineChart chart = new LineChart(title, "Training step", axis(name));
    curves.forEach(c -> chart.add(c.name(), c.values()[metric]));
    baselines.stream()
        .filter(b -> b.metric().equals(name))
        .forEach(b -> chart.level(b.name(), b.value()));
    return chart;
  }

  /** Writes a chart to a file, as a whole or not at all. */
  public static void draw(LineChart chart, LineChart.Format format, Path file) throws IOException {
    ByteArrayOutputStream picture = new ByteArrayOutputStream();
    chart.write(format, picture);
    WholeFile.write(file, picture.toByteArray());
  }

  private void table(List<TrainingResult> curves, List<String> metrics) throws IOException {
    List<String> names = new ArrayList<>(List.of("step"));
    List<double[]> columns = new ArrayList<>();
    for (int m = 0; m < metrics.size(); m++) {
      for (TrainingResult c : curves) {
        names.add(metrics.size() == 1 ? c.name() : c.name() + " " + metrics.get(m));
        columns.add(c.values()[m]);
      }
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
  }

  private static String axis(String metric) {
    String name = metric.substring(0, 1).toUpperCase(Locale.ROOT) + metric.substring(1);
    return name.equals("Rate") ? "Mean firing rate [Hz]" : name;
  }
}
