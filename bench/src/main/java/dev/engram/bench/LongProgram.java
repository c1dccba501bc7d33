package dev.engram.bench;

import dev.engram.autodiff.Vjp;
import dev.engram.backend.cpu.CpuBackend;
import dev.engram.backend.cpu.CpuOptions;
import dev.engram.ir.DType;
import dev.engram.ir.Graph;
import dev.engram.ir.Role;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.Trace;
import dev.engram.ir.passes.Pipeline;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.Lowering;
import java.lang.management.ManagementFactory;
import java.util.List;

/** A program of any length with a mix of ops, and its reverse derivative. */
final class LongProgram {
  /** Number of equations that one block adds to the lowered derivative. */
  private static final int BLOCK = 40;

  private LongProgram() {}

  /**
   * The cost of compiling it, in milliseconds of the compiling thread.
   *
   * @param equations after simplification
   */
  record Cost(int equations, double trace, double passes, double lowering, double bytecode) {
    double total() {
      return trace + passes + lowering + bytecode;
    }

    /** Microseconds. */
    double perEquation() {
      return 1000 * total() / equations;
    }
  }

  /** Compiles a program of about this many equations. */
  static Cost compile(int equations) {
    // Vector code is only tried while a program runs, so it plays no part here.
    CpuBackend backend = new CpuBackend(new CpuOptions(1, CpuOptions.Vectors.OFF));
    double t0 = now();
    Graph g = derivative(equations / BLOCK);
    double t1 = now();
    Graph simplified = Pipeline.standard().run(g);
    double t2 = now();
    LoopProgram program = Lowering.lower(simplified);
    double t3 = now();
    var _ = backend.compile(program);
    double t4 = now();
    return new Cost(simplified.eqns().size(), t1 - t0, t2 - t1, t3 - t2, t4 - t3);
  }

  private static double now() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() / 1e6;
  }

  static Graph derivative(int blocks) {
    Trace trace = new Trace("long");
    TensorType type = TensorType.of(DType.F32, 8, 8);
    Tensor x = trace.input(type, Role.INPUT, "x");
    Tensor w = trace.input(type, Role.WEIGHT, "w");
    Graph g =
        trace.run(
            () -> {
              Tensor h = x;
              for (int i = 0; i < blocks; i++) {
                Tensor a = h.matmul(w).add(x).tanh();
                Tensor b = a.sub(a.max(1).expandDims(1)).exp();
                h = Tensor.concat(0, b.slice(0, 1, 8), a.slice(0, 0, 1)).mul(h.sigmoid());
              }
              return trace.build(List.of(trace.lift(h.sum())));
            });
    return Vjp.of(g, List.of(false, true));
  }
}
