package dev.engram.tests.mistakes;

import dev.engram.Axes;
import dev.engram.Debug;
import dev.engram.Engram;
import dev.engram.Fn1;
import dev.engram.Jitted;
import dev.engram.Pair;
import dev.engram.RandomKey;
import dev.engram.State;
import dev.engram.StepResult;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.nn.Linear;
import java.util.ArrayList;
import java.util.List;

/** Mistakes in traced functions. */
final class TraceMistakes {
  private static final Tensor X = zeros(3);

  private TraceMistakes() {}

  private static Tensor zeros(int... dims) {
    return HostTensor.full(TensorType.of(DType.F32, dims), 0);
  }

  static void add(Rows rows) {
    values(rows);
    arguments(rows);
    loops(rows);
    derivatives(rows);
    batches(rows);
    compiled(rows);
  }

  private static void values(Rows rows) {
    rows.refused(
        "a value used after its trace",
        () -> {
          List<Tensor> kept = new ArrayList<>();
          Engram.jit((Tensor x) -> kept.add(x) ? x : x).apply(X);
          kept.getFirst().add(1);
        });
    rows.refused(
        "a value kept in a field and given back later",
        () -> {
          List<Tensor> kept = new ArrayList<>();
          Engram.jit((Tensor x) -> kept.add(x) ? x : x).apply(X);
          Engram.jit((Tensor x) -> x.add(kept.getFirst())).apply(X);
        });
    rows.refused(
        "a state set to a value of a trace that has ended",
        () -> {
          List<Tensor> kept = new ArrayList<>();
          Engram.jit((Tensor x) -> kept.add(x) ? x : x).apply(X);
          State.other(X).set(kept.getFirst());
        });
    rows.refused(
        "a Java if on a tensor",
        () -> Engram.jit((Tensor x) -> x.sum().host().item() > 0 ? x : x.neg()).apply(X));
    rows.refused(
        "a Java array of a tensor",
        () -> Engram.jit((Tensor x) -> HostTensor.of(x.host().toDoubles(), 3)).apply(X));
  }

  private static void arguments(Rows rows) {
    rows.refused(
        "a Java array as argument", () -> Engram.jit((double[] x) -> X).apply(new double[3]));
    rows.refused(
        "an array of tensors as argument",
        () -> Engram.jit((Tensor[] x) -> X).apply(new Tensor[] {X}));
    rows.refused(
        "a list of the wrong things",
        () -> Engram.jit((List<Object> x) -> X).apply(List.of(X, new Object())));
    rows.refused(
        "a model as argument",
        () -> Engram.jit((Linear l) -> l.update(X)).apply(new Linear(3, 2, RandomKey.of(0))));
    rows.refused(
        "a state as argument", () -> Engram.jit((State s) -> s.value()).apply(State.other(X)));
    rows.refused(
        "a result that is no structure", () -> Engram.jit((Tensor x) -> new Object()).apply(X));
  }

  private static void loops(Rows rows) {
    Tensor xs = zeros(7, 3);
    rows.refused(
        "sequences of different lengths",
        () -> Engram.forLoop((Tensor x, Tensor y) -> x.add(y), xs, zeros(6, 3)));
    rows.refused(
        "a part of another length",
        () -> Engram.forLoop((Pair<Tensor, Tensor> p) -> p.first(), new Pair<>(xs, zeros(6))));
    rows.refused("a loop over a scalar", () -> Engram.forLoop((Tensor x) -> x, zeros()));
    rows.refused("a loop of -1 steps", () -> Engram.forLoop(() -> X, -1));
    rows.refused("a loop backwards", () -> Engram.forLoop(5, 2, (i, c) -> c, X));
    rows.refused(
        "a carry that grows",
        () ->
            Engram.scan(
                (Tensor c, Tensor x) -> new StepResult<>(Tensor.concat(0, c, x), x), X, xs));
    rows.refused(
        "a carry of another structure",
        () ->
            Engram.scan(
                (List<Tensor> c, Tensor x) -> new StepResult<>(List.of(x, x), x), List.of(X), xs));
    rows.refused("a choice by a number", () -> Engram.cond(zeros(), () -> X, () -> X.neg()));
    rows.refused(
        "branches of different types", () -> Engram.cond(X.sum().gt(0), () -> X, () -> zeros(4)));
    rows.refused("a case by a float", () -> Engram.switchCase(zeros(), List.of(() -> X, () -> X)));
    rows.refused(
        "a condition that is no bool", () -> Engram.whileLoop((Tensor x) -> x.sum(), x -> x, X));
    rows.refused(
        "a condition for each element", () -> Engram.whileLoop((Tensor x) -> x.gt(0), x -> x, X));
  }

  private static void derivatives(Rows rows) {
    rows.refused("a gradient of no scalar", () -> Engram.grad((Tensor x) -> x.tanh()).apply(X));
    rows.refused(
        "a gradient of a count",
        () -> Engram.grad((Tensor x) -> x.gt(0).cast(DType.I32).sum()).apply(X));
    rows.refused(
        "a gradient in integers",
        () -> Engram.grad((Tensor x) -> X.sum()).apply(HostTensor.of(new int[] {1}, 1)));
    rows.refused("a gradient in nothing", () -> Engram.grad((String s) -> X.sum()).apply("x"));
    rows.refused(
        "a tangent of another type", () -> Engram.jvp((Tensor x) -> x.tanh(), X, zeros(4)));
    rows.refused(
        "a cotangent of another type",
        () -> Engram.vjp((Tensor x) -> x.sum(), X).pullback().apply(X));
    rows.refused(
        "backwards through a loop without a bound",
        () ->
            Engram.grad((Tensor x) -> Engram.whileLoop(c -> c.lt(3), c -> c.mul(2), x.sum()))
                .apply(X.add(1)));
    rows.refused(
        "NaN under checkNumerics",
        () -> Engram.checkNumerics((Tensor x) -> x.log().mul(x)).apply(X));
  }

  private static void batches(Rows rows) {
    rows.refused(
        "batches of different lengths",
        () -> Engram.vmap((Tensor a, Tensor b) -> a.add(b)).apply(zeros(4, 3), zeros(5, 3)));
    rows.refused("a batch of a scalar", () -> Engram.vmap((Tensor a) -> a).apply(zeros()));
    rows.refused(
        "nothing to map over", () -> Engram.vmap((Tensor a) -> a, Axes.in(Axes.NONE)).apply(X));
    rows.refused(
        "one state for all examples",
        () -> {
          State s = State.other(zeros());
          Engram.vmap(
                  (Tensor a) -> {
                    s.set(a);
                    return a;
                  })
              .apply(X);
        });
    rows.refused(
        "an axis of no vmap", () -> Engram.vmap((Tensor a) -> Engram.psum(a, "batch")).apply(X));
    rows.refused("a batch of nothing", () -> Engram.vmapNewStates(0, () -> {}));
  }

  private static void compiled(Rows rows) {
    Jitted.Of1<Tensor, Tensor> f = Engram.jit((Tensor x) -> x.mul(2));
    rows.refused(
        "an argument used after it was donated",
        () -> {
          Tensor x = HostTensor.of(new float[] {1, 2, 3}, 3);
          f.donating(0).apply(x);
          x.add(1);
        });
    rows.refused("an argument that is not there donated", () -> f.donating(1));
    rows.refused("no program kept", () -> f.keeping(0));
    rows.refused(
        "a compiled stage for other arguments",
        () -> {
          Fn1<Tensor, Tensor> fixed = f.trace(X).lower().compile();
          fixed.apply(zeros(4));
        });
    rows.refused("a print with too few values", () -> Debug.print("{} and {}", X));
  }
}
