// jshell --add-modules=jdk.incubator.vector -R--add-modules=jdk.incubator.vector --class-path JARS online-gru.jsh
import dev.engram.*;
import dev.engram.ir.*;
import dev.engram.loss.*;
import dev.engram.nn.*;
import dev.engram.online.*;
import dev.engram.optim.*;

Layer model = new Sequential(new GruCell(4, 64, RandomKey.of(1)), new Linear(64, 4, RandomKey.of(2)).untraced());
Adam adam = new Adam(2e-3);
adam.register(model.states().subset(State.Kind.PARAMETER));
Tensor first = HostTensor.full(TensorType.of(DType.F32, 16, 4), 0);
Learner<Tensor, Tensor> learner = Learner.compile(model, DRtrl::new, first);
OnlineTrainer<Tensor, Tensor, Tensor> trainer = new OnlineTrainer<>(learner, adam, (out, y) -> Losses.softmaxCrossEntropy(out, y).mean());
Fn2<Tensor, Tensor, Tensor> step = Engram.jit((x, y) -> trainer.step(x, y).value());
