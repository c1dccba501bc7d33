package dev.engram.tests.docs;

import dev.engram.Engram;
import dev.engram.Layer;
import dev.engram.RandomKey;
import dev.engram.ir.DType;
import dev.engram.ir.EngramException;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.loss.Losses;
import dev.engram.nn.GruCell;
import dev.engram.nn.Linear;
import dev.engram.online.DRtrl;
import dev.engram.online.Learner;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** The messages that a user gets after a mistake. */
final class Mistakes {
  private Mistakes() {}

  private static Tensor zeros(int... dims) {
    return HostTensor.full(TensorType.of(DType.F32, dims), 0);
  }

  /** The mistakes by description. */
  static Map<String, Supplier<Object>> all() {
    Map<String, Supplier<Object>> m = new LinkedHashMap<>();
    m.put("values without their shape", () -> HostTensor.of(new float[] {1, 2, 3}));
    m.put("shapes that do not fit", () -> zeros(2, 3).add(zeros(2, 4)));
    m.put("a product of the wrong shapes", () -> zeros(2, 3).matmul(zeros(4, 5)));
    m.put("the wrong type", () -> zeros(3).add(HostTensor.of(new double[] {1, 2, 3}, 3)));
    m.put("a value used after its trace", Mistakes::leaked);
    m.put(
        "a value read while tracing",
        () -> Engram.jit((Tensor x) -> x.mul(x.host().item())).apply(zeros()));
    m.put(
        "a hidden state without a value",
        () -> new GruCell(2, 3, RandomKey.of(0)).update(zeros(2)));
    m.put("a model that remembers nothing", () -> learner(new Linear(2, 3, RandomKey.of(0))));
    m.put("a learner that was not compiled", () -> new DRtrl<>(cell()).call(zeros(2)));
    m.put(
        "a batch of nothing",
        () -> {
          Engram.vmapNewStates(-1, () -> {});
          return 0;
        });
    m.put(
        "a label that is no class",
        () -> Losses.softmaxCrossEntropy(zeros(2, 10), HostTensor.of(new int[] {3, 12}, 2)));
    m.put("a gradient of no scalar", () -> Engram.grad((Tensor x) -> x.mul(2)).apply(zeros(2)));
    return m;
  }

  private static Layer cell() {
    GruCell c = new GruCell(2, 3, RandomKey.of(0));
    c.initAllStates();
    return c;
  }

  private static Learner<Tensor, Tensor> learner(Layer model) {
    Learner<Tensor, Tensor> learner = new DRtrl<>(model, _ -> {});
    learner.compileGraph(zeros(2));
    return learner;
  }

  private static Tensor leaked() {
    List<Tensor> kept = new ArrayList<>();
    Engram.jit(
            (Tensor x) -> {
              kept.add(x.mul(2));
              return x;
            })
        .apply(zeros(2));
    return kept.getFirst().add(1);
  }

  /** Prints each mistake with its message below. */
  static String listing() {
    StringBuilder out = new StringBuilder();
    all()
        .forEach(
            (what, mistake) ->
                out.append(what).append("\n  ").append(message(what, mistake)).append('\n'));
    return out.toString();
  }

  private static String message(String what, Supplier<Object> mistake) {
    try {
      throw new AssertionError(what + ": no error, but " + mistake.get());
    } catch (EngramException e) {
      return e.getMessage();
    }
  }
}
