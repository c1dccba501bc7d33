package dev.engram.cli;

import dev.engram.DRtrl;
import dev.engram.Engram;
import dev.engram.Fn2;
import dev.engram.GradWithAux;
import dev.engram.Grads;
import dev.engram.Learner;
import dev.engram.Pair;
import dev.engram.State;
import dev.engram.States;
import dev.engram.Vmap;
import dev.engram.WithAux;
import dev.engram.etrace.Diagnostic;
import dev.engram.ir.EngramException;
import dev.engram.ir.Tensor;
import dev.engram.optim.Adam;
import dev.engram.optim.Gradients;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/** Runs a {@link SequenceTask}: one update per sequence, by each rule asked for. */
final class SequenceJob {
  /** Gradients are scaled down to at most this norm. */
  private static final double CLIP = 5;

  private SequenceJob() {}

  /** Trains, prints, and writes {@link Results}. */
  static List<Curve> run(SequenceTask task, SequenceTask.Settings settings, Terminal terminal)
      throws IOException {
    System.setProperty("engram.threads", Integer.toString(settings.threads()));
    List<Rule> rules =
        settings.rule() == Rule.BOTH ? List.of(Rule.D_RTRL, Rule.BPTT) : List.of(settings.rule());
    List<Curve> curves = new ArrayList<>();
    try {
      for (Rule rule : rules) {
        long start = System.nanoTime();
        SequenceProblem problem = task.problem().apply(settings);
        if (curves.isEmpty()) {
          terminal.out().println(task.name() + ": " + describe(problem, settings));
        }
        curves.add(train(task, problem, settings, rule, start, terminal));
        problem.show(terminal.out());
      }
    } catch (EngramException e) {
      throw new IOException(e.getMessage(), e);
    }
    new Results(settings.out(), task.title()).write(curves, terminal);
    return curves;
  }

  private static String describe(SequenceProblem problem, SequenceTask.Settings s) {
    return String.join(
        ", ",
        problem.describe(),
        s.steps() + " steps",
        "batch " + s.batch(),
        "Adam " + s.lr(),
        s.epochs() + " iterations",
        "seed " + s.seed());
  }

  private static Curve train(
      SequenceTask task,
      SequenceProblem problem,
      SequenceTask.Settings settings,
      Rule rule,
      long start,
      Terminal terminal) {
    Set<String> warnings = new LinkedHashSet<>();
    Fn2<Tensor, Tensor, List<Tensor>> step =
        Engram.jit(step(problem, rule, settings.lr(), d -> warnings.add(d.toString())));
    return Curve.train(
        terminal,
        rule == Rule.BPTT ? "BPTT" : "D-RTRL",
        task.metrics(),
        settings.epochs(),
        start,
        i -> {
          Pair<Tensor, Tensor> batch = problem.next();
          List<Tensor> values = step.apply(batch.first(), batch.second());
          if (i == 0) {
            warnings.forEach(w -> terminal.err().println("warning: " + w));
          }
          return values.stream().mapToDouble(v -> v.host().item()).toArray();
        });
  }

  /**
   * One iteration: moves the weights along the gradient of the losses' mean.
   *
   * @return the loss and the metrics
   */
  static Fn2<Tensor, Tensor, List<Tensor>> step(
      SequenceProblem problem, Rule rule, double lr, Consumer<Diagnostic> warnings) {
    States weights = problem.model().states().subset(State.Kind.PARAMETER);
    Adam adam = new Adam(lr);
    adam.register(weights);
    return (xs, ys) -> {
      Learner.Sequence run =
          rule == Rule.BPTT
              ? throughTime(problem, weights, xs, ys)
              : Learner.compile(problem.model(), m -> new DRtrl(m, warnings), xs.get(0))
                  .grad(xs, ys, problem::loss);
      double each = 1.0 / xs.dim(0);
      Grads mean = run.grads().map(g -> g.mul(each));
      adam.update(Gradients.clipByGlobalNorm(mean, CLIP));
      List<Tensor> values = new ArrayList<>(List.of(run.losses().mean()));
      values.addAll(problem.metrics(run.outputs(), ys));
      return values;
    };
  }

  private static Learner.Sequence throughTime(
      SequenceProblem problem, States weights, Tensor xs, Tensor ys) {
    Engram.vmapNewStates(xs.dim(1), problem.model()::initAllStates);
    Vmap mapped = new Vmap(problem.model());
    GradWithAux<Grads, Pair<Tensor, Tensor>> g =
        Engram.gradWithAux(
                () -> {
                  Pair<Tensor, Tensor> all =
                      Engram.forLoop(
                          (Tensor x, Tensor y) -> {
                            Tensor out = mapped.update(x);
                            return new Pair<>(problem.loss(out, y), out);
                          },
                          xs,
                          ys);
                  return new WithAux<>(all.first().sum(), all);
                },
                weights)
            .apply();
    return new Learner.Sequence(g.grad(), g.aux().first(), g.aux().second());
  }
}
