package dev.engram.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.backend.cpu.CpuOptions.Vectors;
import dev.engram.backend.cpu.run.CpuProgram;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Role;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.Trace;
import dev.engram.ir.Value;
import dev.engram.ir.op.ConvWindows;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.Lowering;
import dev.engram.lower.interpret.LoopInterpreter;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.BinaryOperator;
import org.junit.jupiter.api.Test;

/** Convolutions: products over several folded axes, read through windows. */
class WindowProductTest {
  private static LoopProgram program(TensorType x, TensorType w, BinaryOperator<Tensor> f) {
    Trace t = new Trace("conv");
    Tensor a = t.input(x, Role.INPUT, "");
    Tensor b = t.input(w, Role.INPUT, "");
    List<Value> outs = t.run(() -> List.of(t.lift(f.apply(a, b))));
    return Lowering.lower(t.build(outs));
  }

  private static void check(LoopProgram p, Random random) {
    List<HostTensor> in = MatmulTest.inputs(p, random);
    List<HostTensor> want = LoopInterpreter.run(p, in);
    List<CpuOptions> all = new ArrayList<>(RandomNestTest.OTHERS);
    all.add(new CpuOptions(1, Vectors.OFF));
    for (CpuOptions o : all) {
      Comparison.same(p, want, Comparison.run(new CpuBackend(o).compile(p), p, in));
    }
  }

  private static boolean isProduct(LoopProgram p) {
    CpuProgram e = (CpuProgram) new CpuBackend(new CpuOptions(1, Vectors.FORCE_256)).compile(p);
    return e.nests().stream()
        .anyMatch(n -> n.kernel.matmul().filter(m -> m.nest().reduce().size() > 1).isPresent());
  }

  @Test
  void everyShape() {
    Random random = new Random(3);
    int products = 0;
    for (int i = 0; i < 40; i++) {
      DType dtype = random.nextBoolean() ? DType.F32 : DType.F64;
      int c = 1 + random.nextInt(9);
      int f = 1 + random.nextInt(40);
      TensorType x = TensorType.of(dtype, 1 + random.nextInt(2), 5 + random.nextInt(20), 6, c);
      TensorType w = TensorType.of(dtype, 1 + random.nextInt(3), 1 + random.nextInt(3), c, f);
      ConvWindows windows =
          ConvWindows.valid().stride(1 + random.nextInt(2), 1 + random.nextInt(2));
      boolean after = random.nextBoolean();
      LoopProgram p =
          program(x, w, (a, b) -> after ? a.conv(b, windows).relu().add(1) : a.conv(b, windows));
      check(p, random);
      products += isProduct(p) ? 1 : 0;
    }
    assertTrue(products > 10, products + " of 40 are sums of products");
  }

  @Test
  void threeFoldedAxesAndAnEmptyOne() {
    ConvWindows windows = ConvWindows.valid();
    TensorType x = TensorType.of(DType.F32, 1, 4, 5, 6, 3);
    LoopProgram deep =
        program(x, TensorType.of(DType.F32, 2, 3, 2, 3, 17), (a, b) -> a.conv(b, windows));
    assertTrue(isProduct(deep));
    check(deep, new Random(1));
    TensorType none = TensorType.of(DType.F32, 1, 4, 5, 6, 0);
    check(
        program(none, TensorType.of(DType.F32, 2, 3, 2, 0, 17), (a, b) -> a.conv(b, windows)),
        new Random(1));
  }
}
