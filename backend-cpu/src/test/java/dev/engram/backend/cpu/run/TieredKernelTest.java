package dev.engram.backend.cpu.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** The scalar twin runs until the vector version has won; every point runs exactly once. */
final class TieredKernelTest {
  private static final KernelArgs REAL = new KernelArgs(0, 0);

  /** Points of its own, of which every touch runs one. */
  private static final Candidate.Points OWN =
      new Candidate.Points(
          new KernelArgs(0, 0), 1, 0, 1, MemorySegment.ofArray(new byte[4]), new byte[4]);

  /** A kernel that takes some time for each point and records the real ones. */
  private static final class Slow implements Kernel {
    final long nanosPerPoint;
    final BitSet done;
    int points;
    int all;

    Slow(long nanosPerPoint, BitSet done) {
      this.nanosPerPoint = nanosPerPoint;
      this.done = done;
    }

    @Override
    public void run(KernelArgs frame, Scratch scratch, int begin, int end) {
      for (int i = begin; i < end; i++) {
        all++;
        if (frame == REAL) {
          assertFalse(done.get(i), "point " + i + " twice");
          done.set(i);
          points++;
        }
        long until = System.nanoTime() + nanosPerPoint;
        while (System.nanoTime() < until) {
          Thread.onSpinWait();
        }
      }
    }
  }

  private static void run(Kernel k, BitSet done, int times) {
    for (int i = 0; i < times; i++) {
      done.clear();
      k.run(REAL, new Scratch(), 0, 20);
      assertEquals(20, done.cardinality());
    }
  }

  private static TieredKernel tiered(Kernel scalar, Kernel vector, TieringBudget trials) {
    return new TieredKernel(scalar, _ -> new Candidate(vector, OWN), trials);
  }

  @Test
  void aFasterVersionWins() {
    BitSet done = new BitSet();
    Slow scalar = new Slow(200_000, done);
    Slow vector = new Slow(2_000, done);
    TieredKernel k = tiered(scalar, vector, new TieringBudget(0));
    run(k, done, 60);
    int before = scalar.points;
    run(k, done, 5);
    assertEquals(before, scalar.points);
    assertTrue(vector.points > 100);
  }

  @Test
  void aSlowerVersionIsGivenUp() {
    BitSet done = new BitSet();
    Slow scalar = new Slow(20_000, done);
    Slow vector = new Slow(2_000_000, done);
    run(tiered(scalar, vector, new TieringBudget(0)), done, 200);
    assertTrue(vector.all > 0, "it is tried");
    assertEquals(0, vector.points, "and never for real");
  }

  /** Where points are too large for some of its own, real ones are computed in trials. */
  @Test
  void realPointsAreTriedOnce() {
    BitSet done = new BitSet();
    for (boolean faster : new boolean[] {true, false}) {
      Slow scalar = new Slow(50_000, done);
      Slow vector = new Slow(faster ? 2_000 : 5_000_000, done);
      TieredKernel k =
          new TieredKernel(scalar, _ -> new Candidate(vector, null), new TieringBudget(0));
      run(k, done, 100);
      assertTrue(vector.points > 0);
      int before = scalar.points;
      run(k, done, 5);
      assertEquals(faster ? 0 : 100, scalar.points - before, 8);
    }
  }

  /** Of what this JVM refuses: when its class is made, and when its code is first invoked. */
  @Test
  void aVersionThatDoesNotLinkIsGivenUp() {
    BitSet done = new BitSet();
    Supplier<Kernel> refused =
        () -> {
          throw new VerifyError("bad type on operand stack");
        };
    Kernel unlinked =
        (_, _, begin, end) -> {
          throw new NoClassDefFoundError("jdk/incubator/vector/FloatVector");
        };
    for (Supplier<Kernel> source : List.of(refused, (Supplier<Kernel>) () -> unlinked)) {
      Slow scalar = new Slow(20_000, done);
      int[] asked = {0};
      IntFunction<Candidate> counted =
          _ -> {
            asked[0]++;
            return new Candidate(source.get(), OWN);
          };
      run(new TieredKernel(scalar, counted, new TieringBudget(0)), done, 100);
      assertEquals(2000, scalar.points);
      assertEquals(1, asked[0]);
    }
  }

  @Test
  void noTrialBeforeTheDelay() {
    BitSet done = new BitSet();
    Slow scalar = new Slow(1_000, done);
    Slow vector = new Slow(100, done);
    run(tiered(scalar, vector, new TieringBudget(Long.MAX_VALUE)), done, 100);
    assertEquals(0, vector.all);
  }

  @Test
  void aKernelWithLittleOfTheWorkIsNotTried() {
    BitSet done = new BitSet();
    Slow vector = new Slow(100, done);
    TieringBudget trials = new TieringBudget(0);
    trials.ran(60_000_000_000L);
    run(tiered(new Slow(5_000, done), vector, trials), done, 150);
    assertEquals(0, vector.all, "15 ms of 60 s");
    run(tiered(new Slow(5_000, done), vector, new TieringBudget(0)), done, 150);
    assertTrue(vector.all > 0, "the same kernel with all of the work");
  }

  @Test
  void aMissingVersionIsLeftAlone() {
    BitSet done = new BitSet();
    Slow scalar = new Slow(50_000, done);
    AtomicInteger asked = new AtomicInteger();
    IntFunction<Candidate> none =
        _ -> {
          asked.incrementAndGet();
          return null;
        };
    run(new TieredKernel(scalar, none, new TieringBudget(0)), done, 50);
    assertEquals(1000, scalar.points);
    assertEquals(1, asked.get());
  }
}
