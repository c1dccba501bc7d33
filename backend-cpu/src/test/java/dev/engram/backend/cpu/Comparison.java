package dev.engram.backend.cpu;

import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.lower.CompiledProgram;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.inspect.LoopPrinter;
import java.util.List;

/** Runs and compares results. */
final class Comparison {
  private Comparison() {}

  static List<HostTensor> run(CompiledProgram e, LoopProgram p, List<HostTensor> inputs) {
    List<HostTensor> outputs =
        p.outputs().stream().map(b -> HostTensor.allocate(p.buffers().get(b).type())).toList();
    e.run(inputs, outputs);
    return outputs;
  }

  /** Floats to 1e-10 (f64) or 1e-5 (f32) of their size; everything else exactly. */
  static void close(LoopProgram p, List<HostTensor> want, List<HostTensor> got) {
    for (int o = 0; o < want.size(); o++) {
      HostTensor w = want.get(o);
      HostTensor g = got.get(o);
      for (long i = 0; i < w.type().size(); i++) {
        if (!close(w, g, i)) {
          throw new AssertionError(
              "output %d[%d]: got %s, want %s%n%s"
                  .formatted(o, i, g.getDouble(i), w.getDouble(i), LoopPrinter.print(p)));
        }
      }
    }
  }

  private static boolean close(HostTensor w, HostTensor g, long i) {
    DType t = w.type().dtype();
    if (!t.isFloat()) {
      return w.bits(i) == g.bits(i);
    }
    double a = w.getDouble(i);
    double b = g.getDouble(i);
    if (Double.compare(a, b) == 0 || a == b) {
      return true;
    }
    double tolerance = (t == DType.F64 ? 1e-10 : 1e-5) * Math.max(1, Math.abs(a));
    return Math.abs(a - b) <= tolerance;
  }

  /** The same bits, but any NaN equals any other. */
  static void same(LoopProgram p, List<HostTensor> want, List<HostTensor> got) {
    for (int o = 0; o < want.size(); o++) {
      HostTensor w = want.get(o);
      HostTensor g = got.get(o);
      for (long i = 0; i < w.type().size(); i++) {
        boolean nan =
            w.type().dtype().isFloat()
                && Double.isNaN(w.getDouble(i))
                && Double.isNaN(g.getDouble(i));
        if (w.bits(i) != g.bits(i) && !nan) {
          throw new AssertionError(
              "output %d[%d]: got %s, want %s, bit for bit%n%s"
                  .formatted(o, i, g.getDouble(i), w.getDouble(i), LoopPrinter.print(p)));
        }
      }
    }
  }
}
