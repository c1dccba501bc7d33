package dev.engram.tests.random;

import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.Verifier;
import dev.engram.ir.interpret.Interpreter;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/** Laws that compare forward and reverse derivatives with each other and with differences. */
public final class DerivativeLaws {
  private static final double ROUNDING = 1e-9;

  private DerivativeLaws() {}

  /** Makes a derivative: {@code Vjp::of}, {@code Jvp::of}. */
  @FunctionalInterface
  public interface Mode {
    Graph of(Graph g, List<Boolean> wrt);
  }

  static List<TensorType> floats(List<TensorType> types) {
    return types.stream().filter(t -> t.dtype().isFloat()).toList();
  }

  /** False when nothing can be differentiated. */
  public static boolean says(Program p) {
    return !floats(p.graph().paramTypes()).isEmpty() && !floats(p.graph().outTypes()).isEmpty();
  }

  /** The reverse derivative as a program, with cotangents. */
  static Program derived(Program p, Mode vjp) {
    Graph v = Verifier.verify(vjp.of(p.graph(), p.floatParams()));
    return new Program(v, concat(p.args(), cotangents(p)), p.data());
  }

  static List<HostTensor> cotangents(Program p) {
    return Samples.directions(floats(p.graph().outTypes()), p.random());
  }

  public static List<HostTensor> tangents(Program p) {
    return Samples.directions(floats(p.graph().paramTypes()), p.random().split());
  }

  public static List<HostTensor> concat(List<HostTensor> a, List<HostTensor> b) {
    return Stream.concat(a.stream(), b.stream()).toList();
  }

  /** {@code <ct, J t> = <Jᵀ ct, t>}, and both compute the function itself. */
  public static boolean transposed(Program p, Mode vjp, Mode jvp) {
    if (!says(p)) {
      return false;
    }
    Graph g = p.graph();
    List<HostTensor> want = Interpreter.run(g, p.args());
    int n = want.size();
    Graph forward = Verifier.verify(jvp.of(g, p.floatParams()));
    List<HostTensor> pushed = Interpreter.run(forward, concat(p.args(), tangents(p)));
    Laws.close(p, "jvp, ", pushed.subList(0, n), want);
    Program reverse = derived(p, vjp);
    List<HostTensor> pulled = Interpreter.run(reverse.graph(), reverse.args());
    Laws.close(p, "vjp, ", pulled.subList(0, n), want);
    Inner a = Inner.of(pulled.subList(n, pulled.size()), tangents(p));
    Inner b = Inner.of(pushed.subList(n, pushed.size()), cotangents(p));
    if (!(Math.abs(a.sum - b.sum) <= ROUNDING * (1 + a.size + b.size))) {
      throw Laws.broken(p, "<vjp, t> is " + a.sum + ", but <ct, jvp> is " + b.sum);
    }
    return true;
  }

  /** The same for functions that compute derivatives: reverse of reverse, reverse of forward. */
  public static boolean secondOrder(Program p, Mode vjp, Mode jvp) {
    if (!says(p)) {
      return false;
    }
    Program reverse = derived(p, vjp);
    Program forward =
        new Program(jvp.of(p.graph(), p.floatParams()), concat(p.args(), tangents(p)), p.data());
    return transposed(reverse, vjp, jvp) && transposed(forward, vjp, jvp);
  }

  /** {@code d/dh <ct, f(x + h t)> = <Jᵀ ct, t>}; does not apply near a jump or kink, or at NaN. */
  public static boolean isDifference(Program given, Mode vjp) {
    if (!says(given)) {
      return false;
    }
    Program p = generic(given);
    Program reverse = derived(p, vjp);
    List<HostTensor> pulled = Interpreter.run(reverse.graph(), reverse.args());
    int n = p.graph().outs().size();
    return isDifference(p, "vjp", Inner.of(pulled.subList(n, pulled.size()), tangents(p)).sum);
  }

  /** {@code d/dh <ct, f(x + h t)> = <ct, J t>}; does not apply near a jump or kink, or at NaN. */
  public static boolean forwardIsDifference(Program p, Mode jvp) {
    if (!says(p)) {
      return false;
    }
    Graph forward = Verifier.verify(jvp.of(p.graph(), p.floatParams()));
    List<HostTensor> pushed = Interpreter.run(forward, concat(p.args(), tangents(p)));
    int n = p.graph().outs().size();
    return isDifference(p, "jvp", Inner.of(pushed.subList(n, pushed.size()), cotangents(p)).sum);
  }

  /**
   * The program at a perturbed point. At a round number, such as 1 in {@code max(x, 1)}, the
   * derivative of a tie is the mean of the slopes, which for {@code min(|x|, x)} at 0, a smooth
   * function, is wrong. A tie that remains after perturbation is between functions with the same
   * slope.
   */
  static Program generic(Program p) {
    SplittableRandom random = random(p, 3);
    List<HostTensor> args = new ArrayList<>();
    for (HostTensor a : p.args()) {
      HostTensor moved = a;
      if (a.dtype().isFloat()) {
        moved = HostTensor.allocate(a.type());
        for (long i = 0; i < a.type().size(); i++) {
          // Part of the way to another point within the same bounds.
          double to = random.nextDouble(-Samples.BOUND, Samples.BOUND);
          moved.setDouble(i, a.getDouble(i) + 0.02 * (to - a.getDouble(i)));
        }
      }
      args.add(moved);
    }
    return new Program(p.graph(), args, p.data());
  }

  private static boolean isDifference(Program p, String what, double got) {
    double h = 1e-4;
    double middle = along(p, 0);
    double up = along(p, h);
    double down = along(p, -h);
    // Richardson: the error of the central difference is of order h².
    double wide = (up - down) / (2 * h);
    double halfUp = along(p, h / 2);
    double halfDown = along(p, -h / 2);
    double narrow = (halfUp - halfDown) / h;
    double want = narrow + (narrow - wide) / 3;
    double scale = 1 + Math.abs(want);
    // With half the step, second differences are a quarter where it is smooth, and half at a kink.
    double bend = up - 2 * middle + down;
    double kink = bend - 4 * (halfUp - 2 * middle + halfDown);
    boolean rough =
        Math.abs(wide - narrow) > 1e-4 * scale
            || Math.abs(bend) > 1e-2 * h * scale
            || Math.abs(kink) > 1e-6 * h * scale;
    // Where the function is NaN, such as a remainder by 0, its derivative may still be finite.
    if (rough || !Double.isFinite(want)) {
      return false;
    }
    if (!(Math.abs(got - want) <= 1e-6 * scale + Math.abs(wide - narrow))) {
      throw Laws.broken(p, what + " gives " + got + ", differences give " + want);
    }
    return true;
  }

  /** {@code <ct, f(x + h t)>}. */
  private static double along(Program p, double h) {
    List<HostTensor> args = new ArrayList<>();
    List<HostTensor> tangents = new ArrayList<>(tangents(p));
    for (HostTensor a : p.args()) {
      if (!a.dtype().isFloat()) {
        args.add(a);
        continue;
      }
      HostTensor t = tangents.removeFirst();
      HostTensor moved = HostTensor.allocate(a.type());
      for (long i = 0; i < a.type().size(); i++) {
        moved.setDouble(i, a.getDouble(i) + h * t.getDouble(i));
      }
      args.add(moved);
    }
    List<HostTensor> y =
        Interpreter.run(p.graph(), args).stream().filter(t -> t.dtype().isFloat()).toList();
    return Inner.of(y, cotangents(p)).sum;
  }

  /**
   * An inner product.
   *
   * @param size the sum of magnitudes
   */
  private record Inner(double sum, double size) {
    static Inner of(List<HostTensor> a, List<HostTensor> b) {
      double sum = 0;
      double size = 0;
      for (int i = 0; i < a.size(); i++) {
        for (long k = 0; k < a.get(i).type().size(); k++) {
          double x = a.get(i).getDouble(k) * b.get(i).getDouble(k);
          sum += x;
          size += Math.abs(x);
        }
      }
      return new Inner(sum, size);
    }
  }

  static SplittableRandom random(Program p, int salt) {
    return new SplittableRandom(p.data() * 31L + salt);
  }
}
