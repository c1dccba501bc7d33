package dev.engram.cli.train.problem;

import dev.engram.Layer;
import dev.engram.Pair;
import dev.engram.RandomKey;
import dev.engram.ir.DType;
import dev.engram.ir.Tensor;
import dev.engram.nn.Initializer;
import dev.engram.nn.LeakyReadout;
import dev.engram.spiking.Encoders;
import dev.engram.spiking.LifNeuron;
import dev.engram.spiking.Membrane;
import dev.engram.spiking.RecurrentSpikes;
import java.util.List;
import java.util.SplittableRandom;

/** The digits task: classify images of digits given as Poisson spike trains, one per pixel. */
public final class DigitsProblem implements SequenceProblem {
  /** Time constant of the readout in milliseconds. */
  private static final double READOUT = 20;

  private static final int PIXELS = DigitImages.SIDE * DigitImages.SIDE;

  static final SequenceTask TASK =
      new SequenceTask(
          "digits",
          "Trains leaky integrate-and-fire neurons to read digits from spike trains of pixels,"
              + " and"
              + " writes curves of loss, accuracy and firing rate.",
          "Spiking Classifier of Drawn Digits",
          SequenceTask.Settings.of("digits", 200, 25, 64, 100, 5e-3),
          List.of("loss", "accuracy", "rate"),
          // Arrays hold an image and the labels of each sequence; the spikes are drawn as a tensor.
          new SequenceTask.Demand(
              1,
              PIXELS + 1,
              s -> s.batch() * (double) Math.max(PIXELS, s.steps()),
              SequenceTask.Demand.weightsOf(PIXELS)),
          SpikingNet.kappa(READOUT),
          DigitsProblem::new);

  private static final int CLASSES = 10;

  /** Probability that a white pixel spikes in a step. */
  private static final double BRIGHTEST = 0.5;

  private final SequenceTask.Settings settings;
  private final SplittableRandom random;
  private final DigitImages images;
  private final RandomKey spikes;
  private final SpikingNet model;
  private int batches;

  DigitsProblem(SequenceTask.Settings settings) {
    this.settings = settings;
    this.random = new SplittableRandom(settings.seed());
    this.images = new DigitImages(random);
    List<RandomKey> keys = RandomKey.of(settings.seed()).split(3);
    this.spikes = keys.get(2);
    int n = settings.hidden();
    this.model =
        new SpikingNet(
            new RecurrentSpikes(
                PIXELS,
                new LifNeuron(n, Membrane.of(10).withReset(Membrane.Reset.BY_THRESHOLD_DETACHED)),
                keys.get(0),
                Initializer.normal(1 / Math.sqrt(PIXELS))),
            new LeakyReadout(n, CLASSES, READOUT, 1, keys.get(1), DType.F32));
  }

  @Override
  public String describe() {
    return PIXELS + " pixels -> LIF " + settings.hidden() + " -> " + CLASSES;
  }

  @Override
  public Layer model() {
    return model;
  }

  @Override
  public Pair<Tensor, Tensor> next() {
    DrawnBatch batch = DrawnBatch.of(settings);
    DrawnBatch.Floats p = batch.withSteps(1).floats(PIXELS);
    DrawnBatch.Ints y = batch.ints();
    for (int b = 0; b < batch.size(); b++) {
      int digit = random.nextInt(CLASSES);
      double[] pixels = images.draw(digit);
      for (int i = 0; i < PIXELS; i++) {
        p.set(0, b, i, BRIGHTEST * pixels[i]);
      }
      y.fill(b, digit);
    }
    Tensor brightness = p.tensor().squeeze(0);
    Tensor trains = Encoders.poisson(spikes.foldIn(batches++), brightness, batch.steps());
    return new Pair<>(trains, y.tensor());
  }

  @Override
  public Tensor loss(Tensor outputs, Tensor targets) {
    return SpikingNet.crossEntropy(outputs, targets).mean();
  }

  @Override
  public List<Baseline> baselines() {
    return SpikingNet.chance(CLASSES);
  }

  @Override
  public List<Tensor> metrics(Tensor outputs, Tensor targets) {
    return SpikingNet.metrics(outputs, targets);
  }
}
