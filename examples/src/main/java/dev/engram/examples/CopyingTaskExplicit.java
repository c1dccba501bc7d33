package dev.engram.examples;

import dev.engram.Engram;
import dev.engram.Fn0;
import dev.engram.Fn2;
import dev.engram.GradWithAux;
import dev.engram.Grads;
import dev.engram.Pair;
import dev.engram.RandomKey;
import dev.engram.State;
import dev.engram.States;
import dev.engram.StepResult;
import dev.engram.Vmap;
import dev.engram.WithAux;
import dev.engram.ir.Tensor;
import dev.engram.loss.Losses;
import dev.engram.online.DRtrl;
import dev.engram.optim.Adam;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;

/**
 * A GRU learns the {@linkplain CopyDataset copying task}, online by D-RTRL and offline by
 * backpropagation through time, with every part of a training step written out. {@link
 * CopyingTaskOneCall} is the short form.
 *
 * <p>D-RTRL keeps an eligibility trace for each weight: how the current hidden state depends on it.
 * A step's gradient is then the derivative of the loss with respect to that state times the trace,
 * so nothing of the past has to be stored, and memory does not grow with the sequence.
 */
public final class CopyingTaskExplicit {
  private static final int EVERY = 10;

  private CopyingTaskExplicit() {}

  /** Trains with both rules; the argument is the number of iterations. */
  public static void main(String[] args) {
    CopyingSettings settings = CopyingSettings.of(args, 20);
    System.out.println("D-RTRL (online)");
    trainOnline(settings, System.out);
    System.out.println("BPTT (offline)");
    trainBptt(settings, System.out);
  }

  // Online learning.

  /** Trains with D-RTRL; returns the loss of each iteration. */
  static List<Double> trainOnline(CopyingSettings s, PrintStream log) {
    GruNet model = model(s);
    Adam opt = new Adam(s.rate());
    States weights = model.states().subset(State.Kind.PARAMETER);
    opt.register(weights);

    // jit traces the function when it is first called, and compiles the graph. The states that it
    // reads and sets (weights, Adam's moments) become inputs and results of the graph.
    Fn2<Tensor, Tensor, Tensor> trainStep =
        Engram.jit((inputs, targets) -> onlineStep(s, model, opt, weights, inputs, targets));
    return train(s, trainStep, log);
  }

  private static Tensor onlineStep(
      CopyingSettings s, GruNet model, Adam opt, States weights, Tensor inputs, Tensor targets) {
    DRtrl<Tensor, Tensor> learner = new DRtrl<>(model);

    // The model and the rule are written for one example. States set in here get a batch axis: the
    // hidden states, which start at zero, and the traces, which compileGraph makes.
    Engram.vmapNewStates(
        inputs.dim(1),
        () -> {
          model.initAllStates();
          learner.compileGraph(inputs.get(0).get(0));
        });
    Vmap<Tensor, Tensor> algo = new Vmap<>(learner);

    Fn2<Tensor, Tensor, WithAux<Tensor>> etraceLoss =
        (input, target) -> {
          Tensor out = algo.update(input);
          return new WithAux<>(Losses.softmaxCrossEntropy(out, target).mean(), out);
        };

    // The gradient of one step's loss, as defined by the rule, is added to those before it.
    Fn2<Grads, Pair<Tensor, Tensor>, StepResult<Grads, Tensor>> step =
        (sum, x) -> {
          GradWithAux<Grads, Tensor> now =
              Engram.gradWithAux(etraceLoss, weights).apply(x.first(), x.second());
          return new StepResult<>(sum.plus(now.grad()), now.value());
        };

    // While the digits are shown and remembered there is no loss; hidden states and traces are only
    // updated.
    int warmUp = s.lag() + CopyDataset.DIGITS;
    Engram.forLoop(algo, inputs.slice(0, 0, warmUp));

    Tensor recall = inputs.slice(0, warmUp, inputs.dim(0));
    StepResult<Grads, Tensor> done =
        Engram.scan(step, Grads.zeros(weights), new Pair<>(recall, targets));
    opt.update(done.carry());
    return done.out().mean();
  }

  // Backpropagation through time.

  /** Trains with BPTT, for comparison; returns the loss of each iteration. */
  static List<Double> trainBptt(CopyingSettings s, PrintStream log) {
    GruNet model = model(s);
    Adam opt = new Adam(s.rate());
    States weights = model.states().subset(State.Kind.PARAMETER);
    opt.register(weights);
    Fn2<Tensor, Tensor, Tensor> trainStep =
        Engram.jit((inputs, targets) -> bpttStep(s, model, opt, weights, inputs, targets));
    return train(s, trainStep, log);
  }

  private static Tensor bpttStep(
      CopyingSettings s, GruNet model, Adam opt, States weights, Tensor inputs, Tensor targets) {
    Engram.vmapNewStates(inputs.dim(1), model::initAllStates);
    Vmap<Tensor, Tensor> mapped = new Vmap<>(model);

    Fn2<Tensor, Tensor, Pair<Tensor, Tensor>> step =
        (input, target) -> {
          Tensor out = mapped.update(input);
          return new Pair<>(out, Losses.softmaxCrossEntropy(out, target).mean());
        };

    // The loss of the whole sequence: its gradient runs back through both loops, and needs the
    // residuals of every step.
    Fn0<WithAux<Tensor>> sequenceLoss =
        () -> {
          int warmUp = s.lag() + CopyDataset.DIGITS;
          Engram.forLoop(mapped, inputs.slice(0, 0, warmUp));
          Pair<Tensor, Tensor> outs =
              Engram.forLoop(step, inputs.slice(0, warmUp, inputs.dim(0)), targets);
          return new WithAux<>(outs.second().mean(), outs.first());
        };

    GradWithAux<Grads, Tensor> g = Engram.gradWithAux(sequenceLoss, weights).apply();
    opt.update(g.grad());
    return g.value();
  }

  // Shared by both rules.

  private static GruNet model(CopyingSettings s) {
    int symbols = CopyDataset.SYMBOLS;
    return new GruNet(symbols, s.hidden(), symbols, 1, RandomKey.of(s.seed()));
  }

  static List<Double> train(
      CopyingSettings s, Fn2<Tensor, Tensor, Tensor> trainStep, PrintStream log) {
    CopyDataset data = new CopyDataset(s.lag(), s.batch(), RandomKey.of(s.seed() + 1));
    List<Double> losses = new ArrayList<>();
    for (int i = 0; i < s.epochs(); i++) {
      CopyDataset.Batch batch = data.next();
      losses.add(trainStep.apply(batch.inputs(), batch.targets()).host().item());
      if (i % EVERY == 0) {
        log.printf("step %d, loss %.4f%n", i, losses.getLast());
      }
    }
    return losses;
  }
}
