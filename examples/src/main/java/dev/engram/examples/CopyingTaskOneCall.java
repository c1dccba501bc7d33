package dev.engram.examples;

import dev.engram.Engram;
import dev.engram.Fn2;
import dev.engram.RandomKey;
import dev.engram.State;
import dev.engram.ir.Tensor;
import dev.engram.loss.Losses;
import dev.engram.online.DRtrl;
import dev.engram.online.Learner;
import dev.engram.optim.Adam;
import java.io.PrintStream;
import java.util.List;

/**
 * The online half of {@link CopyingTaskExplicit} in its short form: {@link Learner#compile} makes
 * the states and traces of the batch, {@link Learner#evolve} updates them, and {@link Learner#grad}
 * sums the gradients of the steps.
 */
public final class CopyingTaskOneCall {
  private CopyingTaskOneCall() {}

  /** Trains with D-RTRL; the argument is the number of iterations. */
  public static void main(String[] args) {
    train(CopyingSettings.of(args, 20), System.out);
  }

  /** Trains; returns the loss of each iteration. */
  static List<Double> train(CopyingSettings s, PrintStream log) {
    int symbols = CopyDataset.SYMBOLS;
    GruNet model = new GruNet(symbols, s.hidden(), symbols, 1, RandomKey.of(s.seed()));
    Adam opt = new Adam(s.rate());
    opt.register(model.states().subset(State.Kind.PARAMETER));
    int warmUp = s.lag() + CopyDataset.DIGITS;

    Fn2<Tensor, Tensor, Tensor> trainStep =
        Engram.jit(
            (inputs, targets) -> {
              Learner<Tensor, Tensor> learner = Learner.compile(model, DRtrl::new, inputs.get(0));
              learner.evolve(inputs.slice(0, 0, warmUp));
              Learner.Sequence<Tensor> recall =
                  learner.grad(
                      inputs.slice(0, warmUp, inputs.dim(0)),
                      targets,
                      (out, target) -> Losses.softmaxCrossEntropy(out, target).mean());
              opt.update(recall.grads());
              return recall.losses().mean();
            });
    return CopyingTaskExplicit.train(s, trainStep, log);
  }
}
