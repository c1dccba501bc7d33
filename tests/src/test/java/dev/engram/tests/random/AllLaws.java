package dev.engram.tests.random;

import dev.engram.autodiff.Batch;
import dev.engram.autodiff.Jvp;
import dev.engram.autodiff.Vjp;
import dev.engram.ir.DType;
import dev.engram.ir.Graph;
import dev.engram.ir.TensorType;
import dev.engram.ir.passes.MergeSumIntoDot;
import dev.engram.ir.passes.Pass;
import dev.engram.ir.passes.Pipeline;
import dev.engram.ir.text.Printer;
import java.util.stream.Stream;

/** Checks every law of {@link ProgramProperties} on one program. */
public final class AllLaws {
  private AllLaws() {}

  /**
   * @throws AssertionError for the first law that is broken
   */
  public static void check(Program p) {
    Laws.verifies(p);
    Laws.roundTrip(p, Printer::print);
    passes(p);
    backends(p);
    BatchLaws.isLoop(p, Batch::of);
    if (DerivativeLaws.says(p) && inDoubles(p.graph())) {
      derivatives(p);
    }
  }

  private static void passes(Program p) {
    for (Pass pass : Pipeline.standard().passes()) {
      if (pass.name().equals("contract")) {
        Laws.keepsValues(p, MergeSumIntoDot::run);
      } else {
        Laws.keepsBits(p, pass.run());
      }
    }
    Laws.keepsValues(p, Pipeline.standard()::run);
    Laws.keepsBits(p, Pipeline.keepingRules()::run);
  }

  private static void backends(Program p) {
    Ways.backends().forEach(b -> Laws.agrees(p, Ways.lowered(b)));
    Ways.backends().forEach(b -> Laws.agrees(p, Ways.compiled(b)));
    Laws.sameBits(p, Ways.lowered(Ways.scalarCpu()), Ways.lowered(Ways.vectorCpu()));
  }

  private static void derivatives(Program p) {
    DerivativeLaws.transposed(p, Vjp::of, Jvp::of);
    DerivativeLaws.secondOrder(p, Vjp::of, Jvp::of);
    BatchLaws.commutes(p, Batch::of, Vjp::of);
    Program derived = DerivativeLaws.derived(p, Vjp::of);
    Laws.roundTrip(derived, Printer::print);
    Ways.backends().forEach(b -> Laws.agrees(derived, Ways.compiled(b)));
  }

  private static boolean inDoubles(Graph g) {
    return Stream.concat(g.paramTypes().stream(), g.outTypes().stream())
        .map(TensorType::dtype)
        .filter(DType::isFloat)
        .allMatch(d -> d == DType.F64);
  }
}
