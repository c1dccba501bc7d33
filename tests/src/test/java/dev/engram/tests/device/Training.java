package dev.engram.tests.device;

import dev.engram.Compiler;
import dev.engram.Engram;
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
import dev.engram.nn.GruCell;
import dev.engram.nn.Linear;
import dev.engram.online.DRtrl;
import dev.engram.online.Learner;
import dev.engram.optim.Adam;

/** A net, its optimizer and a compiled step of D-RTRL, the same for all. */
public final class Training {
  private static final int BATCH = 4;
  private static final int X = 3;
  private static final int H = 5;

  /** Bytes of {@link #data}. */
  public static final long DATA_BYTES = 4L * BATCH * X;

  final GruCell rnn = new GruCell(X, H, RandomKey.of(1));
  final Linear readout = new Linear(H, X, RandomKey.of(2));
  final Learner<Tensor, Tensor> learner;
  final Adam adam = new Adam(0.01);
  public final States weights;
  public final Fn2<Tensor, Tensor, Tensor> step;

  public Training(Compiler compiler) {
    Net net = new Net(rnn, readout);
    learner =
        Learner.compile(
            net,
            m -> new DRtrl<>(m, _ -> {}),
            HostTensor.allocate(TensorType.of(DType.F32, BATCH, X)));
    weights = net.states().subset(State.Kind.PARAMETER);
    adam.register(weights);
    step =
        Engram.jit(
            compiler,
            (x, y) -> {
              var g =
                  Engram.valueAndGrad(
                          () -> Losses.meanSquaredError(learner.call(x), y).mean(), weights)
                      .apply();
              adam.update(g.grad());
              return g.value();
            });
  }

  /** Batch {@code i}. */
  public static Tensor data(int i) {
    return RandomTensors.uniform(RandomKey.of(i), Shape.of(BATCH, X), DType.F32, -1, 1);
  }
}
