package dev.engram.tests.random;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintStream;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PrimitiveIterator;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Runs all {@link ProgramLaws} on fresh programs for as long as you like: one law after the other,
 * one program each, in rounds. Not part of the build.
 *
 * <p>System properties: {@code engram.minutes} (1) or {@code engram.programs}, whichever comes
 * first; {@code engram.seed} (random); {@code engram.finds}, a folder for the programs that break a
 * law; {@code engram.law} for a single law, with {@code engram.program} for a single program, as
 * reported for a find.
 */
class FreshSeeds {
  private static final PrintStream OUT = System.out;
  private static final long SECOND = 1_000_000_000L;
  private static final long MEGABYTE = 1 << 20;

  /** A law that has been broken this often is skipped for the rest of the run. */
  private static final int MOST_FINDS = 5;

  /** Memory that may be used after a run of any length, since code caches are bounded. */
  private static final long MOST_HEAP = 256 * MEGABYTE;

  private static final long MOST_DIRECT = 64 * MEGABYTE;

  private final double minutes = Double.parseDouble(System.getProperty("engram.minutes", "1"));
  private final long programs = Long.getLong("engram.programs", Long.MAX_VALUE);
  private final Path finds =
      Path.of(System.getProperty("engram.finds", "target/finds")).toAbsolutePath();
  private final List<Tryout.Find> found = new ArrayList<>();
  private final long start = System.nanoTime();
  private long tried;

  @Test
  void everyLawHolds() {
    String seed = System.getProperty("engram.seed", "random");
    Seeds seeds = new Seeds(seed.equals("random") ? System.nanoTime() : Long.parseLong(seed));
    List<Tryout> tryouts =
        ProgramLaws.all().stream()
            .filter(l -> l.name().equals(System.getProperty("engram.law", l.name())))
            .map(l -> new Tryout(l, finds))
            .toList();
    assertTrue(!tryouts.isEmpty(), "engram.law names no law");
    String one = System.getProperty("engram.program");
    if (one != null) {
      tryouts.forEach(t -> t.on(Long.parseLong(one)).ifPresent(this::report));
    } else {
      OUT.println("fresh seeds: -Dengram.seed=" + seeds.base());
      run(tryouts, seeds);
      tryouts.forEach(FreshSeeds::summary);
    }
    assertTrue(found.isEmpty(), () -> found.size() + " finds, see " + finds);
    Memory held = Memory.held();
    assertTrue(
        held.direct() < MOST_DIRECT && held.heap() < MOST_HEAP, () -> "held at the end: " + held);
    for (Tryout t : tryouts) {
      assertTrue(
          t.drawn() < 100 || 2 * t.real() >= t.drawn(),
          () ->
              "%s said something about %d of %d programs".formatted(t.law(), t.real(), t.drawn()));
    }
  }

  private void run(List<Tryout> tryouts, Seeds seeds) {
    Map<Law, PrimitiveIterator.OfLong> next = new HashMap<>();
    Map<Law, Integer> broken = new HashMap<>();
    Set<Law> out = new HashSet<>();
    tryouts.forEach(t -> next.put(t.law(), seeds.of(t.law()).iterator()));
    long shown = System.nanoTime();
    while (out.size() < tryouts.size()) {
      for (Tryout t : tryouts) {
        if (tried >= programs || System.nanoTime() - start > minutes * 60 * SECOND) {
          progress();
          return;
        }
        if (out.contains(t.law())) {
          continue;
        }
        tried++;
        t.on(next.get(t.law()).nextLong())
            .ifPresent(
                find -> {
                  report(find);
                  if (broken.merge(t.law(), 1, Integer::sum) >= MOST_FINDS) {
                    out.add(t.law());
                  }
                });
        if (System.nanoTime() - shown > 30 * SECOND) {
          progress();
          shown = System.nanoTime();
        }
      }
    }
  }

  private void report(Tryout.Find find) {
    found.add(find);
    OUT.println(find);
  }

  private void progress() {
    double seconds = (System.nanoTime() - start) / (double) SECOND;
    OUT.printf(
        "%6.1f min: %d programs, %.0f a second, %d finds; held after collection: %s%n",
        seconds / 60, tried, tried / seconds, found.size(), Memory.held());
  }

  private static void summary(Tryout t) {
    OUT.printf("%32s: %6d programs, said something about %d%n", t.law(), t.drawn(), t.real());
  }

  /** Returns the reachable memory. */
  private record Memory(long heap, long direct) {
    private static final BufferPoolMXBean DIRECT =
        ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
            .filter(b -> b.getName().equals("direct"))
            .findFirst()
            .orElseThrow();

    /** Waits until nothing more is freed: off-heap memory is released a little later. */
    static Memory held() {
      System.gc();
      long before = Long.MAX_VALUE;
      while (DIRECT.getMemoryUsed() < before) {
        before = DIRECT.getMemoryUsed();
        pause();
      }
      Runtime r = Runtime.getRuntime();
      return new Memory(r.totalMemory() - r.freeMemory(), before);
    }

    private static void pause() {
      try {
        Thread.sleep(50);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    @Override
    public String toString() {
      return "heap %d MB, direct %d MB".formatted(heap / MEGABYTE, direct / MEGABYTE);
    }
  }
}
