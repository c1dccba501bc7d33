package dev.engram.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Time from the start of a process to the end of its first training iteration. The command {@code
 * engram} keeps an archive of loaded classes, so it is measured with one, too.
 */
record FirstStepTimes(Workbench bench) {
  private static final double GOAL_SECONDS = 2;

  List<Row> rows() throws IOException {
    List<Row> rows = new ArrayList<>();
    for (GradientRule rule : GradientRule.values()) {
      Optional<Samples> peer = peer(rule);
      String name = "first " + rule.title() + " step after process start";
      rows.add(row(name, ours(rule, List.of())).beside(peer));
      if (Child.canCacheClasses()) {
        Path archive = Files.createTempFile("engram-bench", ".aot");
        try {
          child(rule, List.of("-XX:AOTCacheOutput=" + archive)).run();
          Samples s = ours(rule, List.of("-XX:AOTCache=" + archive));
          rows.add(row(name + ", with class archive", s).beside(peer));
        } finally {
          Files.deleteIfExists(archive);
        }
      }
    }
    return rows;
  }

  private Row row(String name, Samples s) {
    return bench.goal(Row.of(name, Row.Unit.SECONDS, s), GOAL_SECONDS);
  }

  private int runs() {
    return Math.min(5, bench.steady().samples());
  }

  private Child child(GradientRule rule, List<String> flags) {
    String ours = System.getProperty("java.class.path");
    return child(bench.threads(), flags, ours, bench.sizes(), rule);
  }

  /** A process that trains for one iteration at the standard sizes. */
  static Child child(int threads, String classPath, GradientRule rule) {
    return child(threads, List.of(), classPath, TaskSizes.standard(), rule);
  }

  private static Child child(
      int threads, List<String> flags, String classPath, TaskSizes s, GradientRule rule) {
    List<String> args =
        List.of(
            rule.word(),
            Integer.toString(s.lag()),
            Integer.toString(s.batch()),
            Integer.toString(s.hidden()),
            Long.toString(s.seed()));
    return Child.jvm(threads, flags, classPath, FirstStep.class.getName(), args);
  }

  private Samples ours(GradientRule rule, List<String> flags) throws IOException {
    bench.progress().accept("measuring first " + rule.title() + " step " + String.join(" ", flags));
    List<Double> seconds = new ArrayList<>();
    for (int i = 0; i < runs(); i++) {
      Child.Answers a = child(rule, flags).run();
      seconds.add(a.only().number("end") - a.started());
    }
    return new Samples(seconds);
  }

  private Optional<Samples> peer(GradientRule rule) throws IOException {
    if (bench.peer().isEmpty()) {
      return Optional.empty();
    }
    List<String> options = new ArrayList<>(bench.sizes().options());
    options.addAll(List.of("--rule", rule.word()));
    bench.progress().accept("JAX: first " + rule.title() + " step");
    List<Double> seconds = new ArrayList<>();
    for (int i = 0; i < runs(); i++) {
      Child.Answers a = bench.peer().get().run("first", options);
      seconds.add(a.only().number("end") - a.started());
    }
    return Optional.of(new Samples(seconds));
  }
}
