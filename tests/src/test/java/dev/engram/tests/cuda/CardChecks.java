package dev.engram.tests.cuda;

import dev.engram.backend.cuda.CudaBackend;
import dev.engram.backend.cuda.CudaOptions;
import dev.engram.backend.cuda.driver.CudaException;
import dev.engram.backend.cuda.driver.Driver;
import dev.engram.backend.cuda.javacpp.JavaCppCards;
import dev.engram.backend.cuda.run.CudaDevice;
import dev.engram.ir.EngramException;
import dev.engram.lower.CompiledProgram;
import dev.engram.lower.Device;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.Lowering;
import dev.engram.tests.golden.GoldenRuns;
import dev.engram.tests.random.Profile;
import dev.engram.tests.random.Program;
import dev.engram.tests.random.Programs;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Compares a real card with {@code cpu}: for {@code bench/gpu/run}, which says how it is started.
 *
 * <pre>
 *   golden            the golden files that every backend runs
 *   random FIRST END  random programs by number, of all kinds of {@link RandomTexts}
 * </pre>
 *
 * Exits with 1 when something differs, and with 3 when the process has lost the card; then the last
 * line tells which number comes next.
 */
public final class CardChecks {
  private static final int LOST = 3;

  /** What is printed in full. */
  private static final int MOST_FAILURES = 5;

  private static final int MOST_CHARACTERS = 20_000;
  private static final int PROGRESS = 25;

  private final CardComparison all = new CardComparison();
  private int failures;

  private CardChecks() {}

  /** Prints what differs, and in the end what was compared. */
  public static void main(String[] args) throws InterruptedException {
    CudaBackend backend = new CudaBackend();
    if (backend.devices().isEmpty()) {
      System.out.println("no card: " + backend.unavailable().orElse("it does not say why"));
      System.exit(1);
    }
    CardChecks checks = new CardChecks();
    switch (args[0]) {
      case "golden" -> checks.golden(backend.devices().getFirst());
      case "random" -> checks.random(Integer.parseInt(args[1]), Integer.parseInt(args[2]));
      default -> throw new IllegalArgumentException("cannot check '" + args[0] + "'");
    }
    System.out.println(checks.all + "; " + checks.failures + " failures");
    System.exit(checks.failures > 0 ? 1 : 0);
  }

  private void golden(Device card) {
    List<String> names = GoldenRuns.names();
    System.out.println(names.size() + " golden files");
    for (String name : names) {
      attempt(name, "", "the other files were not run", () -> golden(name, card));
    }
  }

  /** On each by itself, so that a file with notices sees those of one run. */
  private void golden(String name, Device card) {
    List<Outcome> wanted = new ArrayList<>();
    GoldenRuns.check(
        name,
        "cpu",
        (g, args) -> {
          Outcome want = all.cpu(Lowering.lower(g), args);
          wanted.add(want);
          return want.result();
        });
    Iterator<Outcome> next = wanted.iterator();
    GoldenRuns.check(
        name,
        "cuda",
        (g, args) -> {
          LoopProgram p = Lowering.lower(g);
          Outcome want = next.next();
          all.check(p, args, card, card.compile(p), want);
          return want.result();
        });
  }

  /** The card for each kind of programs. */
  private static Map<RandomTexts, Device> cards() {
    CudaOptions options = CudaOptions.ofProperties();
    Driver driver = JavaCppCards.find(options.cache()).drivers().getFirst();
    Map<RandomTexts, Device> all = new EnumMap<>(RandomTexts.class);
    for (RandomTexts kind : RandomTexts.values()) {
      String name = "cuda:0 for " + kind;
      long bytes = driver.card().bytes();
      all.put(kind, new CudaDevice(name, driver, kind.options(), bytes, options.sync()));
    }
    return all;
  }

  /** A program on its way to the card: compilation is most of the work, and is done by many. */
  private record Prepared(
      String name, Program program, Device card, LoopProgram lowered, CompiledProgram code) {}

  private void random(int first, int end) throws InterruptedException {
    List<RandomTexts> kinds = List.of(RandomTexts.values());
    Map<RandomTexts, Device> cards = cards();
    ExecutorService pool = Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors());
    try {
      List<Future<Prepared>> prepared = new ArrayList<>();
      for (int i = first; i < end; i++) {
        RandomTexts kind = kinds.get(i % kinds.size());
        long seed = kind.seed(i / kinds.size());
        prepared.add(
            pool.submit(() -> prepare(kind, seed, Objects.requireNonNull(cards.get(kind)))));
      }
      for (int i = first; i < end; i++) {
        Future<Prepared> next = prepared.get(i - first);
        String again = "next: " + (i + 1);
        String name = "program " + i;
        attempt(name, "", again, () -> run(name, again, result(next)));
        if ((i + 1) % PROGRESS == 0) {
          System.out.println(all);
        }
      }
    } finally {
      pool.shutdownNow();
    }
  }

  private static Prepared prepare(RandomTexts kind, long seed, Device card) {
    Program p = Programs.random(Profile.ANY, seed);
    LoopProgram lowered = kind.lower(p);
    String name = "seed " + seed + " " + kind;
    try {
      return new Prepared(name, p, card, lowered, card.compile(lowered));
    } catch (CudaException e) {
      throw e;
    } catch (EngramException e) {
      throw new EngramException(name + ": " + e.getMessage() + "\n" + p, e);
    }
  }

  private static Prepared result(Future<Prepared> f) {
    try {
      return f.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException r) {
        throw r;
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private void run(String number, String again, Prepared p) {
    attempt(
        number + " (" + p.name + ")",
        p.program + "\n" + p.lowered,
        again,
        () ->
            all.check(
                p.lowered, p.program.args(), p.card, p.code, all.cpu(p.lowered, p.program.args())));
  }

  /**
   * Does one thing, and prints why it fails.
   *
   * @param more printed with a failure
   * @param lost the last line, where the card is lost
   */
  private void attempt(String name, String more, String lost, Runnable what) {
    try {
      what.run();
    } catch (AssertionError | RuntimeException e) {
      failures++;
      String text = "FAILED: " + name + ": " + e.getMessage() + "\n" + more;
      System.out.println(
          failures > MOST_FAILURES
              ? text.lines().findFirst().orElseThrow()
              : text.substring(0, Math.min(text.length(), MOST_CHARACTERS)));
      if (isLost(e)) {
        System.out.println(all + "; " + failures + " failures");
        System.out.println(lost);
        System.exit(LOST);
      }
    }
  }

  private static boolean isLost(Throwable e) {
    for (Throwable t = e; t != null; t = t.getCause()) {
      if (t instanceof CudaException c && c.lasts()) {
        return true;
      }
    }
    return false;
  }
}
