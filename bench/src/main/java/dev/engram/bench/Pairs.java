package dev.engram.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.commons.math3.stat.inference.WilcoxonSignedRankTest;

/**
 * Finds out whether something became slower: repeats the same measurement with this class path and
 * with that of an earlier build, in pairs of fresh processes that take turns at going first, so
 * that other load on the machine affects both.
 *
 * <pre>
 *   --before CLASSPATH   of the earlier build
 *   --pairs N            20
 *   --only iterations    kernels, compile, first (process start to the end of the first iteration),
 *                        or stream (steps at batch 1)
 *   --threads N          2
 *   --iterations N       measurements of each process; 30 (not of streams)
 *   --warm-seconds S     minimum time of warm-up; 8
 * </pre>
 */
public final class Pairs {
  private static final List<String> OPTIONS =
      List.of("before", "pairs", "only", "threads", "iterations", "warm-seconds");

  private Pairs() {}

  /**
   * The result of the pairs.
   *
   * @param median of the ratios, now over before
   * @param median95 95 % confidence interval of the median of the ratios
   * @param chance probability of ratios at least this far from 1, to either side, if nothing had
   *     changed (Wilcoxon's signed-rank test)
   */
  record Ratio(String name, double median, Samples.Interval median95, double chance) {
    private static final int EXACT = 30;

    static Ratio of(String name, double[] before, double[] now) {
      double[] ratios = new double[now.length];
      Arrays.setAll(ratios, i -> now[i] / before[i]);
      Samples samples = Samples.of(ratios);
      Samples.Interval interval =
          samples
              .median95()
              .orElseThrow(
                  () ->
                      new IllegalArgumentException(
                          "got " + now.length + " pairs, expected 6 or more"));
      double[] logs = Arrays.stream(ratios).map(Math::log).toArray();
      double chance =
          new WilcoxonSignedRankTest()
              .wilcoxonSignedRankTest(new double[logs.length], logs, logs.length <= EXACT);
      return new Ratio(name, samples.median(), interval, chance);
    }

    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "%-30s %.3f times the time before, 95 %% interval %.3f to %.3f, by chance with %.2g",
          name,
          median,
          median95.low(),
          median95.high(),
          chance);
    }
  }

  /** Prints a line for each measurement. */
  public static void main(String[] args) throws IOException {
    Options o = Options.of(args, OPTIONS);
    Map<String, List<Double>> before = new LinkedHashMap<>();
    Map<String, List<Double>> now = new LinkedHashMap<>();
    String other = o.text("before", "");
    String ours = System.getProperty("java.class.path");
    int pairs = o.integer("pairs", 20);
    for (int pair = 0; pair < pairs; pair++) {
      System.err.printf("pair %d of %d%n", pair + 1, pairs);
      if (pair % 2 == 0) {
        measure(o, other, before);
        measure(o, ours, now);
      } else {
        measure(o, ours, now);
        measure(o, other, before);
      }
    }
    now.forEach(
        (name, times) -> System.out.println(Ratio.of(name, array(before.get(name)), array(times))));
  }

  private static double[] array(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).toArray();
  }

  /**
   * Collects the median and the least time of a fresh process, by measurement. What the machine
   * does besides only ever adds to a time, so on a busy one the least times scatter less.
   */
  private static void measure(Options o, String classPath, Map<String, List<Double>> into)
      throws IOException {
    String what = o.text("only", "iterations");
    List<String> steady =
        List.of(
            "--iterations",
            o.text("iterations", "30"),
            "--warm-seconds",
            o.text("warm-seconds", "8"));
    switch (what) {
      case "kernels" ->
          run(o, classPath, what, steady).forEach(l -> add(l.text("name"), l.samples("ns"), into));
      case "stream" ->
          run(
                  o,
                  classPath,
                  what,
                  List.of("--batch", "1", "--warm-seconds", o.text("warm-seconds", "8")))
              .forEach(l -> add("stream by " + l.text("kind"), l.samples("us"), into));
      case "first" -> {
        for (GradientRule rule : GradientRule.values()) {
          Child.Answers a = FirstStepTimes.child(o.integer("threads", 2), classPath, rule).run();
          double seconds = a.only().number("end") - a.started();
          add("first " + rule.title() + " step", new Samples(List.of(seconds)), into);
        }
      }
      case "iterations", "compile" -> {
        for (GradientRule rule : GradientRule.values()) {
          List<String> all = new ArrayList<>(what.equals("compile") ? List.of() : steady);
          all.addAll(List.of("--rule", rule.word()));
          String name = rule.title() + (what.equals("compile") ? " compilation" : " iteration");
          run(o, classPath, what, all).forEach(l -> add(name, l.samples("ms"), into));
        }
      }
      default -> throw new IllegalArgumentException("cannot measure '" + what + "'");
    }
  }

  private static List<Line> run(Options o, String classPath, String what, List<String> options)
      throws IOException {
    List<String> args = new ArrayList<>(List.of(what));
    args.addAll(options);
    return Child.jvm(o.integer("threads", 2), List.of(), classPath, Measure.class.getName(), args)
        .run()
        .lines();
  }

  private static void add(String name, Samples times, Map<String, List<Double>> into) {
    into.computeIfAbsent(name + ", median", _ -> new ArrayList<>()).add(times.median());
    into.computeIfAbsent(name + ", least", _ -> new ArrayList<>()).add(times.min());
  }
}
