package dev.engram.cli;

import dev.engram.cli.chart.LineChart;
import dev.engram.etrace.Diagnostic;
import dev.engram.ir.EngramException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Trains the copying task by each rule asked for, and draws the loss curves. */
final class CopyingJob implements Job<TrainOptions> {
  private static final int EVERY = 50;

  /** What one training gave. */
  private record Curve(Rule rule, double[] losses, double seconds, double firstStep, long bytes) {
    String name() {
      return CopyingJob.name(rule);
    }
  }

  @Override
  public void run(TrainOptions options, Terminal terminal) throws IOException {
    System.setProperty("engram.threads", Integer.toString(options.threads()));
    List<Rule> rules =
        options.rule() == Rule.BOTH ? List.of(Rule.D_RTRL, Rule.BPTT) : List.of(options.rule());
    terminal
        .out()
        .printf(
            Locale.ROOT,
            "copying task: GRU %d -> %s -> %d, lag %d (%d steps), batch %d, Adam %s, %d iterations,"
                + " seed %d%n",
            CopyingData.SYMBOLS,
            options.hidden() + (options.layers() == 1 ? "" : " x " + options.layers()),
            CopyingData.SYMBOLS,
            options.lag(),
            options.steps(),
            options.batch(),
            options.lr(),
            options.epochs(),
            options.seed());
    List<Curve> curves = new ArrayList<>();
    try {
      for (Rule rule : rules) {
        curves.add(train(options, rule, terminal));
      }
    } catch (EngramException e) {
      throw new IOException(e.getMessage(), e);
    }
    write(options, curves);
    summary(options, curves, terminal);
  }

  private static Curve train(TrainOptions options, Rule rule, Terminal terminal) {
    long start = System.nanoTime();
    List<Diagnostic> warnings = new ArrayList<>();
    CopyingStep step = new CopyingStep(options, rule, warnings::add);
    CopyingData data = new CopyingData(options);
    CompiledStep code = CompiledStep.of(step, data.next());
    warnings.stream().distinct().forEach(w -> terminal.err().println("warning: " + w));
    data = new CopyingData(options);
    double[] losses = new double[options.epochs()];
    double firstStep = 0;
    try (ProgressBar bar = terminal.progress(name(rule), options.epochs())) {
      for (int i = 0; i < losses.length; i++) {
        losses[i] = code.run(data.next());
        if (i == 0) {
          firstStep = seconds(start);
        }
        bar.update(i + 1, losses[i]);
        if (i % EVERY == 0) {
          bar.println(
              terminal.out(),
              String.format(Locale.ROOT, "%s: step %d, loss %.4f", name(rule), i, losses[i]));
        }
      }
    }
    return new Curve(rule, losses, seconds(start), firstStep, code.bytes());
  }

  private static String name(Rule rule) {
    return rule == Rule.D_RTRL ? "D-RTRL (online)" : "BPTT (offline)";
  }

  private static double seconds(long start) {
    return (System.nanoTime() - start) / 1e9;
  }

  private static void write(TrainOptions options, List<Curve> curves) throws IOException {
    LineChart chart =
        new LineChart("GRU on Copying Task: Online vs. Offline Learning", "Training step", "Loss");
    List<String> names = new ArrayList<>(List.of("step"));
    for (Curve c : curves) {
      chart.add(c.name(), c.losses);
      names.add(c.name());
    }
    chart.write(options.chartFile());
    CsvTable table = new CsvTable(names.toArray(String[]::new));
    for (int i = 0; i < options.epochs(); i++) {
      List<String> row = new ArrayList<>(List.of(Integer.toString(i)));
      for (Curve c : curves) {
        row.add(Double.toString(c.losses[i]));
      }
      table.row(row.toArray(String[]::new));
    }
    table.write(options.tableFile());
  }

  private static void summary(TrainOptions options, List<Curve> curves, Terminal terminal) {
    int last = Math.min(10, options.epochs());
    for (Curve c : curves) {
      double end = 0;
      for (int i = c.losses.length - last; i < c.losses.length; i++) {
        end += c.losses[i] / last;
      }
      terminal
          .out()
          .printf(
              Locale.ROOT,
              "%s: loss %.4f -> %.4f (mean of the last %d), %.1f s (first step after %.2f s), peak"
                  + " memory %.1f MB%n",
              c.name(),
              c.losses[0],
              end,
              last,
              c.seconds,
              c.firstStep,
              c.bytes / 1e6);
    }
    terminal.out().println("wrote " + options.chartFile() + " and " + options.tableFile());
  }
}
