package dev.engram.examples;

import dev.engram.Engram;
import dev.engram.Fn1;
import dev.engram.Fn2;
import dev.engram.Network;
import dev.engram.Padded;
import dev.engram.RandomKey;
import dev.engram.State;
import dev.engram.States;
import dev.engram.etrace.Rule;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.loss.Losses;
import dev.engram.nn.GruCell;
import dev.engram.nn.Linear;
import dev.engram.online.Learner;
import dev.engram.optim.Adam;
import dev.engram.optim.EarlyStopping;
import dev.engram.optim.GradientTransforms;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * The program of docs/GUIDE.md: a model of two inputs and two heads learns online from sequences of
 * different lengths, is saved, loaded elsewhere, and predicts step by step.
 */
public final class Guide {
  private static final int BATCH = 32;
  private static final int EPOCHS = 60;

  private Guide() {}

  /** What a machine reports in a step: four sensors, and the load it was set to. */
  record Report(Tensor sensors, Tensor load) {}

  /** Its wear, and the logits of the classes fine, worn, broken. */
  record Forecast(Tensor wear, Tensor condition) {}

  /** The wear, and the number of the class. */
  record Truth(Tensor wear, Tensor condition) {}

  /** Runs one step of one example. */
  static final class Monitor extends Network<Report, Forecast> {
    private final Linear encoder = new Linear(5, 16, RandomKey.of(1));
    private final GruCell memory = new GruCell(16, 32, RandomKey.of(2));
    private final Linear wear = new Linear(32, 1, RandomKey.of(3));
    private final Linear condition = new Linear(32, 3, RandomKey.of(4));

    @Override
    public Forecast update(Report x) {
      Tensor seen = encoder.update(Tensor.concat(-1, x.sensors(), x.load())).tanh();
      Tensor h = memory.update(seen);
      return new Forecast(wear.update(h), condition.update(h));
    }
  }

  /** The losses of one step, one for each example. */
  static Tensor loss(Forecast out, Truth y) {
    Tensor wear = Losses.squaredError(out.wear(), y.wear()).sum(-1);
    return wear.add(Losses.softmaxCrossEntropy(out.condition(), y.condition()));
  }

  /** A batch: all of it padded to the longest sequence, and where there are steps. */
  record Batch(Report xs, Truth ys, Tensor mask) {}

  static Batch batch(SplittableRandom random) {
    List<Tensor> sensors = new ArrayList<>();
    List<Tensor> loads = new ArrayList<>();
    List<Tensor> wears = new ArrayList<>();
    List<Tensor> conditions = new ArrayList<>();
    for (int b = 0; b < BATCH; b++) {
      int steps = random.nextInt(20, 61);
      float[] sensor = new float[steps * 4];
      float[] load = new float[steps];
      float[] wear = new float[steps];
      int[] condition = new int[steps];
      double now = 0;
      for (int t = 0; t < steps; t++) {
        load[t] = random.nextInt(2);
        for (int i = 0; i < 4; i++) {
          sensor[4 * t + i] = (float) random.nextDouble(-1, 1);
        }
        now = 0.95 * now + 0.1 * load[t] * Math.abs(sensor[4 * t]);
        wear[t] = (float) now;
        condition[t] = now < 0.3 ? 0 : now < 0.6 ? 1 : 2;
      }
      sensors.add(HostTensor.of(sensor, steps, 4));
      loads.add(HostTensor.of(load, steps, 1));
      wears.add(HostTensor.of(wear, steps, 1));
      conditions.add(HostTensor.of(condition, steps));
    }
    Padded padded = Padded.of(sensors);
    return new Batch(
        new Report(padded.values(), Padded.of(loads).values()),
        new Truth(Padded.of(wears).values(), Padded.of(conditions).values()),
        padded.mask());
  }

  public static void main(String[] args) throws IOException {
    SplittableRandom random = new SplittableRandom(1);
    List<Batch> training = List.of(batch(random), batch(random), batch(random), batch(random));
    Batch heldOut = batch(random);
    Path file = Files.createTempFile("monitor", ".safetensors");

    train(training, heldOut, file);
    serve(heldOut, file);
    Files.delete(file);
  }

  static void train(List<Batch> training, Batch heldOut, Path file) throws IOException {
    Report first = new Report(heldOut.xs().sensors().get(0), heldOut.xs().load().get(0));
    Monitor monitor = new Monitor();
    Learner<Report, Forecast> learner = Learner.compile(monitor, Rule.named("d-rtrl"), first);
    Adam adam = new Adam(3e-3);
    adam.register(learner.weights());
    States parameters = monitor.states().subset(State.Kind.PARAMETER);

    Fn1<Batch, Tensor> update =
        Engram.jit(
            b -> {
              learner.reset();
              Learner.Sequence<Forecast> run =
                  learner.rollout(b.xs()).mask(b.mask()).mean().grad(b.ys(), Guide::loss);
              adam.update(GradientTransforms.clipByGlobalNorm(run.grads(), 1));
              return run.loss();
            });
    Fn1<Batch, Tensor> validate =
        Engram.jit(
            b -> {
              learner.reset();
              Forecast out = learner.evolve(b.xs());
              return Losses.maskedMean(loss(out, b.ys()), b.mask());
            });

    EarlyStopping stopping = new EarlyStopping(5);
    for (int epoch = 0; epoch < EPOCHS && !stopping.isOver(); epoch++) {
      for (Batch b : training) {
        update.apply(b);
      }
      double loss = validate.apply(heldOut).host().item();
      if (stopping.improves(loss)) {
        parameters.save(file);
      }
      if (epoch % 20 == 0) {
        System.out.printf("epoch %d, held-out loss %.2f%n", epoch, loss);
      }
    }
    System.out.printf("best held-out loss %.2f%n", stopping.best());
  }

  static void serve(Batch heldOut, Path file) throws IOException {
    Monitor monitor = new Monitor();
    monitor.states().subset(State.Kind.PARAMETER).load(file);
    monitor.initAllStates();
    Fn2<Tensor, Tensor, Forecast> step =
        Engram.jit((sensors, load) -> monitor.update(new Report(sensors, load)));
    for (int t = 0; t < 20; t++) {
      Forecast now =
          step.apply(heldOut.xs().sensors().get(t).get(0), heldOut.xs().load().get(t).get(0));
      if (t % 5 == 4) {
        double truth = heldOut.ys().wear().get(t).get(0).host().item();
        System.out.printf(
            "step %d: wear %.2f, in truth %.2f%n", t, now.wear().host().item(), truth);
      }
    }
  }
}
