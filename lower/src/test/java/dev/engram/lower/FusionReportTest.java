package dev.engram.lower;

import static dev.engram.lower.Oracle.f32;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.Graph;
import dev.engram.lower.inspect.FusionReport;
import dev.engram.lower.inspect.LoopPrinter;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Counts of memory and arithmetic, by hand, and the text of a program. */
class FusionReportTest {

  // y = σ(x W + b): one nest of 2·B·K·N + 2·B·N operations
  private static Graph layer() {
    return Oracle.trace(
        List.of(f32(8, 16), f32(16, 32), f32(32)),
        t -> List.of(t.get(0).matmul(t.get(1)).add(t.get(2)).sigmoid()));
  }

  @Test
  void aLayerIsOneNest() {
    FusionReport r = FusionReport.of(Lowering.lower(layer()));
    assertEquals(1, r.nests(), r.toString());
    assertEquals(3, r.ops());
    assertEquals(2 * 8 * 16 * 32 + 2 * 8 * 32, r.flops());
    assertEquals(4 * (8 * 16 + 16 * 32 + 32 + 8 * 32), r.bytes());
    assertEquals(0, r.arenaBytes());
    assertTrue(r.toString().contains("dot+add+sigmoid  // FusionReportTest.java:"), r.toString());
  }

  @Test
  void withoutFusionItMovesMore() {
    FusionReport apart =
        FusionReport.of(Lowering.lower(layer(), List.of(), LoweringOptions.standard().unfused()));
    assertTrue(apart.nests() > 1);
    assertTrue(apart.bytes() > FusionReport.of(Lowering.lower(layer())).bytes());
    // each value is written over the one before, and the last is the result
    assertEquals(0, apart.arenaBytes());
  }

  /**
   * A step of gradient descent for a weight that the gradient's way back also reads: w - x g beside
   * w g. What is done at the points of a short product would keep it from being computed as one.
   */
  @Test
  void aProductIsComputedAlone() {
    assertEquals(2, FusionReport.of(Lowering.lower(backAndUpdate(10))).nests());
    // Control: a sum in lanes costs no more where others are computed beside it.
    assertEquals(1, FusionReport.of(Lowering.lower(backAndUpdate(64))).nests());
  }

  private static Graph backAndUpdate(int n) {
    return Oracle.trace(
        List.of(f32(32, n), f32(n), f32(32)),
        t ->
            List.of(
                t.get(0).matmul(t.get(1).reshape(n, 1)).reshape(32),
                t.get(0).sub(t.get(2).reshape(32, 1).mul(t.get(1)))));
  }

  @Test
  void aLoopCountsEveryStep() {
    Graph g =
        Oracle.trace(
            List.of(f32(5), f32(7, 5)),
            t ->
                Oracle.scan(
                    7,
                    false,
                    List.of(),
                    t.subList(0, 1),
                    t.subList(1, 2),
                    in -> List.of(in.get(0).mul(in.get(1)))));
    FusionReport r = FusionReport.of(Lowering.lower(g));
    assertEquals(7 * 5, r.flops());
    assertEquals(7, r.rows().getLast().runs());
  }

  @Test
  void theTextShowsBuffersAndLoops() {
    String text = LoopPrinter.print(Lowering.lower(layer()));
    for (String part :
        List.of(
            "loops @program(b0, b1, b2) -> (b3), arena 0 bytes {",
            "b1: f32[16,32] input 1, 2048 bytes",
            "for i0 < 8, i1 < 32",
            "fold i2 < 16",
            "v0 = b0[16*i0 + i2]",
            "v2 = sum(v0 * v1)",
            "v5 = sigmoid(v4)",
            "b3[32*i0 + i1] = v5")) {
      assertTrue(text.contains(part), () -> part + " is not in\n" + text);
    }
  }
}
