package dev.engram.ir.passes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.engram.ir.Builder;
import dev.engram.ir.DType;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Role;
import dev.engram.ir.TensorType;
import dev.engram.ir.Var;
import dev.engram.ir.interpret.Interpreter;
import dev.engram.ir.op.Dot;
import dev.engram.ir.op.Reduce;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MergeSumIntoDotTest {
  private static final TensorType X = TensorType.of(DType.F64, 3, 2, 4);
  private static final TensorType Y = TensorType.of(DType.F64, 3, 4, 5);

  private static Graph sumOver(List<Integer> axes) {
    Builder b = new Builder("f");
    Var x = b.param(X, Role.INPUT, "");
    Var y = b.param(Y, Role.INPUT, "");
    Var z = b.emit1(new Dot(List.of(2), List.of(1), List.of(0), List.of(0)), x, y);
    return b.build(List.of(b.emit1(new Reduce(Reduce.Kind.SUM, axes), z)));
  }

  private static HostTensor random(TensorType type, long seed) {
    Random r = new Random(seed);
    HostTensor t = HostTensor.allocate(type);
    for (long i = 0; i < type.size(); i++) {
      t.setDouble(i, r.nextGaussian());
    }
    return t;
  }

  @Test
  void sumOverTheBatchBecomesOneContraction() {
    Graph before = sumOver(List.of(0));
    Graph after = Dce.run(MergeSumIntoDot.run(before));
    assertEquals(1, after.eqns().size());
    assertEquals(
        new Dot(List.of(0, 2), List.of(0, 1), List.of(), List.of()), after.eqns().getFirst().op());
    List<HostTensor> args = List.of(random(X, 1), random(Y, 2));
    double[] want = Interpreter.run(before, args).getFirst().toDoubles();
    double[] got = Interpreter.run(after, args).getFirst().toDoubles();
    for (int i = 0; i < want.length; i++) {
      assertEquals(want[i], got[i], 1e-12);
    }
  }

  @Test
  void sumOverAFreeAxisStays() {
    Graph after = Dce.run(MergeSumIntoDot.run(sumOver(List.of(0, 1))));
    assertEquals(2, after.eqns().size());
    assertFalse(((Dot) after.eqns().getFirst().op()).lhsBatch().isEmpty());
  }
}
