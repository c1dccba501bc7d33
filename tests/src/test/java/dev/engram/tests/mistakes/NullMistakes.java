package dev.engram.tests.mistakes;

import dev.engram.Engram;
import dev.engram.Fn1;
import dev.engram.Grads;
import dev.engram.Layer;
import dev.engram.RandomKey;
import dev.engram.RandomTensors;
import dev.engram.State;
import dev.engram.States;
import dev.engram.StepResult;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.loss.Losses;
import dev.engram.nn.GruCell;
import dev.engram.nn.Linear;
import dev.engram.nn.Sequential;
import dev.engram.online.DRtrl;
import dev.engram.online.Learner;
import dev.engram.optim.Adam;
import dev.engram.optim.LearningRate;
import dev.engram.optim.Sgd;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Nulls where a value is expected. */
final class NullMistakes {
  private static final Tensor X = HostTensor.full(TensorType.of(DType.F32, 3), 0);
  private static final Tensor XS = HostTensor.full(TensorType.of(DType.F32, 7, 5, 3), 0);

  private NullMistakes() {}

  @SuppressWarnings({"NullAway", "TypeParameterUnusedInFormals", "unchecked"})
  private static <T> T nothing() {
    return (T) null;
  }

  static void add(Rows rows) {
    tensors(rows);
    functions(rows);
    models(rows);
  }

  private static void tensors(Rows rows) {
    rows.refused("values that are null", () -> HostTensor.of(NullMistakes.<float[]>nothing(), 3));
    rows.refused("a null operand", () -> X.add(NullMistakes.<Tensor>nothing()));
    rows.refused("a null part", () -> Tensor.concat(0, X, nothing()));
  }

  private static void functions(Rows rows) {
    rows.refused("jit of null", () -> Engram.jit(NullMistakes.<Fn1<Tensor, Tensor>>nothing()));
    rows.refused("jit called with null", () -> Engram.jit((Tensor x) -> x).apply(nothing()));
    rows.refused(
        "jit of what gives null",
        () -> Engram.jit((Tensor x) -> NullMistakes.<Tensor>nothing()).apply(X));
    rows.refused(
        "grad called with null", () -> Engram.grad((Tensor x) -> x.sum()).apply(nothing()));
    rows.refused("vmap called with null", () -> Engram.vmap((Tensor x) -> x).apply(nothing()));
    rows.refused(
        "a null sequence", () -> Engram.forLoop((Tensor x) -> x, NullMistakes.<Tensor>nothing()));
    rows.refused(
        "a null carry",
        () ->
            Engram.scan(
                (Tensor c, Tensor x) -> new StepResult<>(c, x), NullMistakes.<Tensor>nothing(), X));
    rows.refused(
        "a list with null",
        () -> Engram.jit((List<Tensor> l) -> l.getFirst()).apply(Arrays.asList(X, nothing())));
    rows.refused(
        "a null condition", () -> Engram.cond(NullMistakes.<Tensor>nothing(), () -> X, () -> X));
  }

  private static void models(Rows rows) {
    rows.refused("a state of null", () -> State.parameter(NullMistakes.<Tensor>nothing()));
    rows.refused("a state set to null", () -> State.parameter(X).set(nothing()));
    rows.refused("a learner of no model", () -> new DRtrl<>(nothing()));
    rows.refused(
        "a learner compiled for no model",
        () -> Learner.compile(NullMistakes.<Layer>nothing(), DRtrl::new, XS.get(0)));
    rows.refused(
        "a learner called with null",
        () ->
            Learner.compile(
                    new GruCell(3, 2, RandomKey.of(0)), m -> new DRtrl<>(m, _ -> {}), XS.get(0))
                .call(nothing()));
    rows.refused(
        "a rule that gives null",
        () -> Learner.compile(new GruCell(3, 2, RandomKey.of(0)), m -> nothing(), XS.get(0)));
    rows.refused("a cell without a key", () -> new GruCell(3, 2, nothing()));
    rows.refused(
        "a cell called with null", () -> new GruCell(3, 2, RandomKey.of(0)).update(nothing()));
    rows.refused("a model of a null layer", () -> new Sequential(NullMistakes.<Layer>nothing()));
    rows.refused("a layer of a null function", () -> Layer.of(nothing()));
    rows.refused(
        "random numbers of no shape",
        () -> RandomTensors.uniform(RandomKey.of(0), nothing(), DType.F32));
    rows.refused("a loss without a target", () -> Losses.meanSquaredError(X, nothing()));
    rows.refused(
        "an optimizer without a rate", () -> new Adam(NullMistakes.<LearningRate>nothing()));
    rows.refused(
        "a rate that gives null",
        () -> {
          State w = State.parameter(X);
          Sgd sgd = new Sgd(_ -> nothing(), 0, false, 0);
          sgd.register(new States(Map.of("w", w)));
          sgd.update(new Grads(Map.of("w", X)));
        });
    rows.refused(
        "an initializer that gives null",
        () ->
            new Linear(3, 2, RandomKey.of(0), DType.F32, (_, _, _) -> nothing(), Optional.empty()));
  }
}
