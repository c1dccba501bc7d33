package dev.engram.tests.profile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Compiler;
import dev.engram.Engram;
import dev.engram.TracedFunction;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import jdk.jfr.consumer.RecordedEvent;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Times of nests are parts of the times of runs, and nothing is spent where nobody records. */
class TimesTest {
  @TempDir Path folder;

  /** {@code turns} of a loop whose body is two nests of so many elements. */
  private static Traced program(String backend, int turns, int elements) {
    return Traced.of(
        "timed",
        backend,
        in -> Engram.forLoop(0, turns, (_, h) -> h.sub(h.mul(0.5).sum(0).sin()), in.getFirst()),
        Traced.ones(elements));
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "loops"})
  void nestsTakePartOfTheRuns(String backend) throws Exception {
    Traced t = program(backend, 20, backend.equals("cpu") ? 100_000 : 1000);
    t.run(3);
    long start = System.nanoTime();
    Recorded got = Recorded.of(() -> t.run(10));
    long most = System.nanoTime() - start;
    long nests = got.sum(Recorded.NEST, "timed", "time");
    long runs = got.sum(Recorded.PROGRAM, "timed", "time");
    long single = 0;
    for (RecordedEvent e : got.of(Recorded.RUN, "timed")) {
      single += e.getDuration().toNanos();
    }
    assertTrue(nests <= runs, nests + " in nests, " + runs + " in runs");
    assertTrue(runs <= most, runs + " in runs, " + most + " outside");
    // Large nests leave nothing else to do.
    assertTrue(nests > 0.8 * runs, nests + " in nests, " + runs + " in runs");
    assertTrue(Math.abs(single - runs) < 0.2 * runs, single + " one by one, " + runs);
  }

  /** Nests of some nanoseconds are timed in some runs only, which stand for the others. */
  @Test
  void smallNestsAreSampled() throws Exception {
    Traced t = program("cpu", 50, 3);
    t.run(2000);
    Recorded got = Recorded.of(() -> t.run(3000));
    long nests = got.sum(Recorded.NEST, "timed", "time");
    long runs = got.sum(Recorded.PROGRAM, "timed", "time");
    assertTrue(0 < nests && nests <= runs, nests + " in nests, " + runs + " in runs");
    assertEquals(t.expected(3000, r -> r.runs()), got.nests("timed", "calls"));
    // Runs are sampled, too: there are at most 200 of these events in a second.
    int single = got.of(Recorded.RUN, "timed").size();
    assertTrue(0 < single && single <= 3000, single + " runs");
  }

  @Test
  void compilationIsRecordedByStage() throws Exception {
    TracedFunction f =
        TracedFunction.of(
            "staged", args -> ((Tensor) args.getFirst()).sin(), List.of(Traced.ones(3)));
    Recorded got = Recorded.of(() -> new Compiler("cpu").compile(f.graph()));
    List<RecordedEvent> stages = got.of(Recorded.COMPILE, "staged");
    assertEquals(
        List.of("simplify", "lower", "code"),
        stages.stream().map(e -> e.getString("stage")).toList());
    assertTrue(stages.stream().allMatch(e -> e.getDuration().toNanos() > 0));
  }

  /** A program on the CPU backend, in a JVM of its own. */
  public static final class Child {
    private Child() {}

    /** Runs a program some times and prints the result. */
    public static void main(String[] args) {
      HostTensor x = Traced.ones(3);
      var f = Engram.jit(new Compiler("cpu"), (Tensor v) -> v.add(1));
      for (int i = 0; i < 100; i++) {
        f.apply(x);
      }
      System.out.println(f.apply(x).host());
    }
  }

  /** Names of our events that a child process loads, and what it prints on standard error. */
  private String child(String... flags) throws Exception {
    Path err = folder.resolve("err");
    Path loaded = folder.resolve("loaded");
    List<String> line =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules=jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "-Xlog:disable",
                "-Xlog:all=warning:stderr",
                "-Xlog:class+load:file=" + loaded));
    line.addAll(List.of(flags));
    line.addAll(List.of("-cp", System.getProperty("java.class.path"), Child.class.getName()));
    Process p = new ProcessBuilder(line).redirectError(err.toFile()).start();
    String out = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, p.waitFor(), Files.readString(err));
    assertTrue(out.contains("f32[3] [2.0, 2.0, 2.0]"), out);
    Set<String> events =
        Files.readAllLines(loaded).stream()
            .filter(l -> l.contains("dev.engram.lower.profile.") && l.contains("Event "))
            .map(l -> l.replaceFirst(".*profile\\.(\\w+) .*", "$1"))
            .collect(Collectors.toSet());
    return events.stream().sorted().collect(Collectors.joining(" "))
        + "|"
        + Files.readAllLines(err).stream()
            .filter(l -> !l.equals("WARNING: Using incubator modules: jdk.incubator.vector"))
            .collect(Collectors.joining("\n"));
  }

  @Test
  void nothingIsLoadedAndNothingIsPrinted() throws Exception {
    assertEquals("|", child());
    String recorded = child("-XX:StartFlightRecording:filename=" + folder.resolve("r.jfr"));
    assertEquals("CompileEvent NestEvent ProgramEvent RunEvent|", recorded);
  }
}
