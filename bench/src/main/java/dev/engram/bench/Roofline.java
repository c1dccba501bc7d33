package dev.engram.bench;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;

/**
 * Rows of the least time that the nests of a training iteration could take, all in a row: each as
 * long as its operations take at the rate of the fastest product, or its bytes at that of copies in
 * the second cache, whichever is longer (Williams, Waterman, Patterson 2009). A nest reads and
 * writes each element once per call. What comes from further away takes longer than that.
 */
record Roofline(Workbench bench) {
  /** Bytes that a copy reads and writes, which fit in any second cache. */
  private static final long BYTES = 1 << 17;

  private static final int COPIES = 512;
  private static final double SECONDS = 0.5;
  private static final int RUNS = 10;

  List<Row> rows() throws IOException {
    Line rates = bench.measure("rates", bench.sizes(), bench.steadyOptions()).getFirst();
    List<Row> rows = new ArrayList<>();
    Row.Unit gigabytes = new Row.Unit("GB/s", true);
    rows.add(Row.of("fastest product", new Row.Unit("GFLOP/s", true), rates.number("operations")));
    rows.add(Row.of("copies in the second cache", gigabytes, rates.number("bytes")));
    for (GradientRule rule : GradientRule.values()) {
      String title = rule.title() + " iteration";
      rows.addAll(rows(rates, title, bench.sizes(), "iterations", "--rule", rule.word()));
    }
    for (OnlineNet net : OnlineNet.values()) {
      TaskSizes sizes = net.sizes(bench.sizes());
      rows.addAll(rows(rates, net.title(sizes), sizes, "online", "--net", net.word()));
    }
    return rows;
  }

  private List<Row> rows(Line rates, String title, TaskSizes sizes, String what, String... which)
      throws IOException {
    String[] all =
        Stream.concat(
                Stream.of(which),
                Stream.of(
                    "--what",
                    what,
                    "--flop-rate",
                    rates.text("operations"),
                    "--byte-rate",
                    rates.text("bytes")))
            .toArray(String[]::new);
    Line l = bench.measure("roofline", sizes, bench.steadyOptions(all)).getFirst();
    Workbench.learns(title, l.numbers("losses"));
    double least = l.number("least");
    return List.of(
        Row.of(title + ": operations", new Row.Unit("MFLOP", false), l.number("operations") / 1e6),
        Row.of(title + ": read and written", Row.Unit.MEGABYTES, l.number("bytes") / 1e6),
        Row.of(title + ": at these rates", Row.Unit.MS, least),
        Row.of(
            title + ": reached of it",
            new Row.Unit("%", true),
            l.samples("ms").map(t -> 100 * least / t)));
  }

  /** Prints operations and bytes per nanosecond, by all threads: the most of several runs. */
  static void printRates(int threads, TaskSizes sizes, Steady steady) throws IOException {
    double operations = 0;
    for (String name : List.of("matmul_small", "matmul_512")) {
      RepeatedProgram product = RepeatedProgram.of(name, sizes);
      Samples nanos = new Steady(steady.seconds() / 2, 5, 200).nanos(product::run);
      operations = Math.max(operations, product.speed(nanos.min()));
    }
    System.out.println(
        Line.of("rates").with("operations", operations).with("bytes", copies(threads)));
  }

  private static double copies(int threads) throws IOException {
    try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
      Callable<Double> one = Roofline::copy;
      double rate = 0;
      for (Future<Double> f : pool.invokeAll(Collections.nCopies(threads, one))) {
        rate += f.get();
      }
      return rate;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } catch (ExecutionException e) {
      throw new IOException(e.getCause());
    }
  }

  /** Bytes per nanosecond of one thread, read and written. */
  private static double copy() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment from = arena.allocate(BYTES / 2, 64);
      MemorySegment to = arena.allocate(BYTES / 2, 64);
      double best = 0;
      long end = System.nanoTime() + (long) (SECONDS * 1e9);
      while (System.nanoTime() < end) {
        long start = System.nanoTime();
        for (int i = 0; i < COPIES; i++) {
          to.copyFrom(from);
        }
        best = Math.max(best, (double) BYTES * COPIES / (System.nanoTime() - start));
      }
      return best;
    }
  }

  /**
   * Prints what an iteration does, the least milliseconds for it, and those that it takes.
   *
   * @param operations per nanosecond
   * @param bytes per nanosecond
   */
  static void print(Repeated iteration, Steady steady, double operations, double bytes)
      throws IOException {
    Samples ns = steady.nanos(iteration.run());
    double flops = 0;
    double moved = 0;
    double least = 0;
    for (RecordedEvent e : events(iteration.run())) {
      flops += e.getLong("flops");
      moved += e.getLong("bytes");
      least += Math.max(e.getLong("flops") / operations, e.getLong("bytes") / bytes);
    }
    System.out.println(
        Line.of("roofline")
            .with("operations", flops / RUNS)
            .with("bytes", moved / RUNS)
            .with("least", least / RUNS / 1e6)
            .with("ms", ns.map(t -> t / 1e6).sorted())
            .with("losses", iteration.losses()));
  }

  /** What the nests of some runs have done. */
  private static List<RecordedEvent> events(Runnable run) throws IOException {
    String name = "dev.engram.Nest";
    Path file = Files.createTempFile("engram-bench", ".jfr");
    try (Recording recording = new Recording()) {
      recording.enable(name);
      recording.start();
      for (int i = 0; i < RUNS; i++) {
        run.run();
      }
      recording.stop();
      recording.dump(file);
      return RecordingFile.readAllEvents(file).stream()
          .filter(e -> e.getEventType().getName().equals(name))
          .toList();
    } finally {
      Files.deleteIfExists(file);
    }
  }
}
