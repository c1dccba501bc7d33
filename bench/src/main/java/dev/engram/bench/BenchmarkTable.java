package dev.engram.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Measures everything that the project states goals for, in separate processes, next to a peer if
 * one is found, and prints one table.
 *
 * <pre>
 *   --check              only compare the losses of both rules with the peer's
 *   --only A,B           some of: iterations, roofline, wide, busy, streaming, online, first,
 *                        start, allocation, memory, compile, growth, kernels, products
 *   --chart FILE         only draw the time to compile against the number of equations
 *   --quick              small sizes and few runs, to try the benchmark itself; no goals
 *   --out FOLDER         also write rows.md and rows.csv there
 *   --threads N          of the backend, and processors of the peer; 2
 *   --iterations N       measurements of each row; 30 (not of streams)
 *   --warm-seconds S     minimum time of warm-up; 8
 *   --lag --batch --hidden --lr --seed   sizes of the task
 * </pre>
 */
public final class BenchmarkTable {
  private static final List<String> OPTIONS =
      List.of(
          "check",
          "only",
          "chart",
          "quick",
          "out",
          "threads",
          "iterations",
          "warm-seconds",
          "lag",
          "batch",
          "hidden",
          "lr",
          "seed");

  /** A section of the table. */
  @FunctionalInterface
  private interface Section {
    List<Row> rows() throws IOException;
  }

  private BenchmarkTable() {}

  /** Exits with 1 when a check fails or a measurement breaks, with 2 for a wrong option. */
  public static void main(String[] args) {
    try {
      run(Options.of(args, OPTIONS), System.out);
    } catch (IllegalArgumentException e) {
      System.err.println("bench: " + e.getMessage());
      System.exit(2);
    } catch (IOException | IllegalStateException e) {
      System.err.println("bench: " + e.getMessage());
      System.exit(1);
    }
  }

  private static void run(Options o, PrintStream out) throws IOException {
    int threads = o.integer("threads", 2);
    boolean quick = o.has("quick");
    TaskSizes sizes = quick ? new TaskSizes(2, 8, 32, 1e-2, 0) : TaskSizes.of(o);
    Optional<JaxPeer> peer = JaxPeer.find(threads);
    Steady steady =
        new Steady(
            o.number("warm-seconds", quick ? 0.5 : 8), 5, o.integer("iterations", quick ? 5 : 30));
    Workbench bench = new Workbench(sizes, threads, steady, peer, System.err::println);
    if (o.has("chart")) {
      new Growth(bench).chart(Path.of(o.text("chart", "")));
      return;
    }
    out.print(head(sizes, threads, peer));
    out.println(new Agreement(bench).check());
    if (o.has("check")) {
      return;
    }
    List<Row> rows = new ArrayList<>();
    for (Section s : sections(o, bench)) {
      rows.addAll(s.rows());
    }
    Table table = new Table(rows);
    out.println();
    out.print(table.markdown());
    out.println();
    out.print(tail());
    if (o.has("out")) {
      Path folder = Files.createDirectories(Path.of(o.text("out", "")));
      Files.writeString(
          folder.resolve("rows.md"), head(sizes, threads, peer) + "\n" + table.markdown() + tail());
      Files.writeString(folder.resolve("rows.csv"), table.csv());
    } else {
      out.println();
      out.print(table.csv());
    }
  }

  private static List<Section> sections(Options o, Workbench bench) {
    Map<String, Section> all = new LinkedHashMap<>();
    all.put("iterations", new Speed(bench)::iterations);
    all.put("roofline", new Roofline(bench)::rows);
    all.put("wide", new Speed(bench)::wide);
    all.put("busy", new Speed(bench)::busy);
    all.put("streaming", new Streaming(bench)::rows);
    all.put("online", new Online(bench)::rows);
    all.put("first", new FirstStepTimes(bench)::rows);
    all.put("start", new FirstStepTimes(bench)::phases);
    all.put("allocation", new Footprint(bench)::allocation);
    all.put("memory", new Footprint(bench)::memory);
    all.put("compile", new Compilation(bench)::rows);
    all.put("growth", new Growth(bench)::rows);
    all.put("kernels", new Speed(bench)::kernels);
    all.put("products", new Speed(bench)::products);
    if (!o.has("only")) {
      return List.copyOf(all.values());
    }
    List<Section> some = new ArrayList<>();
    for (String name : o.text("only", "").split(",", -1)) {
      Section s = all.get(name);
      if (s == null) {
        throw new IllegalArgumentException(
            "--only has '" + name + "', expected some of " + all.keySet());
      }
      some.add(s);
    }
    return some;
  }

  private static String head(TaskSizes s, int threads, Optional<JaxPeer> peer) throws IOException {
    return String.format(
        Locale.ROOT,
        "Copying task, GRU %d -> %d -> %d, lag %d (%d steps), batch %d, f32, Adam %s, %d threads.%n"
            + "%s, %d processors, load %.1f, Java %s. Peer: %s.%n",
        TaskSizes.SYMBOLS,
        s.hidden(),
        TaskSizes.SYMBOLS,
        s.lag(),
        s.steps(),
        s.batch(),
        s.rate(),
        threads,
        processor(),
        Runtime.getRuntime().availableProcessors(),
        ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage(),
        Runtime.version(),
        peer.map(p -> "JAX " + p.version())
            .orElse("not found (a Python with JAX, named by -Dengram.python)"));
  }

  private static String processor() throws IOException {
    Path info = Path.of("/proc/cpuinfo");
    if (!Files.isReadable(info)) {
      return System.getProperty("os.arch");
    }
    return Files.readAllLines(info, StandardCharsets.UTF_8).stream()
        .filter(line -> line.startsWith("model name"))
        .map(line -> line.substring(line.indexOf(':') + 1).strip())
        .findFirst()
        .orElse(System.getProperty("os.arch"));
  }

  private static String tail() {
    return """
    Each row is the median, with the least and the largest of n measurements, and a 95 % confidence interval of the median.
    "better by" compares medians of this run; the peers are those of bench/peers, plain JAX with the traces written by
    hand, and numpy where a row says so.

    Reported elsewhere, not measured here: the Python library braintrace on JAX, the same task on a 2-core machine: D-RTRL
    162 ms per iteration, BPTT 39 ms, first training step 9 to 13 s.
    """;
  }
}
