package dev.engram.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.backend.cpu.CpuOptions.Vectors;
import dev.engram.backend.cpu.nest.RowNest;
import dev.engram.backend.cpu.run.CpuProgram;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.text.Parser;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.Lowering;
import dev.engram.lower.interpret.LoopInterpreter;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Rows as long as an axis can be: nothing on the heap grows with them, and no count is negative.
 */
class LongRowsTest {
  private static final int MOST = Integer.MAX_VALUE;

  /** Programs over one long axis, of which N is the length. */
  static Stream<String> programs() {
    return Stream.of(
        "(%x: i8[N]) -> i8[] { %0: i8[] = reduce_max{axes=[0]}(%x) return %0 }",
        "(%x: f32[N]) -> f32[] { %0: f32[] = reduce_sum{axes=[0]}(%x) return %0 }",
        "(%x: f32[N]) -> f32[] { %0: f32[] = reduce_min{axes=[0]}(%x) return %0 }",
        "(%x: f32[N]) -> i32[] { %0: i32[] = reduce_argMax{axes=[0]}(%x) return %0 }",
        "(%x: i32[N]) -> i32[] { %0: i32[] = reduce_sum{axes=[0]}(%x) return %0 }",
        "(%x: bool[N]) -> bool[] { %0: bool[] = reduce_any{axes=[0]}(%x) return %0 }",
        "(%x: i32[N]) -> i32[] { %0: i32[N] = mul(%x, %x) %1: i32[] = reduce_max{axes=[0]}(%0)"
            + " return %1 }",
        "(%x: i32[2,N]) -> i32[2] { %0: i32[2] = reduce_prod{axes=[1]}(%x) return %0 }",
        "(%x: i8[N], %y: i8[N]) -> i8[N] { %0: i8[N] = add(%x, %y) return %0 }",
        "(%x: i8[N]) -> i8[N] { %0: i8[N] = reverse{axes=[0]}(%x) return %0 }",
        "(%x: i32[N]) -> i32[4] { %0: i32[4] = scatter{axis=0, batch=0, combine=add}(0, %x, 1)"
            + " return %0 }",
        "(%x: i32[N]) -> i32[N] { %0: i32[N] = check{what=\"x\", low=-9, high=9}(%x) return %0 }",
        "(%x: f32[2,3], %y: f32[2,3,N]) -> f32[2,N] { %0: f32[2,N] = dot{lhsContract=[1],"
            + " rhsContract=[1], lhsBatch=[0], rhsBatch=[0]}(%x, %y) return %0 }",
        "(%x: f32[2,9], %y: f32[2,9,N]) -> f32[2,N] { %0: f32[2,N] = dot{lhsContract=[1],"
            + " rhsContract=[1], lhsBatch=[0], rhsBatch=[0]}(%x, %y) return %0 }");
  }

  private static LoopProgram program(String text, int n) {
    String lines =
        text.replace("N", Integer.toString(n))
            .replace("{ %0", "{\n%0")
            .replaceAll(" (%\\d: )", "\n$1")
            .replace(" return", "\nreturn")
            .replaceAll(" }$", "\n}");
    return Lowering.lower(Parser.parse("graph @f" + lines));
  }

  private static CpuProgram compiled(LoopProgram p, Vectors vectors) {
    return (CpuProgram) new CpuBackend(new CpuOptions(2, vectors)).compile(p);
  }

  @ParameterizedTest
  @MethodSource("programs")
  void takeNoLongArrays(String text) {
    for (int n : new int[] {1_000_000, MOST - 1, MOST}) {
      for (Vectors v : List.of(Vectors.OFF, Vectors.FORCE_256)) {
        for (var call : compiled(program(text, n), v).nests()) {
          RowNest rows = call.kernel.rows();
          assertTrue(call.kernel.outerPoints() > 0, rows::toString);
          for (RowNest.Row r : rows.rows()) {
            assertTrue(0 < r.length() && r.length() <= 16 * RowNest.LONGEST, () -> n + ": " + r);
          }
        }
      }
    }
  }

  /** Rows of more than one piece, and of one that ends within lanes. */
  @ParameterizedTest
  @MethodSource("programs")
  void areComputedInPieces(String text) {
    SplittableRandom random = new SplittableRandom(text.hashCode());
    for (int n : new int[] {RowNest.LONGEST, 2 * RowNest.LONGEST + 1, 3 * RowNest.LONGEST + 21}) {
      LoopProgram p = program(text, n);
      List<HostTensor> in =
          p.inputs().stream().map(b -> sample(p.buffers().get(b).type(), random)).toList();
      List<HostTensor> want = LoopInterpreter.run(p, in);
      for (Vectors v : List.of(Vectors.OFF, Vectors.FORCE_256)) {
        List<HostTensor> got =
            p.outputs().stream().map(b -> HostTensor.allocate(p.buffers().get(b).type())).toList();
        compiled(p, v).run(in, got);
        for (int i = 0; i < want.size(); i++) {
          assertEquals(-1, got.get(i).firstDifference(want.get(i)).orElse(-1), text + n);
        }
      }
    }
  }

  private static HostTensor sample(TensorType type, SplittableRandom random) {
    HostTensor t = HostTensor.allocate(type);
    for (long i = 0; i < type.size(); i++) {
      if (type.dtype().isFloat()) {
        t.setDouble(i, random.nextDouble(-1, 1));
      } else {
        t.setBits(
            i, type.dtype() == DType.BOOL ? (i == type.size() - 1 ? 1 : 0) : random.nextInt(-1, 4));
      }
    }
    return t;
  }
}
