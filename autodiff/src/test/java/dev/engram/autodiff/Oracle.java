package dev.engram.autodiff;

import dev.engram.ir.Builder;
import dev.engram.ir.DType;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Role;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.interpret.Interpreter;
import dev.engram.ir.op.Control;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.function.Function;

/** Answers that need no derivative rule: differences, inner products, and loops over a batch. */
final class Oracle {
  private Oracle() {}

  /** Where a transformation and its oracle disagree. */
  static final class Disagreement extends AssertionError {
    private static final long serialVersionUID = 1L;

    Disagreement(String message) {
      super(message);
    }
  }

  static TensorType f64(int... dims) {
    return TensorType.of(DType.F64, dims);
  }

  static TensorType i32(int... dims) {
    return TensorType.of(DType.I32, dims);
  }

  static Graph graph(List<TensorType> types, Function<List<Tensor>, List<Tensor>> f) {
    return graph("f", types, f);
  }

  static Graph graph(String name, List<TensorType> types, Function<List<Tensor>, List<Tensor>> f) {
    Builder b = new Builder(name);
    List<Tensor> in =
        types.stream().<Tensor>map(t -> b.tracer(b.param(t, Role.INPUT, ""))).toList();
    return b.build(f.apply(in).stream().map(b::lift).toList());
  }

  /** Results of a scan whose first operand is traced. */
  static List<Tensor> scan(
      Graph body, int consts, int carry, int length, boolean reverse, Tensor... in) {
    return Tensor.apply(new Control.Scan(body, consts, carry, length, reverse), List.of(in));
  }

  static List<Boolean> floats(Graph g) {
    return g.paramTypes().stream().map(t -> t.dtype().isFloat()).toList();
  }

  static List<Boolean> all(Graph g, boolean flag) {
    return Collections.nCopies(g.params().size(), flag);
  }

  static HostTensor random(SplittableRandom random, TensorType type, double low, double high) {
    HostTensor t = HostTensor.allocate(type);
    for (long i = 0; i < type.size(); i++) {
      t.setDouble(
          i,
          switch (type.dtype()) {
            case F32, F64, F16, BF16 -> random.nextDouble(low, high);
            case I8, I16, I32, I64, U8 -> random.nextInt(0, 3);
            case BOOL -> random.nextInt(0, 2);
          });
    }
    return t;
  }

  static List<HostTensor> random(SplittableRandom random, List<TensorType> types) {
    return types.stream().map(t -> random(random, t, -1, 1)).toList();
  }

  static List<HostTensor> concat(List<HostTensor> a, List<HostTensor> b) {
    List<HostTensor> out = new ArrayList<>(a);
    out.addAll(b);
    return out;
  }

  static List<TensorType> chosen(List<TensorType> types, List<Boolean> flags) {
    List<TensorType> out = new ArrayList<>();
    for (int i = 0; i < types.size(); i++) {
      if (flags.get(i)) {
        out.add(types.get(i));
      }
    }
    return out;
  }

  static List<TensorType> floatsOf(List<TensorType> types) {
    return types.stream().filter(t -> t.dtype().isFloat()).toList();
  }

  /** {@code args} moved by {@code step} along {@code tangents} of the chosen ones. */
  private static List<HostTensor> moved(
      List<HostTensor> args, List<Boolean> wrt, List<HostTensor> tangents, double step) {
    List<HostTensor> out = new ArrayList<>();
    int next = 0;
    for (int i = 0; i < args.size(); i++) {
      if (!wrt.get(i)) {
        out.add(args.get(i));
        continue;
      }
      HostTensor t = tangents.get(next++);
      HostTensor m = HostTensor.allocate(args.get(i).type());
      for (long k = 0; k < m.type().size(); k++) {
        m.setDouble(k, args.get(i).getDouble(k) + step * t.getDouble(k));
      }
      out.add(m);
    }
    return out;
  }

  /** Central differences of the float results along {@code tangents}. */
  static List<HostTensor> differences(
      Graph g, List<HostTensor> args, List<Boolean> wrt, List<HostTensor> tangents) {
    double h = 1e-5;
    List<HostTensor> up = Interpreter.run(g, moved(args, wrt, tangents, h));
    List<HostTensor> down = Interpreter.run(g, moved(args, wrt, tangents, -h));
    List<HostTensor> out = new ArrayList<>();
    for (int i = 0; i < up.size(); i++) {
      if (up.get(i).type().dtype().isFloat()) {
        HostTensor d = HostTensor.allocate(up.get(i).type());
        for (long k = 0; k < d.type().size(); k++) {
          d.setDouble(k, (up.get(i).getDouble(k) - down.get(i).getDouble(k)) / (2 * h));
        }
        out.add(d);
      }
    }
    return out;
  }

  /** True when the slopes to both sides agree along {@code tangents}: no kink or jump is near. */
  static boolean isSmooth(
      Graph g, List<HostTensor> args, List<Boolean> wrt, List<HostTensor> tangents) {
    double h = 2e-5;
    List<HostTensor> up = Interpreter.run(g, moved(args, wrt, tangents, h));
    List<HostTensor> mid = Interpreter.run(g, args);
    List<HostTensor> down = Interpreter.run(g, moved(args, wrt, tangents, -h));
    for (int i = 0; i < up.size(); i++) {
      for (long k = 0; k < up.get(i).type().size(); k++) {
        double bend =
            up.get(i).getDouble(k) - 2 * mid.get(i).getDouble(k) + down.get(i).getDouble(k);
        if (!(Math.abs(bend / h) < 1e-2)) {
          return false;
        }
      }
    }
    return true;
  }

  static double inner(List<HostTensor> a, List<HostTensor> b) {
    double sum = 0;
    for (int i = 0; i < a.size(); i++) {
      for (long k = 0; k < a.get(i).type().size(); k++) {
        sum += a.get(i).getDouble(k) * b.get(i).getDouble(k);
      }
    }
    return sum;
  }

  static void requireClose(
      String what, List<HostTensor> got, List<HostTensor> expected, double tolerance) {
    if (got.size() != expected.size()) {
      throw new Disagreement(
          what + ": got " + got.size() + " tensors, expected " + expected.size());
    }
    for (int i = 0; i < got.size(); i++) {
      if (!got.get(i).type().equals(expected.get(i).type())) {
        throw new Disagreement(
            what + ": " + got.get(i).type() + ", expected " + expected.get(i).type());
      }
      for (long k = 0; k < got.get(i).type().size(); k++) {
        double x = got.get(i).getDouble(k);
        double y = expected.get(i).getDouble(k);
        if (!isClose(x, y, tolerance)) {
          throw new Disagreement(
              String.format(
                  Locale.ROOT, "%s: tensor %d at %d is %.12g, expected %.12g", what, i, k, x, y));
        }
      }
    }
  }

  /** Infinity is close to nothing but itself, NaN to nothing at all. */
  private static boolean isClose(double got, double expected, double tolerance) {
    return got == expected
        || (Double.isFinite(expected)
            && Math.abs(got - expected) <= tolerance * (1 + Math.abs(expected)));
  }

  static void requireClose(String what, double got, double expected, double tolerance) {
    if (!isClose(got, expected, tolerance)) {
      throw new Disagreement(what + ": " + got + ", expected " + expected);
    }
  }

  /** Slice {@code i} of axis 0. */
  static HostTensor slice(HostTensor t, int i) {
    Shape rest = t.shape().range(1, t.rank());
    HostTensor out = HostTensor.allocate(t.type().with(rest));
    for (long k = 0; k < rest.size(); k++) {
      out.setBits(k, t.bits(i * rest.size() + k));
    }
    return out;
  }

  static HostTensor stack(List<HostTensor> parts, TensorType part) {
    HostTensor out = HostTensor.allocate(part.with(part.shape().insert(0, parts.size())));
    for (int i = 0; i < parts.size(); i++) {
      for (long k = 0; k < part.size(); k++) {
        out.setBits(i * part.size() + k, parts.get(i).bits(k));
      }
    }
    return out;
  }
}
