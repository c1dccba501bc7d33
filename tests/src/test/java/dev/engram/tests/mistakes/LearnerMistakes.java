package dev.engram.tests.mistakes;

import dev.engram.Engram;
import dev.engram.Grads;
import dev.engram.Layer;
import dev.engram.RandomKey;
import dev.engram.State;
import dev.engram.States;
import dev.engram.etrace.Rule;
import dev.engram.etrace.Schedule;
import dev.engram.etrace.Scope;
import dev.engram.etrace.Strictness;
import dev.engram.etrace.TraceFilter;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.loss.Losses;
import dev.engram.nn.GruCell;
import dev.engram.nn.Linear;
import dev.engram.nn.LstmCell;
import dev.engram.nn.Sequential;
import dev.engram.online.DRtrl;
import dev.engram.online.EProp;
import dev.engram.online.EsDRtrl;
import dev.engram.online.Learner;
import dev.engram.online.PpProp;
import dev.engram.online.SnAp;
import dev.engram.online.ThreeFactor;
import dev.engram.optim.Adam;
import dev.engram.optim.GradientTransforms;
import dev.engram.optim.LearningRate;
import dev.engram.optim.OnlineTrainer;
import dev.engram.optim.Sgd;
import java.util.Map;
import java.util.stream.Stream;

/** Mistakes with learners, trainers and optimizers. */
final class LearnerMistakes {
  private LearnerMistakes() {}

  private static Tensor zeros(int... dims) {
    return HostTensor.full(TensorType.of(DType.F32, dims), 0);
  }

  private static Sequential net() {
    return new Sequential(new LstmCell(3, 8, RandomKey.of(0)), new Linear(8, 2, RandomKey.of(1)));
  }

  private static Learner<Tensor, Tensor> quiet(int batch) {
    return Learner.compile(net(), m -> new DRtrl<>(m, _ -> {}), zeros(batch, 3));
  }

  private static Tensor loss(Tensor out, Tensor y) {
    return Losses.meanSquaredError(out, y);
  }

  private static OnlineTrainer<Tensor, Tensor, Tensor> trainer(int batch) {
    Learner<Tensor, Tensor> learner = quiet(batch);
    Adam adam = new Adam(1e-3);
    adam.register(learner.weights());
    return new OnlineTrainer<>(learner, adam, LearnerMistakes::loss);
  }

  static void add(Rows rows) {
    models(rows);
    inputs(rows);
    rules(rows);
    optimizers(rows);
    told(rows);
  }

  private static void models(Rows rows) {
    rows.refused("a learner that was not compiled", () -> new DRtrl<>(net()).call(zeros(3)));
    rows.refused(
        "a model that remembers nothing",
        () -> Learner.compile(new Linear(3, 2, RandomKey.of(0)), DRtrl::new, zeros(5, 3)));
    rows.refused(
        "a model in which no weight meets the state",
        () ->
            Learner.compile(
                new Layer() {
                  private final State sum = State.hidden(() -> zeros());
                  private final State w = State.parameter(zeros(3, 2));

                  @Override
                  public Tensor update(Tensor x) {
                    sum.set(sum.value().add(x.sum()));
                    return x.matmul(w.value());
                  }
                },
                m -> new DRtrl<>(m, _ -> {}),
                zeros(5, 3)));
    rows.refused(
        "a layer that a lambda captures",
        () -> {
          Linear captured = new Linear(8, 2, RandomKey.of(1));
          Learner.compile(
              new Sequential(new LstmCell(3, 8, RandomKey.of(0)), Layer.of(captured::update)),
              m -> new DRtrl<>(m, _ -> {}),
              zeros(5, 3));
        });
    rows.refused(
        "a cell that a lambda captures",
        () -> {
          GruCell captured = new GruCell(3, 8, RandomKey.of(0));
          captured.initAllStates();
          Learner.compile(
              new Sequential(Layer.of(captured::update), new Linear(8, 2, RandomKey.of(1))),
              m -> new DRtrl<>(m, _ -> {}),
              zeros(5, 3));
        });
    rows.refused(
        "strict about a readout",
        () -> Learner.compile(net(), m -> new DRtrl<>(m, Strictness.ALL), zeros(5, 3)));
  }

  private static void inputs(Rows rows) {
    rows.refused(
        "a learner for no example",
        () -> Learner.compile(net(), m -> new DRtrl<>(m, _ -> {}), zeros(0, 3)));
    rows.refused(
        "one example where a batch is expected",
        () -> Learner.compile(net(), m -> new DRtrl<>(m, _ -> {}), zeros(3)));
    rows.refused(
        "a whole sequence where a step is expected",
        () -> Learner.compile(net(), m -> new DRtrl<>(m, _ -> {}), zeros(7, 5, 3)));
    rows.refused("a batch of 4 for a learner of 5", () -> quiet(5).call(zeros(4, 3)));
    rows.refused(
        "a batch for a learner of one example",
        () -> {
          Layer model = net();
          model.initAllStates();
          Learner<Tensor, Tensor> learner = new DRtrl<>(model, _ -> {});
          learner.compileGraph(zeros(3));
          learner.call(zeros(5, 3));
        });
    rows.refused("an input of another width", () -> quiet(5).call(zeros(5, 4)));
    rows.refused(
        "7 inputs and 6 targets",
        () -> quiet(5).grad(zeros(7, 5, 3), zeros(6, 5, 2), LearnerMistakes::loss));
    rows.refused(
        "7 inputs and 9 targets for a trainer",
        () -> trainer(5).perStep(zeros(7, 5, 3), zeros(9, 5, 2)));
    rows.refused(
        "7 inputs and 6 targets for a trainer by sequences",
        () -> trainer(5).perSequence(zeros(7, 5, 3), zeros(6, 5, 2)));
    rows.refused(
        "7 inputs and 6 targets in windows",
        () -> {
          Rule windows = Rule.dRtrl().with(new Schedule.Window(3));
          Learner.compile(
                  net(), m -> new Learner<>(m, windows, RandomKey.of(0), _ -> {}), zeros(5, 3))
              .grad(zeros(7, 5, 3), zeros(6, 5, 2), LearnerMistakes::loss);
        });
    rows.refused(
        "windows of no step", () -> trainer(5).perWindow(zeros(7, 5, 3), zeros(7, 5, 2), 0));
    rows.refused(
        "a loss of each example",
        () ->
            quiet(5).grad(zeros(7, 5, 3), zeros(7, 5, 2), (out, y) -> out.sub(y).square().sum(-1)));
    rows.refused(
        "a modulator for each step of another sequence",
        () ->
            Learner.compile(net(), m -> new ThreeFactor<>(m, _ -> {}), zeros(5, 3))
                .grad(zeros(7, 5, 3), zeros(6, 5), zeros(7, 5, 2), LearnerMistakes::loss));
    rows.refused(
        "no modulator",
        () -> {
          Learner<Tensor, Tensor> learner =
              Learner.compile(net(), m -> new ThreeFactor<>(m, _ -> {}), zeros(5, 3));
          learner.grad(zeros(7, 5, 3), zeros(7, 5, 2), LearnerMistakes::loss);
        });
  }

  private static void rules(Rows rows) {
    rows.refused("a rank for a decay", () -> new PpProp<>(net(), 1));
    rows.refused("a rank of 1", () -> PpProp.ofRank(net(), 1));
    rows.refused("a rank of 1 by the other name", () -> EsDRtrl.ofRank(net(), 1));
    rows.refused("a filter of 2", () -> new EProp<>(net(), 2));
    rows.refused("SnAp of no step", () -> new SnAp<>(net(), 0));
    rows.refused(
        "coordinates that mean nothing together",
        () -> Rule.uoro().with(new TraceFilter.Kappa(0.9)));
    rows.refused("a window of no step", () -> Rule.dRtrl().with(new Schedule.Window(0)));
    rows.refused("a reach of no step", () -> Rule.dRtrl().with(new Scope.Snap(0)));
  }

  private static Grads like(States weights) {
    return Grads.zeros(weights);
  }

  private static void optimizers(Rows rows) {
    States weights = net().states().subset(State.Kind.PARAMETER);
    rows.refused(
        "an update without registered weights", () -> new Adam(1e-3).update(like(weights)));
    rows.refused(
        "weights registered twice",
        () -> {
          Adam adam = new Adam(1e-3);
          adam.register(weights);
          adam.register(weights);
        });
    rows.refused(
        "gradients of some of the weights",
        () -> {
          Adam adam = new Adam(1e-3);
          adam.register(weights);
          adam.update(like(weights.filter(s -> s.type().rank() == 2)));
        });
    rows.refused(
        "gradients of other weights",
        () -> {
          Sgd sgd = new Sgd(0.1);
          sgd.register(weights.filter(s -> s.type().rank() == 2));
          sgd.update(like(weights));
        });
    rows.refused(
        "a gradient of another type",
        () -> {
          Sgd sgd = new Sgd(0.1);
          State w = State.parameter(zeros(3));
          sgd.register(new States(Map.of("w", w)));
          sgd.update(new Grads(Map.of("w", zeros(4))));
        });
    rows.refused("a gradient by a name of none", () -> like(weights).get("w"));
    rows.refused("the norm of no gradient", () -> GradientTransforms.norm(new Grads(Map.of())));
    rows.refused("a schedule of no length", () -> LearningRate.cosine(1e-3, 0, 0));
  }

  private static void told(Rows rows) {
    rows.told(
        "weights without a trace, in three learners of a model",
        () -> {
          Sequential model =
              new Sequential(new GruCell(3, 8, RandomKey.of(0)), new Linear(8, 2, RandomKey.of(1)));
          Stream.of(4, 5, 6).forEach(n -> Learner.compile(model, DRtrl::new, zeros(n, 3)));
        });
    rows.told(
        "a rate that is much too large",
        () -> {
          State w = State.parameter(zeros(2).add(1));
          States all = new States(Map.of("w", w));
          Sgd sgd = new Sgd(1e30);
          sgd.register(all);
          var step =
              Engram.jit(
                  () -> {
                    var g = Engram.valueAndGrad(() -> w.value().square().sum(), all).apply();
                    sgd.update(g.grad());
                    return g.value();
                  });
          for (int i = 0; i < 5; i++) {
            step.apply().host();
          }
        });
    rows.told(
        "the same outside of jit",
        () -> {
          State w = State.parameter(zeros(2).add(1));
          States all = new States(Map.of("w", w));
          Sgd sgd = new Sgd(1e30);
          sgd.register(all);
          for (int i = 0; i < 5; i++) {
            sgd.update(Engram.grad(() -> w.value().square().sum(), all).apply());
          }
        });
    rows.told(
        "NaN in the data of a trainer",
        () -> trainer(5).perStep(zeros(7, 5, 3).log().sub(zeros(7, 5, 3).log()), zeros(7, 5, 2)));
    rows.told(
        "NaN in the data of a learner",
        () -> {
          Learner<Tensor, Tensor> learner = quiet(5);
          Sgd sgd = new Sgd(0.1);
          sgd.register(learner.weights());
          Tensor xs = zeros(7, 5, 3).div(0);
          sgd.update(learner.grad(xs, zeros(7, 5, 2), LearnerMistakes::loss).grads());
        });
    rows.told(
        "updates outside of jit",
        () -> {
          Sgd sgd = new Sgd(0.1);
          State w = State.parameter(zeros(3));
          sgd.register(new States(Map.of("w", w)));
          for (int i = 0; i < 100; i++) {
            sgd.update(new Grads(Map.of("w", zeros(3))));
          }
        });
  }
}
