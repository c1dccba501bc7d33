package dev.engram.bench;

import dev.engram.Engram;
import dev.engram.Fn1;
import dev.engram.Fn2;
import dev.engram.RandomKey;
import dev.engram.RandomTensors;
import dev.engram.State;
import dev.engram.States;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.loss.Losses;
import dev.engram.optim.Sgd;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A small net with a count of its updates. Each answer says which count it belongs to, and how far
 * elements of another state are apart that are all that count.
 */
final class ServedNet {
  static final int INPUTS = 32;
  static final int OUTPUTS = 8;
  private static final int HIDDEN = 64;
  private static final int STAMPS = 1024;

  private static final List<String> LAYERS = List.of("w0", "b0", "w1", "b1");

  final States states;

  ServedNet(long seed) {
    Map<String, State> all = new LinkedHashMap<>();
    all.put("w0", weight(seed, INPUTS, HIDDEN));
    all.put("b0", weight(seed + 1, HIDDEN));
    all.put("w1", weight(seed + 2, HIDDEN, OUTPUTS));
    all.put("b1", weight(seed + 3, OUTPUTS));
    all.put("version", State.other(HostTensor.allocate(TensorType.scalar(DType.F64))));
    all.put("stamps", State.other(HostTensor.allocate(TensorType.of(DType.F64, STAMPS))));
    states = new States(all);
  }

  private static State weight(long seed, int... dims) {
    return State.parameter(
        RandomTensors.uniform(RandomKey.of(seed), Shape.of(dims), DType.F32, -0.2, 0.2));
  }

  /** {@code tanh(x w0 + b0) w1 + b1}. */
  private static Tensor output(Tensor x, List<Tensor> w) {
    return x.matmul(w.get(0)).add(w.get(1)).tanh().matmul(w.get(2)).add(w.get(3));
  }

  private Tensor value(String path) {
    return states.get(path).value();
  }

  private Tensor output(Tensor x) {
    return output(x, LAYERS.stream().map(this::value).toList());
  }

  /** One step of gradient descent; returns the loss. */
  Fn2<Tensor, Tensor, Tensor> training() {
    States weights = states.subset(State.Kind.PARAMETER);
    Sgd sgd = new Sgd(0.05);
    sgd.register(weights);
    return Engram.jit(
        (x, y) -> {
          var loss =
              Engram.valueAndGrad(() -> Losses.meanSquaredError(output(x), y).mean(), weights)
                  .apply();
          sgd.update(loss.grad());
          for (String path : List.of("version", "stamps")) {
            states.get(path).set(value(path).add(1));
          }
          return loss.value();
        });
  }

  /** The output, the count, and the least and greatest stamp. */
  Fn1<Tensor, List<Tensor>> predicting() {
    return Engram.jit(
        (Tensor x) -> {
          Tensor stamps = value("stamps");
          return List.of(output(x), value("version"), stamps.min(), stamps.max());
        });
  }

  /** The output of a net with the weights given, for {@link #weights}. */
  static Fn2<Tensor, List<Tensor>, Tensor> reference() {
    return Engram.jit(ServedNet::output);
  }

  /** The weights in a snapshot. */
  static List<Tensor> weights(Map<String, Tensor> snapshot) {
    return LAYERS.stream().map(snapshot::get).toList();
  }

  /** The count in a snapshot. */
  static long version(Map<String, Tensor> snapshot) {
    return (long) snapshot.get("version").host().item();
  }
}
