package dev.engram.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Checks that both rules train bit for bit alike with one thread and with two, and like the peer,
 * on the same weights and data, to the precision of f32.
 */
record Agreement(Workbench bench) {
  private static final int ITERATIONS = 10;

  /** How far f32 losses of peers may be apart, relative. */
  static final double TOLERANCE = 1e-4;

  /**
   * Runs the check and says what agrees.
   *
   * @throws IllegalStateException when something does not
   */
  String check() throws IOException {
    Path data = Files.createTempFile("engram-bench", ".safetensors");
    try {
      String iterations = Integer.toString(ITERATIONS);
      List<Line> ours =
          bench.measure(
              "losses", bench.sizes(), "--data", data.toString(), "--iterations", iterations);
      StringBuilder out = new StringBuilder();
      differ(ours);
      for (GradientRule rule : GradientRule.values()) {
        List<Line> both = ours.stream().filter(l -> l.text("rule").equals(rule.word())).toList();
        sameBits(rule, both.getFirst(), both.getLast());
        List<Double> losses = both.getFirst().numbers("losses");
        Workbench.learns(rule.title(), losses);
        out.append(rule.title()).append(": the same bits with 1 and 2 threads");
        Optional<Line> peer =
            bench
                .peer("losses", bench.sizes(), "--rule", rule.word(), "--data", data.toString())
                .map(List::getFirst);
        if (peer.isPresent()) {
          double worst = worst(losses, peer.get().numbers("losses"));
          String said =
              "losses of %d iterations differ from JAX's by at most %.1e relative"
                  .formatted(ITERATIONS, worst);
          if (!(worst <= TOLERANCE)) {
            throw new IllegalStateException(rule.title() + ": " + said + ": " + losses + peer);
          }
          out.append("; ").append(said);
        }
        out.append(".\n");
      }
      return out.toString().strip();
    } finally {
      Files.deleteIfExists(data);
    }
  }

  // If both rules had the same losses, agreement on them would say nothing about the gradients.
  private static void differ(List<Line> ours) {
    double apart = worst(ours.getFirst().numbers("losses"), ours.getLast().numbers("losses"));
    if (apart <= TOLERANCE) {
      throw new IllegalStateException("the rules do not differ: " + ours);
    }
  }

  private static void sameBits(GradientRule rule, Line one, Line two) {
    boolean same =
        one.numbers("losses").equals(two.numbers("losses"))
            && one.text("weights").equals(two.text("weights"))
            && !one.text("threads").equals(two.text("threads"));
    if (!same) {
      throw new IllegalStateException(
          rule.title() + " differs between 1 and 2 threads: " + one + " and " + two);
    }
  }

  /**
   * Checks losses against others.
   *
   * @throws IllegalStateException when they are too far apart
   */
  static void agree(String who, List<Double> theirs, List<Double> ours) {
    double worst = worst(ours, theirs);
    if (!(worst <= TOLERANCE)) {
      throw new IllegalStateException(
          "%s: losses differ by %.1e relative: %s and %s".formatted(who, worst, ours, theirs));
    }
  }

  static double worst(List<Double> a, List<Double> b) {
    if (a.size() != b.size()) {
      throw new IllegalStateException("got " + a.size() + " and " + b.size() + " losses");
    }
    double worst = 0;
    for (int i = 0; i < a.size(); i++) {
      double d = Math.abs(a.get(i) - b.get(i)) / Math.abs(b.get(i));
      worst = Double.isNaN(d) ? Double.POSITIVE_INFINITY : Math.max(worst, d);
    }
    return worst;
  }
}
