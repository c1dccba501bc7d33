package dev.engram;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.loss.Losses;
import dev.engram.nn.GruCell;
import dev.engram.nn.Linear;
import dev.engram.nn.Sequential;
import dev.engram.online.DRtrl;
import dev.engram.optim.Adam;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The copying task in its explicit form, with a small net. */
class NotebookTest {

  private static final class GruNet extends Layer {
    private final Sequential rnn;
    private final Linear readout;

    GruNet(int nIn, int nRec, int nOut, int nLayer, RandomKey key) {
      List<RandomKey> keys = key.split(nLayer + 1);
      List<Layer> layers = new ArrayList<>();
      int in = nIn;
      for (int i = 0; i < nLayer; i++) {
        layers.add(new GruCell(in, nRec, keys.get(i)));
        in = nRec;
      }
      rnn = new Sequential(layers);
      readout = new Linear(nRec, nOut, keys.get(nLayer));
    }

    @Override
    public Tensor update(Tensor x) {
      return readout.update(rnn.update(x));
    }
  }

  private static final int LAG = 2;
  private static final int DIGITS = 3;

  private static Tensor inputs(Tensor ids) {
    return ids.oneHot(10, DType.F32);
  }

  private static Tensor ids(RandomKey key, int batch) {
    Tensor digits = RandomTensors.integers(key, Shape.of(DIGITS, batch), 1, 9);
    Tensor wait = HostTensor.full(TensorType.of(DType.I32, LAG, batch), 0);
    Tensor recall = HostTensor.full(TensorType.of(DType.I32, DIGITS, batch), 9);
    return Tensor.concat(0, digits, wait, recall);
  }

  private static List<Double> train(boolean online, int epochs) {
    GruNet model = new GruNet(10, 12, 10, 1, RandomKey.of(0));
    Adam opt = new Adam(1e-2);
    States weights = model.states().subset(State.Kind.PARAMETER);
    opt.register(weights);

    Fn2<Tensor, Tensor, Tensor> trainStep =
        online ? onlineStep(model, opt, weights) : bpttStep(model, opt, weights);

    List<Double> losses = new ArrayList<>();
    for (int i = 0; i < epochs; i++) {
      Tensor ids = ids(RandomKey.of(100 + i), 4);
      losses.add(trainStep.apply(inputs(ids), ids.slice(0, 0, DIGITS)).host().item());
    }
    return losses;
  }

  private static Fn2<Tensor, Tensor, Tensor> onlineStep(GruNet model, Adam opt, States weights) {
    return Engram.jit(
        (Tensor inputs, Tensor targets) -> {
          DRtrl<Tensor, Tensor> learner = new DRtrl<>(model, _ -> {});
          Engram.vmapNewStates(
              inputs.dim(1),
              () -> {
                model.initAllStates();
                learner.compileGraph(inputs.get(0).get(0));
              });
          Vmap<Tensor, Tensor> algo = new Vmap<>(learner);

          Fn2<Tensor, Tensor, WithAux<Tensor>> etraceLoss =
              (inp, tar) -> {
                Tensor out = algo.update(inp);
                Tensor loss = Losses.softmaxCrossEntropy(out, tar).mean();
                return new WithAux<>(loss, out);
              };

          Fn2<Grads, Pair<Tensor, Tensor>, StepResult<Grads, Tensor>> step =
              (prevGrads, x) -> {
                GradWithAux<Grads, Tensor> cur =
                    Engram.gradWithAux(etraceLoss, weights).apply(x.first(), x.second());
                return new StepResult<>(prevGrads.plus(cur.grad()), cur.value());
              };

          int nSim = LAG + DIGITS;
          Engram.forLoop(algo, inputs.slice(0, 0, nSim));

          Tensor recall = inputs.slice(0, nSim, inputs.dim(0));
          StepResult<Grads, Tensor> done =
              Engram.scan(step, Grads.zeros(weights), new Pair<>(recall, targets));
          opt.update(done.carry());
          return done.out().mean();
        });
  }

  private static Fn2<Tensor, Tensor, Tensor> bpttStep(GruNet model, Adam opt, States weights) {
    return Engram.jit(
        (Tensor inputs, Tensor targets) -> {
          Engram.vmapNewStates(inputs.dim(1), model::initAllStates);
          Vmap<Tensor, Tensor> mapped = new Vmap<>(model);

          Fn2<Tensor, Tensor, Pair<Tensor, Tensor>> runStep =
              (inp, tar) -> {
                Tensor out = mapped.update(inp);
                Tensor loss = Losses.softmaxCrossEntropy(out, tar).mean();
                return new Pair<>(out, loss);
              };

          Fn0<WithAux<Tensor>> bpttForward =
              () -> {
                int nSim = LAG + DIGITS;
                Engram.forLoop(mapped, inputs.slice(0, 0, nSim));
                Tensor recall = inputs.slice(0, nSim, inputs.dim(0));
                Pair<Tensor, Tensor> r = Engram.forLoop(runStep, recall, targets);
                return new WithAux<>(r.second().mean(), r.first());
              };

          GradWithAux<Grads, Tensor> r = Engram.gradWithAux(bpttForward, weights).apply();
          opt.update(r.grad());
          return r.value();
        });
  }

  private static double mean(List<Double> xs) {
    return xs.stream().mapToDouble(x -> x).average().orElseThrow();
  }

  @Test
  void bothLearn() {
    for (boolean online : new boolean[] {true, false}) {
      List<Double> losses = train(online, 60);
      assertEquals(2.3, mean(losses.subList(0, 3)), 0.5);
      double end = mean(losses.subList(50, 60));
      assertTrue(end < mean(losses.subList(0, 5)) - 0.1, online + ": " + losses);
    }
  }
}
