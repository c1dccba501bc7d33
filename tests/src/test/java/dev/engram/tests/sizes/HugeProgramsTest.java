package dev.engram.tests.sizes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.autodiff.Batch;
import dev.engram.autodiff.Batched;
import dev.engram.autodiff.Jvp;
import dev.engram.autodiff.Vjp;
import dev.engram.backend.cpu.CpuBackend;
import dev.engram.backend.cpu.CpuOptions;
import dev.engram.backend.cpu.CpuOptions.Vectors;
import dev.engram.ir.Builder;
import dev.engram.ir.DType;
import dev.engram.ir.EngramException;
import dev.engram.ir.Graph;
import dev.engram.ir.Lit;
import dev.engram.ir.Role;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import dev.engram.ir.Verifier;
import dev.engram.ir.op.Reduce;
import dev.engram.ir.passes.Pipeline;
import dev.engram.lower.Lowering;
import dev.engram.lower.inspect.FusionReport;
import dev.engram.lower.inspect.LoopPrinter;
import dev.engram.lower.inspect.ProgramVerifier;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Every transformation of programs whose values are larger than int, long or memory: a sound
 * program comes out, or an error that names the op or the operand, the line and the number. Nothing
 * is run, so nothing has to fit into memory.
 */
class HugeProgramsTest {
  private static final int TRIES = Integer.getInteger("engram.tries", 1) * 25;

  /** What is refused for another reason than a size. */
  private static final List<String> OTHERWISE =
      List.of("no vmap around maps an axis named", "nobody knows how many steps it takes");

  private interface Stage {
    void run(Graph g, SplittableRandom random);
  }

  private static final Map<String, Stage> STAGES = new LinkedHashMap<>();

  static {
    STAGES.put("simplified", (g, _) -> simplified(g));
    STAGES.put("jvp", (g, _) -> simplified(Jvp.of(g, floats(g))));
    STAGES.put("vjp", (g, _) -> simplified(Vjp.of(g, floats(g))));
    STAGES.put("batched", HugeProgramsTest::batched);
    STAGES.put("lowered", (g, _) -> lowered(g));
    STAGES.put("lowered vjp", (g, _) -> lowered(simplified(Vjp.of(g, floats(g)))));
    for (Vectors v : List.of(Vectors.OFF, Vectors.FORCE_256)) {
      CpuBackend cpu = new CpuBackend(new CpuOptions(2, v));
      STAGES.put("compiled " + v, (g, _) -> cpu.compile(Lowering.lower(g)));
    }
  }

  @TestFactory
  Stream<DynamicTest> soundOrRefused() {
    return SizedUses.families().entrySet().stream()
        .map(
            e ->
                DynamicTest.dynamicTest(
                    e.getKey(),
                    () -> {
                      SplittableRandom random = new SplittableRandom(7L * e.getKey().hashCode());
                      int sound = 0;
                      for (int i = 0; i < TRIES; i++) {
                        SizedUse use = e.getValue().apply(random);
                        if (use.tooLarge().isEmpty()) {
                          Graph g = OpSizesTest.graph(use);
                          sound += check(use, g, random) + check(use, folded(g), random);
                        }
                      }
                      // Control: it is not that everything is refused.
                      assertTrue(sound > TRIES, sound + " sound");
                    }));
  }

  /** Moves of moves, which passes make one of. */
  @Test
  void movesInARowAreSoundOrRefused() {
    SplittableRandom random = new SplittableRandom(41);
    int sound = 0;
    for (int i = 0; i < 6 * TRIES; i++) {
      Builder b = new Builder("huge");
      Var v = b.param(HugeLengths.type(random, DType.F32, random.nextInt(1, 4)), Role.INPUT, "");
      b.at(OpSizesTest.LINE);
      List<SizedUse> uses = new ArrayList<>();
      for (int k = random.nextInt(2, 5); k > 0; k--) {
        SizedUse use = SizedUses.move(random, v.type());
        if (use.tooLarge().isEmpty()) {
          List<Value> in = new ArrayList<>(List.of(v));
          for (TensorType t : use.operands().subList(1, use.operands().size())) {
            in.add(t.rank() == 0 ? Lit.zero(t) : b.param(t, Role.INPUT, ""));
          }
          v = b.emit(use.op(), in).getFirst();
          uses.add(use);
        }
      }
      Graph g = b.build(List.of(v));
      sound += check(uses, g, random) + check(uses, folded(g), random);
    }
    assertTrue(sound > 6 * TRIES, sound + " sound");
  }

  /** Returns how many stages give a program. */
  private static int check(Object use, Graph g, SplittableRandom random) {
    int sound = 0;
    for (Map.Entry<String, Stage> s : STAGES.entrySet()) {
      try {
        s.getValue().run(g, random.split());
        sound++;
      } catch (EngramException e) {
        String says = e.getMessage();
        boolean names = says.contains("(Huge.java:7)") || says.contains(" of @") || isCopy(says);
        boolean counts = says.matches("(?s).*\\d{10}.*");
        boolean otherwise = OTHERWISE.stream().anyMatch(says::contains);
        assertTrue(names && (counts || otherwise), () -> s.getKey() + " of " + use + ": " + says);
      } catch (RuntimeException | Error e) {
        throw new AssertionError(s.getKey() + " of " + use, e);
      }
    }
    return sound;
  }

  /** A parameter that is a result is copied, by no line. */
  private static boolean isCopy(String says) {
    return says.startsWith("copy: a loop for ");
  }

  private static List<Boolean> floats(Graph g) {
    return g.params().stream().map(p -> p.type().dtype().isFloat()).toList();
  }

  private static Graph simplified(Graph g) {
    return Verifier.verify(Pipeline.standard().run(g));
  }

  private static void lowered(Graph g) {
    var program = ProgramVerifier.verify(Lowering.lower(g));
    LoopPrinter.print(program);
    String report = FusionReport.of(program).toString();
    assertFalse(report.matches("(?s).* -\\d.*"), report);
  }

  private static void batched(Graph g, SplittableRandom random) {
    int n = HugeLengths.any(random);
    Batched wide = Batch.of(g, Collections.nCopies(g.params().size(), true), n);
    Verifier.verify(wide.graph());
    for (int i = 0; i < g.outs().size(); i++) {
      List<BigInteger> want = new ArrayList<>(HugeLengths.exact(g.outs().get(i).type()));
      if (wide.outBatched().get(i)) {
        want.addFirst(BigInteger.valueOf(n));
      }
      assertEquals(want, HugeLengths.exact(wide.graph().outs().get(i).type()));
    }
  }

  /** The largest element of each result, so that what is large need not be stored. */
  private static Graph folded(Graph g) {
    Builder b = new Builder("folded");
    List<Var> in = g.params().stream().map(b::param).toList();
    List<Value> outs = b.inline(g, in);
    b.at(OpSizesTest.LINE);
    return b.build(outs.stream().map(v -> b.emit1(fold(v), v)).toList());
  }

  private static Reduce fold(Value v) {
    List<Integer> all = IntStream.range(0, v.type().rank()).boxed().toList();
    return new Reduce(v.type().dtype() == DType.BOOL ? Reduce.Kind.ANY : Reduce.Kind.MAX, all);
  }
}
