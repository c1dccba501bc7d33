package dev.engram.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.backend.cpu.CpuOptions.Vectors;
import dev.engram.backend.cpu.nest.OwnPoints;
import dev.engram.backend.cpu.nest.ProductShape;
import dev.engram.backend.cpu.run.Candidate;
import dev.engram.backend.cpu.run.CpuProgram;
import dev.engram.backend.cpu.run.Kernel;
import dev.engram.backend.cpu.run.KernelArgs;
import dev.engram.backend.cpu.run.NestCall;
import dev.engram.backend.cpu.run.Scratch;
import dev.engram.backend.cpu.scalar.ScalarNest;
import dev.engram.backend.cpu.scalar.ScalarProduct;
import dev.engram.backend.cpu.vector.ProductClass;
import dev.engram.ir.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.lang.ref.WeakReference;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * What code is warmed up on has room for all that it reads and writes, and less than twice that.
 */
final class OwnPointsTest {
  @Test
  void nests() {
    int tried = 0;
    CpuBackend scalar = new CpuBackend(new CpuOptions(1, Vectors.OFF));
    CpuBackend vector = new CpuBackend(new CpuOptions(1, Vectors.FORCE_256));
    for (long seed = 0; seed < 150; seed++) {
      CpuProgram s = (CpuProgram) scalar.compile(RandomNest.of(seed, true).program());
      CpuProgram v = (CpuProgram) vector.compile(RandomNest.of(seed, true).program());
      for (int i = 0; i < s.nests().size(); i++) {
        NestCall n = s.nests().get(i);
        Kernel inVectors = v.nests().get(i).kernel.kernel();
        if (n.kernel.outerPoints() == 0
            || !(n.kernel.kernel() instanceof ScalarNest)
            || inVectors instanceof ScalarNest) {
          continue;
        }
        Candidate.Points own = OwnPoints.of(n.kernel.rows(), 20);
        inVectors.run(own.args(), new Scratch(), 0, own.count());
        exact(n.kernel.kernel(), own);
        tried++;
      }
    }
    assertTrue(tried > 80, tried + " nests");
  }

  @Test
  void products() {
    for (int rows : new int[] {1, 2, 3, 4, 7, 64}) {
      for (long[] a : new long[][] {{4 * 40, 4}, {4, 4 * 64}, {-160, 4}, {4, -256}}) {
        for (long bDepth : new long[] {84, 0, -84}) {
          ProductShape shape =
              new ProductShape(DType.F32, 21, a[0], a[1], bDepth, 128, bDepth == 0);
          Candidate.Points own = OwnPoints.of(shape, rows);
          ProductClass.kernel(shape, 256).run(own.args(), new Scratch(), 0, own.count());
          exact(new ScalarProduct(shape), own);
        }
      }
    }
    assertNull(OwnPoints.of(new ProductShape(DType.F32, 21, 1 << 30, 4, 84, 128, false), 4));
  }

  /** They start as halves, whatever runs have left. */
  @Test
  void fresh() {
    ProductShape shape = new ProductShape(DType.F64, 3, 64, 8, 24, 64, true);
    Candidate.Points own = OwnPoints.of(shape, 8);
    for (int i = 0; i < 2; i++) {
      double[] all = own.memory().toArray(ValueLayout.JAVA_DOUBLE);
      assertTrue(Arrays.stream(all).allMatch(x -> x == 0.5), Arrays.toString(all));
      new ScalarProduct(shape).run(own.args(), new Scratch(), 0, own.count());
      assertTrue(
          Arrays.stream(own.memory().toArray(ValueLayout.JAVA_DOUBLE)).anyMatch(x -> x != 0.5));
      own.refresh();
    }
  }

  /** What a thread keeps from run to run holds none of them. */
  @Test
  void noThreadKeepsThem() throws InterruptedException {
    Scratch scratch = new Scratch();
    CpuBackend scalar = new CpuBackend(new CpuOptions(1, Vectors.OFF));
    int nests = 0;
    for (long seed = 0; nests == 0; seed++) {
      for (NestCall n :
          ((CpuProgram) scalar.compile(RandomNest.of(seed, true).program())).nests()) {
        if (n.kernel.outerPoints() > 0 && n.kernel.kernel() instanceof ScalarNest) {
          WeakReference<KernelArgs> own = run(n, scratch);
          for (int i = 0; i < 100 && own.get() != null; i++) {
            System.gc();
            Thread.sleep(10);
          }
          assertNull(own.get());
          nests++;
        }
      }
    }
    Reference.reachabilityFence(scratch);
  }

  private static WeakReference<KernelArgs> run(NestCall n, Scratch scratch) {
    Candidate.Points own = OwnPoints.of(n.kernel.rows(), 4);
    n.kernel.kernel().run(own.args(), scratch, 0, own.count());
    return new WeakReference<>(own.args());
  }

  /**
   * Scalar code reads nothing behind the last element: it runs in the memory alone, not in half.
   */
  private static void exact(Kernel scalar, Candidate.Points own) {
    MemorySegment all = own.memory();
    MemorySegment[] given = own.args().segments;
    int[] used = IntStream.range(0, given.length).filter(b -> given[b] != null).toArray();
    Arrays.stream(used).forEach(b -> given[b] = all);
    scalar.run(own.args(), new Scratch(), 0, own.count());
    Arrays.stream(used).forEach(b -> given[b] = all.asSlice(0, all.byteSize() / 2));
    assertThrows(
        IndexOutOfBoundsException.class,
        () -> scalar.run(own.args(), new Scratch(), 0, own.count()));
  }
}
