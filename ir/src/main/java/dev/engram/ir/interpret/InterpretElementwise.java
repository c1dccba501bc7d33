package dev.engram.ir.interpret;

import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.op.ElementwiseRow;
import dev.engram.ir.op.Rows;
import dev.engram.ir.runtime.RowCode;
import dev.engram.ir.runtime.Thrown;
import java.util.List;

/** Elementwise rows and casts. */
final class InterpretElementwise {
  private InterpretElementwise() {}

  static HostTensor eval(ElementwiseRow row, List<HostTensor> in, TensorType type) {
    if (Rows.has(row)) {
      return each(row, in, type);
    }
    try (RowCode _ = RowCode.enter()) {
      return each(row, in, type);
    } catch (Throwable t) {
      throw Thrown.unchecked(t);
    }
  }

  private static HostTensor each(ElementwiseRow row, List<HostTensor> in, TensorType type) {
    return row.signature().isWhole(in.getLast().dtype())
        ? whole(row.whole(), in, type)
        : real(row.real(), in, type);
  }

  private static HostTensor real(ElementwiseRow.Real f, List<HostTensor> in, TensorType type) {
    HostTensor out = HostTensor.allocate(type);
    HostTensor a = in.getFirst();
    long n = type.size();
    switch (in.size()) {
      case 1 -> {
        for (long i = 0; i < n; i++) {
          out.setDouble(i, f.apply(a.getDouble(i), 0, 0));
        }
      }
      case 2 -> {
        HostTensor b = in.get(1);
        for (long i = 0; i < n; i++) {
          out.setDouble(i, f.apply(a.getDouble(i), b.getDouble(i), 0));
        }
      }
      default -> {
        HostTensor b = in.get(1);
        HostTensor c = in.get(2);
        for (long i = 0; i < n; i++) {
          out.setDouble(i, f.apply(a.getDouble(i), b.getDouble(i), c.getDouble(i)));
        }
      }
    }
    return out;
  }

  private static HostTensor whole(ElementwiseRow.Whole f, List<HostTensor> in, TensorType type) {
    HostTensor out = HostTensor.allocate(type);
    HostTensor a = in.getFirst();
    long n = type.size();
    switch (in.size()) {
      case 1 -> {
        for (long i = 0; i < n; i++) {
          out.setBits(i, f.apply(a.bits(i), 0, 0));
        }
      }
      case 2 -> {
        HostTensor b = in.get(1);
        for (long i = 0; i < n; i++) {
          out.setBits(i, f.apply(a.bits(i), b.bits(i), 0));
        }
      }
      default -> {
        HostTensor b = in.get(1);
        HostTensor c = in.get(2);
        for (long i = 0; i < n; i++) {
          out.setBits(i, f.apply(a.bits(i), b.bits(i), c.bits(i)));
        }
      }
    }
    return out;
  }

  static HostTensor cast(HostTensor x, TensorType type) {
    DType from = x.dtype();
    DType to = type.dtype();
    if (from == to) {
      return x;
    }
    HostTensor out = HostTensor.allocate(type);
    for (long i = 0; i < type.size(); i++) {
      out.setBits(i, from.isFloat() ? to.bitsOf(x.getDouble(i)) : to.ofLong(x.bits(i)));
    }
    return out;
  }
}
