package dev.engram.lower;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.lower.inspect.LoopPrinter;
import dev.engram.lower.inspect.ProgramVerifier;
import dev.engram.lower.interpret.LoopInterpreter;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** The options of a machine change programs, and no bit of what they compute. */
class LoweringOptionsTest {
  private static final int PROGRAMS = 150;

  private static LoweringOptions random(Random r) {
    return new LoweringOptions(
        8 << r.nextInt(7),
        r.nextInt(4) > 0,
        1 + r.nextInt(120),
        1 + r.nextInt(40),
        1 + r.nextInt(40),
        1 + r.nextInt(80),
        r.nextInt(200),
        1 + r.nextInt(16),
        1 + r.nextInt(6),
        r.nextBoolean(),
        r.nextBoolean(),
        1 + r.nextInt(6),
        1 + r.nextInt(20),
        1 + r.nextInt(3),
        r.nextInt(2000));
  }

  @Test
  void noOptionChangesABit() {
    Random r = new Random(11);
    int changed = 0;
    for (long seed = 0; seed < PROGRAMS; seed++) {
      Graph g = RandomPrograms.program(seed);
      LoopProgram standard = Lowering.lower(g);
      LoopProgram other = ProgramVerifier.verify(Lowering.lower(g, List.of(), random(r)));
      changed += LoopPrinter.print(standard).equals(LoopPrinter.print(other)) ? 0 : 1;
      List<HostTensor> args = Oracle.randomArgs(g, seed);
      List<HostTensor> want = LoopInterpreter.run(standard, args);
      List<HostTensor> got = LoopInterpreter.run(other, args);
      for (int i = 0; i < want.size(); i++) {
        assertTrue(want.get(i).sameBits(got.get(i)), () -> LoopPrinter.print(other));
      }
    }
    assertTrue(changed > PROGRAMS / 2, changed + " of " + PROGRAMS + " programs differ");
  }

  /** Each memory option is seen in a program of the generator. */
  @Test
  void memoryFollowsTheOptions() {
    LoweringOptions standard = LoweringOptions.standard();
    assertNotEquals(arenas(standard), arenas(standard.withMemory(64, false)));
    assertNotEquals(arenas(standard), arenas(standard.withMemory(1024, true)));
    for (long seed = 0; seed < PROGRAMS; seed++) {
      Graph g = RandomPrograms.program(seed);
      Lowering.lower(g, List.of(), standard.withMemory(256, true)).buffers().stream()
          .map(LoopBuffer::place)
          .forEach(
              p -> {
                if (p instanceof LoopBuffer.Place.Arena(long offset)) {
                  assertEquals(0, offset % 256);
                }
              });
    }
  }

  private static List<Long> arenas(LoweringOptions options) {
    return new Random(5)
        .longs(PROGRAMS, 0, 1000)
        .mapToObj(
            seed -> Lowering.lower(RandomPrograms.program(seed), List.of(), options).arenaBytes())
        .toList();
  }

  @Test
  void impossibleOptionsAreRefused() {
    for (UnaryOperator<LoweringOptions> wrong :
        List.<UnaryOperator<LoweringOptions>>of(
            o -> o.withMemory(0, true),
            o -> o.withMemory(4, true),
            o -> o.withMemory(48, true),
            o -> new LoweringOptions(64, true, 0, 1, 1, 1, 0, 1, 1, true, true, 1, 1, 1, 1),
            o -> new LoweringOptions(64, true, 1, 0, 1, 1, 0, 1, 1, true, true, 1, 1, 1, 1),
            o -> new LoweringOptions(64, true, 1, 1, 0, 1, 0, 1, 1, true, true, 1, 1, 1, 1),
            o -> new LoweringOptions(64, true, 1, 1, 1, 0, 0, 1, 1, true, true, 1, 1, 1, 1),
            o -> new LoweringOptions(64, true, 1, 1, 1, 1, -1, 1, 1, true, true, 1, 1, 1, 1),
            o ->
                new LoweringOptions(64, true, 1, 1, 1, 1, 0, Double.NaN, 1, true, true, 1, 1, 1, 1),
            o -> new LoweringOptions(64, true, 1, 1, 1, 1, 0, 1, 1, true, true, 0, 1, 1, 1),
            o -> new LoweringOptions(64, true, 1, 1, 1, 1, 0, 1, 1, true, true, 1, 0, 1, 1),
            o -> new LoweringOptions(64, true, 1, 1, 1, 1, 0, 1, 1, true, true, 1, 1, 0, 1),
            o -> new LoweringOptions(64, true, 1, 1, 1, 1, 0, 1, 0, true, true, 1, 1, 1, 1),
            o -> o.withShareReads(-1))) {
      String text =
          assertThrows(LoweringException.class, () -> wrong.apply(LoweringOptions.standard()))
              .getMessage();
      assertTrue(text.startsWith("LoweringOptions: ") && text.contains(", expected "), text);
    }
  }
}
