package dev.engram.tests.online;

import dev.engram.Engram;
import dev.engram.Layer;
import dev.engram.RandomKey;
import dev.engram.RandomTensors;
import dev.engram.State;
import dev.engram.StepResult;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import java.util.ArrayList;
import java.util.List;

/**
 * Random models from a seed: one to three hidden states in one to two groups, each with a drive of
 * up to three sites and a tail of elementwise ops and relabelling, with and without control flow.
 *
 * @param mixing states feed back through weights, so that the recurrence is not diagonal
 * @param control put parts into conditionals and inner loops
 */
record RandomModels(long seed, boolean mixing, boolean control) {
  private static final int IN = 3;
  private static final int N = 4;

  Job job() {
    return Job.of(
        "seed " + seed + (mixing ? ", mixing" : "") + (control ? ", control" : ""),
        IN,
        N,
        () -> new Model(new java.util.Random(seed * 7919 + 1)));
  }

  final class Model extends Layer {
    private final List<State> weights = new ArrayList<>();
    private final List<State> states = new ArrayList<>();
    private final long choices;
    private int next;

    Model(java.util.Random random) {
      for (int i = 0; i <= random.nextInt(3); i++) {
        states.add(hidden(() -> HostTensor.full(TensorType.of(DType.F64, N), 0)));
      }
      choices = random.nextLong();
      initAllStates();
      update(HostTensor.full(TensorType.of(DType.F64, IN), 0)); // makes the weights
    }

    // Weights are made in the first step and found again, in order, in every later one.
    private Tensor weight(int... dims) {
      if (next == weights.size()) {
        Tensor value =
            RandomTensors.normal(RandomKey.of(seed).foldIn(next), Shape.of(dims), DType.F64);
        weights.add(parameter(value.mul(0.6)));
      }
      return weights.get(next++).value();
    }

    @Override
    public Tensor update(Tensor x) {
      next = 0;
      java.util.Random pick = new java.util.Random(choices);
      List<Tensor> old = states.stream().map(State::value).toList();
      Tensor out = null;
      for (int s = 0; s < states.size(); s++) {
        Tensor from = old.get(pick.nextInt(s + 1)); // ties states into groups
        Tensor h = old.get(s).mul(leak(pick)).add(from.sin().mul(0.1));
        for (int k = 0; k <= pick.nextInt(3); k++) {
          // A state that enters its own site feeds back through the tail, so the tail must not
          // relabel positions if the recurrence is to be diagonal.
          boolean own = pick.nextInt(6) == 0;
          Tensor y = own ? old.get(s).mul(weight(N)).add(x.sum()) : site(pick, x, old.get(s));
          h = h.add(tail(own && !mixing ? 0 : pick.nextInt(5), pick, y, h));
        }
        states.get(s).set(h);
        out = out == null ? h : out.mul(0.7).add(h.sin());
      }
      return out;
    }

    private Tensor leak(java.util.Random pick) {
      return pick.nextBoolean()
          ? HostTensor.full(TensorType.of(DType.F64, N), 0.8)
          : weight(N).sigmoid();
    }

    private Tensor site(java.util.Random pick, Tensor x, Tensor h) {
      Tensor data = mixing && pick.nextBoolean() ? Tensor.concat(0, x, h) : x;
      int in = data.dim(0);
      return switch (pick.nextInt(5)) {
        case 0 -> data.matmul(weight(in, N));
        case 1 -> weight(N, in).matmul(data).add(weight(N));
        case 2 -> data.matmul(weight(in, N).abs());
        case 3 -> data.matmul(weight(in, 2)).matmul(weight(2, N));
        default -> data.matmul(weight(in, 2 * N)).slice(0, 2, 2 + N);
      };
    }

    private Tensor tail(int kind, java.util.Random pick, Tensor y, Tensor h) {
      Tensor t =
          switch (kind) {
            case 0 -> y.tanh();
            case 1 -> y.reverse(0).sin();
            case 2 -> Tensor.concat(0, y.slice(0, 1, N), y.slice(0, 0, 1)).tanh();
            case 3 -> y.reshape(2, 2).transpose(1, 0).sin().reshape(N);
            default -> y.sigmoid().mul(h.cos());
          };
      if (!control) {
        return t;
      }
      return switch (pick.nextInt(3)) {
        case 0 -> Engram.cond(h.sum().gt(0.1), () -> t.mul(0.5), () -> t.sin());
        case 1 ->
            Engram.<Tensor, Tensor>scan(
                    (Tensor c) -> new StepResult<>(c.mul(0.5).add(t), c.sum()), t, 2)
                .carry();
        default -> t;
      };
    }
  }
}
