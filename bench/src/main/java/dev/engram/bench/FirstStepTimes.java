package dev.engram.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

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
      rows.addAll(
          withAndWithoutArchive(
              FirstStep.class,
              rule,
              (flags, more) -> List.of(row(name + more, ours(rule, flags)).beside(peer))));
    }
    return rows;
  }

  /** Where the time until the first step goes, and how many classes it takes. */
  List<Row> phases() throws IOException {
    List<Row> rows = new ArrayList<>();
    for (GradientRule rule : GradientRule.values()) {
      rows.addAll(
          withAndWithoutArchive(
              StartPhases.class, rule, (flags, more) -> phases(rule, flags, more)));
    }
    return rows;
  }

  private List<Row> phases(GradientRule rule, List<String> flags, String more) throws IOException {
    bench.progress().accept("measuring the start of " + rule.title() + " " + flags);
    List<Child.Answers> all = new ArrayList<>();
    for (int i = 0; i < runs(); i++) {
      all.add(child(StartPhases.class, rule, flags).run());
    }
    String name = "start, " + rule.title() + ": ";
    List<Row> rows = new ArrayList<>();
    rows.add(
        Row.of(
            name + StartPhases.JVM + more,
            Row.Unit.MS,
            samples(all, a -> 1e3 * (a.only().number(StartPhases.JVM) - a.started()))));
    for (String phase : StartPhases.NAMES) {
      rows.add(Row.of(name + phase + more, Row.Unit.MS, samples(all, a -> a.only().number(phase))));
    }
    rows.add(
        Row.of(
            name + "loaded classes" + more,
            Row.Unit.COUNT,
            samples(all, a -> a.only().number("loaded"))));
    return rows;
  }

  private static Samples samples(List<Child.Answers> all, Function<Child.Answers, Double> of) {
    return new Samples(all.stream().map(of).toList());
  }

  /** Rows of processes with some flags; {@code more} ends their names. */
  @FunctionalInterface
  private interface Measured {
    List<Row> rows(List<String> flags, String more) throws IOException;
  }

  /** Measures without an archive of the classes that a run loads, and with one where it can be. */
  private List<Row> withAndWithoutArchive(Class<?> main, GradientRule rule, Measured m)
      throws IOException {
    List<Row> rows = new ArrayList<>(m.rows(List.of(), ""));
    if (Child.canCacheClasses()) {
      Path archive = Files.createTempFile("engram-bench", ".jsa");
      try {
        child(main, rule, List.of("-XX:ArchiveClassesAtExit=" + archive)).run();
        rows.addAll(m.rows(List.of("-XX:SharedArchiveFile=" + archive), ", with class archive"));
      } finally {
        Files.deleteIfExists(archive);
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
