package dev.engram.tests.cuda;

import dev.engram.backend.cuda.text.CudaText;
import dev.engram.backend.cuda.text.RowExactness;
import dev.engram.backend.cuda.text.TextOptions;
import dev.engram.ir.HostTensor;
import dev.engram.lower.Backend;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.RunOperands;
import dev.engram.tests.random.Ways;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Runs programs as text on the stand-in, for several numbers of blocks and orders of threads, and
 * compares every result with that of {@code cpu}: in all bits, but for programs that use functions
 * of the math library.
 */
final class Agreement {
  /** Programs that are compiled at once. */
  private static final int IN_UNIT = 40;

  private static final int[] GRIDS = {1, 3, StandInProgram.MORE};
  private static final int ORDERS = 3;

  private final TextOptions options;
  private final int[] grids;
  private final int orders;
  private final List<Case> cases = new ArrayList<>();
  private final StringBuilder texts = new StringBuilder();
  private int kernels;
  private int results;
  private int exempt;

  /** A program with arguments. */
  private record Case(String name, LoopProgram program, List<HostTensor> args) {}

  Agreement(TextOptions options) {
    this(options, GRIDS, ORDERS);
  }

  Agreement(TextOptions options, int[] grids, int orders) {
    this.options = options;
    this.grids = grids;
    this.orders = orders;
  }

  void add(String name, LoopProgram program, List<HostTensor> args) {
    cases.add(new Case(name, program, args));
  }

  /** The texts of all programs. */
  String text() {
    return texts.toString();
  }

  /** Kernels that have run. */
  int kernels() {
    return kernels;
  }

  /** Results that were compared. */
  int results() {
    return results;
  }

  /** Results that differed in bits where they may. */
  int exempt() {
    return exempt;
  }

  /**
   * Runs all of them.
   *
   * @throws AssertionError for the first that disagrees
   */
  void check() {
    ExecutorService pool = Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors());
    try {
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < cases.size(); i += IN_UNIT) {
        List<Case> some = cases.subList(i, Math.min(cases.size(), i + IN_UNIT));
        all.add(pool.submit(() -> unit(some)));
      }
      for (Future<?> f : all) {
        f.get();
      }
    } catch (ExecutionException e) {
      throw new AssertionError(e.getCause().getMessage(), e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    } finally {
      pool.shutdownNow();
    }
  }

  private void unit(List<Case> some) {
    List<StandInProgram> built =
        StandInProgram.of(some.stream().map(Case::program).toList(), options);
    for (int i = 0; i < some.size(); i++) {
      one(some.get(i), built.get(i));
    }
  }

  private void one(Case c, StandInProgram text) {
    boolean exact = RowExactness.of(c.program);
    Backend cpu = Ways.backend("cpu");
    Outcome want = Outcome.of(() -> RunOperands.run(cpu, c.program, c.args));
    int differ = 0;
    for (int grid : grids) {
      for (int order = 0; order < orders; order++) {
        text.launched(grid, order, true);
        Outcome got = Outcome.of(() -> RunOperands.of(c.program, cpu.device(), c.args).run(text));
        try {
          differ = Math.max(differ, got.compare(want, exact));
        } catch (AssertionError e) {
          throw new AssertionError(
              "%s, %d blocks, order %d: %s%n%s%n%s"
                  .formatted(c.name, grid, order, e.getMessage(), c.program, text.source().text()),
              e);
        }
      }
    }
    count(text, want.values().size(), differ);
  }

  private synchronized void count(StandInProgram text, int moreResults, int moreExempt) {
    texts.append(text.source().text().replace(CudaText.prelude(), ""));
    kernels += text.source().kernels().size();
    results += moreResults;
    exempt += moreExempt;
  }
}
