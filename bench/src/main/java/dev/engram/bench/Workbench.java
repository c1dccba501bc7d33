package dev.engram.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.commons.math3.stat.StatUtils;

/**
 * The context that all measurements share.
 *
 * @param progress receives a line before each measurement
 */
record Workbench(
    TaskSizes sizes,
    int threads,
    Steady steady,
    Optional<JaxPeer> peer,
    Consumer<String> progress) {

  /** Runs {@link Measure} in a separate JVM. */
  List<Line> measure(String what, TaskSizes sizes, String... options) throws IOException {
    progress.accept("measuring " + what + " " + String.join(" ", options) + " (" + sizes + ")");
    List<String> args = new ArrayList<>(List.of(what));
    args.addAll(sizes.options());
    args.addAll(List.of(options));
    return Child.jvm(threads, List.of(), Measure.class.getName(), args).run().lines();
  }

  /** Runs the same measurement with the peer, if there is one. */
  Optional<List<Line>> peer(String what, TaskSizes sizes, String... options) throws IOException {
    if (peer.isEmpty()) {
      return Optional.empty();
    }
    progress.accept("JAX: " + what + " " + String.join(" ", options) + " (" + sizes + ")");
    List<String> args = new ArrayList<>(sizes.options());
    args.addAll(List.of(options));
    return Optional.of(peer.get().run(what, args).lines());
  }

  /**
   * Measures training iterations, in turns with the peer where there is one, else one by one.
   *
   * @param what as {@link Measure} and the peer name it
   * @throws IllegalStateException when the losses of either do not fall
   */
  Row training(String title, String what, TaskSizes sizes, String... which) throws IOException {
    if (peer.isEmpty()) {
      Line ours = measure(what, sizes, steadyOptions(which)).getFirst();
      learns(title, ours.numbers("losses"));
      return Row.of(title, Row.Unit.MS, ours.samples("ms"));
    }
    List<String> options = new ArrayList<>(List.of("--what", what));
    options.addAll(List.of(which));
    AlternatingProcesses.Times times = turns(title, sizes, options, options);
    learns(title, times.one().losses());
    learns("JAX " + title, times.other().losses());
    return Row.of(title, Row.Unit.MS, times.one().ns().map(t -> t / 1e6))
        .beside(Optional.of(times.other().ns().map(t -> t / 1e6)));
  }

  /** Measures in turns with the peer, which is there. */
  AlternatingProcesses.Times turns(
      String title, TaskSizes sizes, List<String> ours, List<String> theirs) throws IOException {
    progress.accept("in turns: " + title + " (" + sizes + ")");
    List<String> args = new ArrayList<>(List.of("turns"));
    args.addAll(sizes.options());
    args.addAll(ours);
    List<String> peers = new ArrayList<>(sizes.options());
    peers.addAll(theirs);
    Child one = Child.jvm(threads, List.of(), Measure.class.getName(), args);
    try (AlternatingProcesses both =
        new AlternatingProcesses(one, peer.orElseThrow().child("turns", peers))) {
      return both.measure(steady.seconds(), steady.samples());
    }
  }

  /** Returns {@link #steady} as options, after others. */
  String[] steadyOptions(String... others) {
    List<String> all = new ArrayList<>(List.of(others));
    all.addAll(List.of("--iterations", Integer.toString(steady.samples())));
    all.addAll(List.of("--warm-seconds", Double.toString(steady.seconds())));
    return all.toArray(String[]::new);
  }

  /** Adds the goal to a row, if the sizes are those that it is stated for. */
  Row goal(Row row, double atMost) {
    return sizes.equals(TaskSizes.standard()) ? row.atMost(atMost) : row;
  }

  /**
   * Checks that the losses of a training are finite and fall.
   *
   * @throws IllegalStateException when they do not
   */
  static void learns(String who, List<Double> losses) {
    for (double l : losses) {
      if (!Double.isFinite(l)) {
        throw new IllegalStateException(who + ": a loss is " + l + " in " + losses);
      }
    }
    int some = losses.size() / 4;
    double[] all = losses.stream().mapToDouble(Double::doubleValue).toArray();
    double start = StatUtils.mean(all, 0, some);
    double end = StatUtils.mean(all, all.length - some, some);
    if (some > 0 && !(end < start)) {
      throw new IllegalStateException(who + ": the loss does not fall: " + start + " to " + end);
    }
  }
}
