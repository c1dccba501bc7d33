package dev.engram.tests.mistakes;

import dev.engram.Engram;
import dev.engram.RandomKey;
import dev.engram.StepResult;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.nn.GruCell;
import dev.engram.online.DRtrl;
import dev.engram.online.Learner;
import dev.engram.optim.OnlineTrainer;
import dev.engram.optim.Sgd;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;

/** Mistakes with variables and parameters of a narrower type than their values. */
final class DeclaredTypeMistakes {
  private DeclaredTypeMistakes() {}

  private record Batch(HostTensor x, Tensor y) {}

  private record Rows2(ArrayList<Tensor> rows) {}

  private static Learner<Tensor, Tensor> learner(Tensor example) {
    return Learner.compile(
        new GruCell(2, 3, RandomKey.of(0)), m -> new DRtrl<>(m, _ -> {}), example);
  }

  static void add(Rows rows) {
    var x = HostTensor.of(new float[] {1, 2, 3, 4, 5, 6}, 3, 2);
    rows.refused("jit of a HostTensor", () -> Engram.jit((HostTensor a) -> a.mul(2)).apply(x));
    rows.refused("var in forLoop", () -> Engram.forLoop(a -> a.mul(2), x));
    rows.refused("var as a carry", () -> Engram.scan((c, a) -> new StepResult<>(c, a), x, x));
    rows.refused("var in a loop that counts", () -> Engram.forLoop(0, 3, (i, c) -> c, x));
    rows.refused("var in whileLoop", () -> Engram.whileLoop(c -> c.sum().lt(0), c -> c, x));
    rows.refused("var in cond", () -> Engram.cond(x.sum().gt(0), a -> a.mul(2), a -> a.mul(3), x));
    rows.refused("var in grad", () -> Engram.grad((HostTensor a) -> a.sum()).apply(x));
    rows.refused("var in jvp", () -> Engram.jvp(a -> a.mul(2), x, x));
    rows.refused("var in vjp", () -> Engram.vjp(a -> a.mul(2), x));
    rows.refused("var in linearize", () -> Engram.linearize(a -> a.mul(2), x));
    rows.refused("var in vmap", () -> Engram.vmap((HostTensor a) -> a.mul(2)).apply(x));
    rows.refused(
        "var in checkNumerics", () -> Engram.checkNumerics((HostTensor a) -> a.mul(2)).apply(x));
    rows.refused(
        "var as the targets of a learner",
        () ->
            learner(x)
                .grad(
                    x.expandDims(0),
                    HostTensor.of(new float[9], 1, 3, 3),
                    (a, y) -> a.sub(y).sum()));
    rows.refused(
        "var as the targets of a trainer",
        () -> {
          Learner<Tensor, Tensor> learner = learner(x);
          Sgd sgd = new Sgd(0.1);
          sgd.register(learner.weights());
          var ys = HostTensor.of(new float[9], 1, 3, 3);
          new OnlineTrainer<Tensor, Tensor, HostTensor>(learner, sgd, (a, y) -> a.sub(y).sum())
              .perStep(x.expandDims(0), ys);
        });
    rows.refused(
        "a record of HostTensors",
        () -> Engram.jit((Batch b) -> b.x().mul(2)).apply(new Batch(x, x)));
    rows.refused(
        "a list of HostTensors",
        () -> Engram.jit((List<HostTensor> l) -> l.getFirst().mul(2)).apply(List.of(x)));
    rows.refused(
        "an ArrayList",
        () -> Engram.jit((ArrayList<Tensor> l) -> l.getFirst()).apply(new ArrayList<>(List.of(x))));
    rows.refused(
        "a HashMap",
        () -> {
          HashMap<String, Tensor> map = new HashMap<>();
          map.put("x", x);
          Engram.grad((HashMap<String, Tensor> m) -> m.get("x").sum()).apply(map);
        });
    rows.refused(
        "a record of an ArrayList",
        () ->
            Engram.jit((Rows2 r) -> r.rows().getFirst())
                .apply(new Rows2(new ArrayList<>(List.of(x)))));
  }
}
