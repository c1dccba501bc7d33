package dev.engram.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Role;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.Trace;
import dev.engram.ir.op.Index;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.Lowering;
import dev.engram.lower.RunOperands;
import dev.engram.lower.interpret.LoopInterpreter;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** More updates than fit into one row of a nest, which must come in their order. */
class LongScatterTest {
  private static final int SLOTS = 7;
  private static final int UPDATES = 9001;

  private static LoopProgram program(Index.Combine combine) {
    Trace t = new Trace("scatter");
    Tensor x = t.input(TensorType.of(DType.F32, SLOTS), Role.INPUT, "");
    Tensor at = t.input(TensorType.of(DType.I32, UPDATES), Role.INPUT, "");
    Tensor u = t.input(TensorType.of(DType.F32, UPDATES), Role.INPUT, "");
    return Lowering.lower(
        t.build(t.run(() -> List.of(t.lift(x.scatterAlongAxis(combine, 0, at, u.mul(0.7)))))));
  }

  private static List<HostTensor> data(boolean reversed) {
    Random r = new Random(4);
    HostTensor at = HostTensor.allocate(TensorType.of(DType.I32, UPDATES));
    HostTensor u = HostTensor.allocate(TensorType.of(DType.F32, UPDATES));
    for (int i = 0; i < UPDATES; i++) {
      int k = reversed ? UPDATES - 1 - i : i;
      at.setBits(k, r.nextInt(SLOTS));
      u.setDouble(k, r.nextGaussian());
    }
    return List.of(HostTensor.allocate(TensorType.of(DType.F32, SLOTS)), at, u);
  }

  @Test
  void updatesComeInTheirOrder() {
    for (Index.Combine combine : List.of(Index.Combine.ADD, Index.Combine.SET)) {
      LoopProgram p = program(combine);
      HostTensor want = LoopInterpreter.run(p, data(false)).getFirst();
      for (CpuOptions o : RandomNestTest.OTHERS) {
        HostTensor got = RunOperands.run(new CpuBackend(o), p, data(false)).getFirst();
        Comparison.same(p, List.of(want), List.of(got));
      }
      assertFalse(
          want.sameBits(LoopInterpreter.run(p, data(true)).getFirst()),
          "control: another order gives other bits");
    }
    assertTrue(UPDATES > 4 * 2048, "several tiles");
  }
}
