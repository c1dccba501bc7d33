package dev.engram.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.backend.cpu.CpuOptions.Vectors;
import dev.engram.backend.cpu.run.CpuProgram;
import dev.engram.backend.cpu.run.NestCall;
import dev.engram.backend.cpu.scalar.ScalarNest;
import dev.engram.ir.HostTensor;
import dev.engram.lower.interpret.LoopInterpreter;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Every form of nest: compiled code equals the interpreter, with the same bits for all options. */
final class RandomNestTest {
  static final List<CpuOptions> OTHERS =
      List.of(
          new CpuOptions(3, Vectors.OFF),
          new CpuOptions(1, Vectors.FORCE_128),
          new CpuOptions(2, Vectors.FORCE_256),
          new CpuOptions(2, Vectors.FORCE_512));

  static void check(long seed, boolean floatsOnly) {
    RandomNest.Sample s = RandomNest.of(seed, floatsOnly);
    try {
      CpuBackend plain = new CpuBackend(new CpuOptions(1, Vectors.OFF));
      List<HostTensor> got = Comparison.run(plain.compile(s.program()), s.program(), s.inputs());
      Comparison.close(s.program(), LoopInterpreter.run(s.program(), s.inputs()), got);
      for (CpuOptions o : OTHERS) {
        Comparison.same(
            s.program(),
            got,
            Comparison.run(new CpuBackend(o).compile(s.program()), s.program(), s.inputs()));
      }
    } catch (AssertionError | RuntimeException e) {
      throw new AssertionError("seed " + seed, e);
    }
  }

  @Test
  void everyForm() {
    for (long seed = 0; seed < 120; seed++) {
      check(seed, false);
    }
  }

  @Test
  void floats() {
    for (long seed = 0; seed < 80; seed++) {
      check(seed, true);
    }
  }

  /** Otherwise the comparisons above would compare scalar code with itself. */
  @Test
  void floatNestsAreVectors() {
    int vectors = 0;
    int all = 0;
    for (long seed = 0; seed < 100; seed++) {
      CpuBackend b = new CpuBackend(new CpuOptions(1, Vectors.FORCE_256));
      CpuProgram e = (CpuProgram) b.compile(RandomNest.of(seed, true).program());
      for (NestCall n : e.nests()) {
        if (n.nest.label().equals("random")) {
          all++;
          vectors += n.kernel.kernel() instanceof ScalarNest ? 0 : 1;
        }
      }
    }
    assertTrue(vectors > all * 2 / 3, vectors + " of " + all + " nests in vectors");
  }

  @Test
  void differencesAreSeen() {
    RandomNest.Sample s = RandomNest.of(7, true);
    List<HostTensor> want = LoopInterpreter.run(s.program(), s.inputs());
    List<HostTensor> wrong =
        want.stream().map(t -> HostTensor.full(t.type(), t.getDouble(0) + 1)).toList();
    assertThrows(AssertionError.class, () -> Comparison.close(s.program(), want, wrong));
    assertThrows(AssertionError.class, () -> Comparison.same(s.program(), want, wrong));
  }

  static void main(String[] args) {
    int bad = 0;
    for (long seed = Long.parseLong(args[0]); seed < Long.parseLong(args[1]) && bad < 3; seed++) {
      try {
        check(seed, args[2].equals("f"));
      } catch (Throwable e) {
        bad++;
        Throwable c = e.getCause() == null ? e : e.getCause();
        System.out.println(e.getMessage());
        StringWriter w = new StringWriter();
        c.printStackTrace(new PrintWriter(w));
        System.out.println(w.toString().substring(0, Math.min(2500, w.toString().length())));
      }
    }
    new RandomNestTest().floatNestsAreVectors();
    System.out.println("bad " + bad);
  }
}
