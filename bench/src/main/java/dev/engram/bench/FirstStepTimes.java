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
        Path archive = archive(FirstStep.class, rule);
        try {
          Samples s = ours(rule, List.of("-XX:SharedArchiveFile=" + archive));
          rows.add(row(name + ", with class archive", s).beside(peer));
        } finally {
          Files.deleteIfExists(archive);
        }
      }
    }
    return rows;
  }

  /** Where the time until the first step goes, and how many classes it takes. */
  List<Row> phases() throws IOException {
    List<Row> rows = new ArrayList<>();
    for (GradientRule rule : GradientRule.values()) {
      rows.addAll(phases(rule, List.of(), ""));
      if (Child.canCacheClasses()) {
        Path archive = archive(StartPhases.class, rule);
        try {
          rows.addAll(
              phases(rule, List.of("-XX:SharedArchiveFile=" + archive), ", with class archive"));
        } finally {
          Files.deleteIfExists(archive);
        }
      }
    }
    return rows;
  }

  private List<Row> phases(GradientRule rule, List<String> flags, String more) throws IOException {
    bench.progress().accept("measuring the start of " + rule.title() + " " + flags);
    List<Child.Answers> all = new ArrayList<>();
    for (int i = 0; i < runs(); i++) {
      all.add(child(StartPhases.class, rule, flags).run());
    }
    List<Row> rows = new ArrayList<>();
    String before = "";
    for (String phase : StartPhases.NAMES) {
      String since = before;
      Samples ms =
          new Samples(
              all.stream().map(a -> 1e3 * (a.only().number(phase) - start(a, since))).toList());
      rows.add(Row.of("start, " + rule.title() + ": " + phase + more, Row.Unit.MS, ms));
      before = phase;
    }
    Samples loaded = new Samples(all.stream().map(a -> a.only().number("loaded")).toList());
    rows.add(Row.of("start, " + rule.title() + ": loaded classes" + more, Row.Unit.COUNT, loaded));
    return rows;
  }

  private static double start(Child.Answers a, String since) {
    return since.isEmpty() ? a.started() : a.only().number(since);
  }

  /** Makes an archive of the classes that a run loads. */
  private Path archive(Class<?> main, GradientRule rule) throws IOException {
    Path archive = Files.createTempFile("engram-bench", ".jsa");
    try {
      child(main, rule, List.of("-XX:ArchiveClassesAtExit=" + archive)).run();
    } catch (IOException e) {
      Files.deleteIfExists(archive);
      throw e;
    }
    return archive;
  }

  private Row row(String name, Samples s) {
    return bench.goal(Row.of(name, Row.Unit.SECONDS, s), GOAL_SECONDS);
  }

  private int runs() {
    return Math.min(5, bench.steady().samples());
  }

  private Child child(Class<?> main, GradientRule rule, List<String> flags) {
    String ours = System.getProperty("java.class.path");
    return child(main, bench.threads(), flags, ours, bench.sizes(), rule);
  }

  /** A process that trains for one iteration at the standard sizes. */
  static Child child(int threads, String classPath, GradientRule rule) {
    return child(FirstStep.class, threads, List.of(), classPath, TaskSizes.standard(), rule);
  }

  private static Child child(
      Class<?> main,
      int threads,
      List<String> flags,
      String classPath,
      TaskSizes s,
      GradientRule rule) {
    List<String> args =
        List.of(
            rule.word(),
            Integer.toString(s.lag()),
            Integer.toString(s.batch()),
            Integer.toString(s.hidden()),
            Long.toString(s.seed()));
    return Child.jvm(threads, flags, classPath, main.getName(), args);
  }

  private Samples ours(GradientRule rule, List<String> flags) throws IOException {
    bench.progress().accept("measuring first " + rule.title() + " step " + String.join(" ", flags));
    List<Double> seconds = new ArrayList<>();
    for (int i = 0; i < runs(); i++) {
      Child.Answers a = child(FirstStep.class, rule, flags).run();
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
