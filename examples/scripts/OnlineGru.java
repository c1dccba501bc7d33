///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 25+
//DEPS dev.engram:engram:0.1.0-SNAPSHOT
//RUNTIME_OPTIONS --add-modules=jdk.incubator.vector

import dev.engram.*;
import dev.engram.ir.*;
import dev.engram.loss.*;
import dev.engram.nn.*;
import dev.engram.online.*;
import dev.engram.optim.*;

/** A GRU learns online, at every step of a stream, to name the symbol of two steps ago. */
void main() {
  Layer model =
      new Sequential(
          new GruCell(4, 64, RandomKey.of(1)), new Linear(64, 4, RandomKey.of(2)).untraced());
  Adam adam = new Adam(2e-3);
  adam.register(model.states().subset(State.Kind.PARAMETER));

  // 16 streams of one-hot symbols.
  Tensor first = HostTensor.full(TensorType.of(DType.F32, 16, 4), 0);
  Learner<Tensor, Tensor> learner = Learner.compile(model, DRtrl::new, first);
  OnlineTrainer<Tensor, Tensor, Tensor> trainer =
      new OnlineTrainer<>(learner, adam, (out, y) -> Losses.softmaxCrossEntropy(out, y).mean());
  Fn2<Tensor, Tensor, Tensor> step = Engram.jit((x, y) -> trainer.step(x, y).value());

  Deque<Tensor> past = new ArrayDeque<>();
  double sum = 0;
  for (int t = 1; t <= 2000; t++) {
    Tensor symbols = RandomTensors.integers(RandomKey.of(3).foldIn(t), Shape.of(16), 0, 4);
    past.addLast(symbols);
    if (past.size() > 2) {
      sum += step.apply(symbols.oneHot(4, DType.F32), past.removeFirst()).host().item();
    }
    if (t % 500 == 0) {
      IO.println("steps to %d: mean loss %.3f".formatted(t, sum / 500));
      sum = 0;
    }
  }
}
