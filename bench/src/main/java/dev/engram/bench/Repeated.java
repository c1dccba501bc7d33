package dev.engram.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What is run again and again to be timed.
 *
 * @param losses to which a run adds its own, where it trains
 */
record Repeated(String name, Runnable run, List<Double> losses) {
  private static final double OF_PRODUCTS = 50e6;
  private static final double OF_TRAINING = 200e6;

  /**
   * Makes it.
   *
   * @param name {@code iterations} of the copying task; {@code online}, those of another net, which
   *     first writes a file for a peer where {@code --data} names one; or {@code kernel}
   */
  static Repeated of(String name, Options o, TaskSizes sizes) throws IOException {
    return switch (name) {
      case "kernel" ->
          new Repeated(
              name, RepeatedProgram.of(o.text("kernel", ""), sizes)::run, new ArrayList<>());
      case "iterations" -> {
        TrainingIteration training =
            TrainingIteration.of(
                sizes, GradientRule.of(o.text("rule", GradientRule.D_RTRL.word())));
        Symbols symbols = new Symbols(sizes, 16);
        List<Double> losses = new ArrayList<>();
        yield new Repeated(name, () -> losses.add(training.run(symbols.next())), losses);
      }
      case "online" -> {
        OnlineTraining training = new OnlineTraining(OnlineNet.of(o.text("net", "")), sizes);
        if (o.has("data")) {
          training.write(Path.of(o.text("data", "")));
        }
        yield new Repeated(name, training::run, training.losses());
      }
      default ->
          throw new IllegalArgumentException(
              "cannot repeat '" + name + "', expected kernel, iterations or online");
    };
  }

  /** Prints the milliseconds of runs in steady state. */
  void print(Steady steady) {
    Samples ns = steady.nanos(run);
    System.out.println(
        Line.of(name).with("ms", ns.map(t -> t / 1e6).sorted()).with("losses", losses));
  }

  /**
   * Prints the nanoseconds of a run, for each line that it reads: of products for 50 ms, of
   * training for 200 ms, the mean.
   */
  void inTurns() throws IOException {
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    double enough = name.equals("kernel") ? OF_PRODUCTS : OF_TRAINING;
    while (in.readLine() != null) {
      int known = losses.size();
      long start = System.nanoTime();
      int runs = 0;
      long nanos;
      do {
        run.run();
        runs++;
        nanos = System.nanoTime() - start;
      } while (nanos < enough);
      Line turn = Line.of("turn").with("ns", (double) nanos / runs);
      System.out.println(
          losses.isEmpty() ? turn : turn.with("losses", losses.subList(known, losses.size())));
    }
  }
}
