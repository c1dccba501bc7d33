package dev.engram.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.backend.cpu.CpuOptions.Vectors;
import dev.engram.ir.HostTensor;
import dev.engram.lower.FoldOrder;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.inspect.ProgramVerifier;
import dev.engram.lower.interpret.LoopInterpreter;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/**
 * Sums follow the order of the loop program bit for bit, with vectors of every width and any number
 * of threads.
 */
class FoldOrderProperties {
  private static final List<CpuOptions> ALL =
      List.of(
          new CpuOptions(1, Vectors.OFF),
          new CpuOptions(4, Vectors.OFF),
          new CpuOptions(1, Vectors.FORCE_128),
          new CpuOptions(2, Vectors.FORCE_256),
          new CpuOptions(4, Vectors.FORCE_512));

  @Property(tries = 120, seed = "2026")
  void everyBackendObeysTheOrder(@ForAll int seed) {
    Random random = new Random(seed);
    obeys(ProgramVerifier.verify(RandomFolds.program(random)), random);
  }

  /** Short blocks, so that there are many, and shares that cut them. */
  @Property(tries = 120, seed = "2026")
  void anyOrder(@ForAll int seed) {
    Random random = new Random(seed);
    LoopProgram p = RandomFolds.program(random);
    int block = 1 + random.nextInt(100);
    int share = block + random.nextInt(300);
    obeys(
        ProgramVerifier.verify(
            RandomFolds.recut(
                p,
                o -> new FoldOrder(o.lanes(), (long) block * o.lanes(), (long) share * o.lanes()))),
        random);
  }

  private static void obeys(LoopProgram p, Random random) {
    List<HostTensor> in = MatmulTest.inputs(p, random);
    List<HostTensor> want = LoopInterpreter.run(p, in);
    for (CpuOptions o : ALL) {
      try {
        Comparison.same(p, want, Comparison.run(new CpuBackend(o).compile(p), p, in));
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError(o.toString(), e);
      }
    }
  }

  /** Control: a backend that adds all terms of a lane in one chain is detected. */
  @Example
  void aBackendWithoutBlocksIsFound() {
    CpuBackend cpu = new CpuBackend(new CpuOptions(1, Vectors.FORCE_256));
    int cut = 0;
    int found = 0;
    for (int seed = 0; seed < 60; seed++) {
      Random random = new Random(seed);
      LoopProgram p = RandomFolds.program(random);
      LoopProgram chains = RandomFolds.recut(p, o -> FoldOrder.inLanes(o.lanes()));
      if (!chains.equals(p)) {
        cut++;
        List<HostTensor> in = MatmulTest.inputs(p, random);
        List<HostTensor> want = LoopInterpreter.run(p, in);
        found += isSame(want, Comparison.run(cpu.compile(chains), p, in)) ? 0 : 1;
      }
    }
    assertTrue(cut > 12 && found > cut * 2 / 3, found + " of " + cut + " found");
  }

  private static boolean isSame(List<HostTensor> want, List<HostTensor> got) {
    for (int i = 0; i < want.size(); i++) {
      if (!want.get(i).sameBits(got.get(i))) {
        return false;
      }
    }
    return true;
  }
}
