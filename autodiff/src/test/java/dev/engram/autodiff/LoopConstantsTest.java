package dev.engram.autodiff;

import static dev.engram.autodiff.Oracle.f64;
import static dev.engram.autodiff.Oracle.graph;

import dev.engram.ir.Builder;
import dev.engram.ir.DType;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Role;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.Verifier;
import dev.engram.ir.op.Control;
import dev.engram.ir.op.OptimizationBarrier;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BinaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Equations in a loop that read what changes from step to step, and have a result that does not
 * depend on it: every op with such results, in loops of no, one and three steps, under every mode
 * and mode of mode.
 */
class LoopConstantsTest {
  private static final TensorType X = f64(2);

  /** The first result is a function of {@code same} alone, though {@code moving} is read, too. */
  private static final Map<String, BinaryOperator<Tensor>> OPS = new LinkedHashMap<>();

  static {
    OPS.put("call", (same, moving) -> call(new Control.Derivative.Plain(), same, moving));
    OPS.put(
        "call with jvp",
        (same, moving) ->
            call(new Control.Derivative.Jvp(Jvp.of(pair(), List.of(true, true))), same, moving));
    OPS.put("call with vjp", (same, moving) -> call(vjp(), same, moving));
    OPS.put("remat", (same, moving) -> call(new Control.Derivative.Remat(List.of()), same, moving));
    OPS.put(
        "cond",
        (same, moving) ->
            apply(new Control.Cond(pair(), pair()), literal(DType.BOOL, 1), same, moving));
    OPS.put(
        "scan", (same, moving) -> apply(new Control.Scan(pair(), 0, 2, 2, false), same, moving));
    OPS.put(
        "scan of no steps",
        (same, moving) -> apply(new Control.Scan(pair(), 0, 2, 0, false), same, moving));
    OPS.put("while", (same, moving) -> apply(loop(), literal(DType.I32, 0), same, moving, 1));
    OPS.put("barrier", (same, moving) -> apply(new OptimizationBarrier(), same, moving));
  }

  private static Tensor apply(dev.engram.ir.op.Op op, Tensor... in) {
    return apply(op, List.of(in), 0);
  }

  private static Tensor apply(dev.engram.ir.op.Op op, Tensor a, Tensor b, Tensor c, int result) {
    return apply(op, List.of(a, b, c), result);
  }

  private static Tensor apply(dev.engram.ir.op.Op op, List<Tensor> in, int result) {
    return Tensor.apply(op, in).get(result);
  }

  private static Tensor call(Control.Derivative rule, Tensor same, Tensor moving) {
    return apply(new Control.Call(pair(), rule), same, moving);
  }

  private static Tensor literal(DType dtype, long value) {
    return HostTensor.full(TensorType.scalar(dtype), value);
  }

  /** (a, b) → (sin a, a b). */
  private static Graph pair() {
    return graph("pair", List.of(X, X), x -> List.of(x.get(0).sin(), x.get(0).mul(x.get(1))));
  }

  private static Control.Derivative vjp() {
    Builder f = new Builder("pair_forward");
    List<Value> args = new ArrayList<>();
    pair().params().forEach(p -> args.add(f.param(p)));
    List<Value> outs = new ArrayList<>(f.inline(pair(), args));
    outs.addAll(args);
    Graph v = Vjp.of(pair(), List.of(true, true));
    Builder b = new Builder("pair_backward");
    List<Value> in = new ArrayList<>();
    v.params().forEach(p -> in.add(b.param(p.type(), Role.INPUT, "")));
    return new Control.Derivative.Vjp(f.build(outs), b.build(b.inline(v, in).subList(2, 4)));
  }

  /** Two steps of {@link #pair}. */
  private static Control.While loop() {
    List<TensorType> types = List.of(TensorType.scalar(DType.I32), X, X);
    Graph goesOn = graph("goesOn", types, x -> List.of(x.getFirst().lt(2)));
    Graph step =
        graph("step", types, x -> List.of(x.get(0).add(1), x.get(1).sin(), x.get(1).mul(x.get(2))));
    return new Control.While(goesOn, step, 0, Optional.of(3));
  }

  /** Σ over steps of f(k, x_t) c_t, where f is an op whose result depends on k alone. */
  private static Graph program(String op, int steps, boolean constant) {
    Graph step =
        graph(
            "step",
            List.of(X, X, X),
            in -> {
              Tensor k = constant ? HostTensor.of(new double[] {0.25, -0.5}, 2) : in.get(0);
              Tensor same = OPS.get(op).apply(k, in.get(2));
              Tensor next = in.get(1).mul(same).add(in.get(2)).tanh();
              return List.of(next, next.mul(same));
            });
    return graph(
        List.of(X, X, f64(steps, 2)),
        in -> Oracle.scan(step, 1, 1, steps, false, in.get(0), in.get(1), in.get(2)));
  }

  static Stream<String> ops() {
    return OPS.keySet().stream();
  }

  @ParameterizedTest
  @MethodSource("ops")
  void everyModeAgrees(String op) {
    for (int steps : new int[] {0, 1, 3}) {
      for (boolean constant : new boolean[] {false, true}) {
        String name = op + ", " + steps + " steps" + (constant ? ", of a constant" : "");
        Graph g = program(op, steps, constant);
        Trial.of(name, g, 5).first().second();
        Graph once = Vjp.of(g, Oracle.floats(g));
        Graph twice = Verifier.verify(Vjp.of(once, Oracle.floats(once)));
        Trial.of("third order of " + name, twice, 6).vjpIsTransposedJvp();
        Graph wide = Batch.of(g, Oracle.all(g, true), 2).graph();
        Trial.of("batch of " + name, wide, 7).vjpIsTransposedJvp();
      }
    }
  }
}
