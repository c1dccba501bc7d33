package dev.engram.cli.memory;

import dev.engram.Engram;
import dev.engram.Fn2;
import dev.engram.Layer;
import dev.engram.RandomKey;
import dev.engram.RandomTensors;
import dev.engram.Stages;
import dev.engram.State;
import dev.engram.etrace.Rule;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.loss.Losses;
import dev.engram.nn.GruCell;
import dev.engram.nn.Linear;
import dev.engram.nn.Sequential;
import dev.engram.online.Learner;
import dev.engram.optim.Adam;
import dev.engram.optim.OnlineTrainer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/**
 * A network that learns at each step of a stream, by D-RTRL: it is asked for the symbol of two
 * steps ago, in a code that changes now and then, so that the network has to learn again.
 */
final class Stream {
  /** Different symbols. */
  static final int SYMBOLS = 4;

  /** The codes of the stream: each names a symbol by one of the symbols after it. */
  static final int CODES = 4;

  private static final int DELAY = 2;
  private static final int BATCH = 16;
  private static final int HIDDEN = 64;
  private static final double RATE = 1e-3;

  private final RandomKey data;
  private final long bytes;
  private final Fn2<Tensor, Tensor, Tensor> learn;
  private final Deque<Tensor> past = new ArrayDeque<>();
  private final Tensor symbols = HostTensor.full(TensorType.of(DType.I32), SYMBOLS);
  private int served;

  Stream(long seed) {
    List<RandomKey> keys = RandomKey.of(seed).split(3);
    data = keys.get(2);
    Layer model =
        new Sequential(
            new GruCell(SYMBOLS, HIDDEN, keys.get(0)),
            new Linear(HIDDEN, SYMBOLS, keys.get(1)).untraced());
    Adam adam = new Adam(RATE);
    adam.register(model.states().subset(State.Kind.PARAMETER));
    Tensor xs = HostTensor.full(TensorType.of(DType.F32, BATCH, SYMBOLS), 0);
    Learner<Tensor, Tensor> learner =
        Learner.compile(
            model, m -> new Learner<>(m, Rule.dRtrl(), RandomKey.of(seed), _ -> {}), xs);
    OnlineTrainer<Tensor, Tensor, Tensor> trainer =
        new OnlineTrainer<>(learner, adam, (out, y) -> Losses.softmaxCrossEntropy(out, y).mean());
    Stages.Lowered<Fn2<Tensor, Tensor, Tensor>> program =
        Engram.jit((Tensor x, Tensor y) -> trainer.step(x, y).value())
            .trace(xs, HostTensor.full(TensorType.of(DType.I32, BATCH), 0))
            .lower();
    bytes = program.memory().peak();
    learn = program.compile();
    for (int i = 0; i < DELAY; i++) {
      past.addLast(draw());
    }
  }

  /** Planned memory of a step: inputs, weights, states, traces and everything in between. */
  long bytes() {
    return bytes;
  }

  private Tensor draw() {
    return RandomTensors.integers(data.foldIn(served++), Shape.of(BATCH), 0, SYMBOLS);
  }

  /** Sees the next symbols, learns, and returns the loss of that step. */
  double step(int code) {
    Tensor now = draw();
    past.addLast(now);
    Tensor asked = past.removeFirst().add(code).mod(symbols);
    return learn.apply(now.oneHot(SYMBOLS, DType.F32), asked).host().item();
  }
}
