package dev.engram.cli;

import dev.engram.Key;
import dev.engram.Layer;
import dev.engram.Pair;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.loss.Losses;
import dev.engram.loss.Metrics;
import dev.engram.nn.GruCell;
import dev.engram.nn.Linear;
import dev.engram.nn.Sequential;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;

/** The next character of a short story that comes with Engram. */
final class TextProblem implements SequenceProblem {
  static final SequenceTask TASK =
      new SequenceTask(
          "text",
          "Trains a GRU to guess the next character of a story, writes curves of loss, accuracy"
              + " and\n"
              + "bits per character, and prints what it would write itself.",
          "Character-Level Language Model",
          SequenceTask.Settings.of("text", 600, 64, 32, 128, 5e-3),
          List.of("loss", "accuracy", "bits per character"),
          TextProblem::new);

  private static final String FILE = "harbour.txt";
  private static final int SAMPLE = 240;

  private final SequenceTask.Settings settings;
  private final SplittableRandom random;
  private final String text = text();
  private final String alphabet = alphabet(text);
  private final Sequential model;

  TextProblem(SequenceTask.Settings settings) {
    this.settings = settings;
    this.random = new SplittableRandom(settings.seed());
    List<Key> keys = Key.of(settings.seed()).split(2);
    int symbols = alphabet.length();
    this.model =
        new Sequential(
            new GruCell(symbols, settings.hidden(), keys.get(0)),
            new Linear(settings.hidden(), symbols, keys.get(1)));
  }

  /** The story, its line breaks as spaces. */
  static String text() {
    try (InputStream in =
        Objects.requireNonNull(TextProblem.class.getResourceAsStream(FILE), FILE)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).replaceAll("\\s+", " ");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String alphabet(String text) {
    StringBuilder letters = new StringBuilder();
    text.chars().distinct().sorted().forEach(c -> letters.append((char) c));
    return letters.toString();
  }

  @Override
  public String describe() {
    int n = alphabet.length();
    return "GRU "
        + n
        + " -> "
        + settings.hidden()
        + " -> "
        + n
        + ", "
        + text.length()
        + " characters";
  }

  @Override
  public Layer model() {
    return model;
  }

  /** Random pieces of the text, one-hot, each with the characters after its own. */
  @Override
  public Pair<Tensor, Tensor> next() {
    int steps = settings.steps();
    int batch = settings.batch();
    int[] x = new int[steps * batch];
    int[] y = new int[steps * batch];
    for (int b = 0; b < batch; b++) {
      int from = random.nextInt(text.length());
      for (int t = 0; t < steps; t++) {
        // The story starts again after its end.
        x[t * batch + b] = alphabet.indexOf(text.charAt((from + t) % text.length()));
        y[t * batch + b] = alphabet.indexOf(text.charAt((from + t + 1) % text.length()));
      }
    }
    Tensor ids = HostTensor.of(x, steps, batch);
    return new Pair<>(ids.oneHot(alphabet.length(), DType.F32), HostTensor.of(y, steps, batch));
  }

  @Override
  public Tensor loss(Tensor outputs, Tensor targets) {
    return Losses.softmaxCrossEntropy(outputs, targets).mean();
  }

  @Override
  public List<Tensor> metrics(Tensor outputs, Tensor targets) {
    Tensor nats = Losses.softmaxCrossEntropy(outputs, targets).mean();
    return List.of(Metrics.accuracy(outputs, targets), nats.div(Math.log(2)));
  }

  /** A piece of text drawn from the model, character by character. */
  @Override
  public void show(PrintStream out) {
    model.initAllStates();
    StringBuilder written = new StringBuilder("The ");
    double[] next = {};
    for (int i = 0; i < SAMPLE; i++) {
      if (i >= written.length()) {
        written.append(alphabet.charAt(draw(next)));
      }
      int id = alphabet.indexOf(written.charAt(i));
      Tensor x = HostTensor.of(new int[] {id}).oneHot(alphabet.length(), DType.F32);
      next = model.update(x).softmax(0).host().toDoubles();
    }
    out.println("it writes: " + written);
  }

  private int draw(double[] p) {
    double left = random.nextDouble();
    int i = 0;
    while (i + 1 < p.length && left >= p[i]) {
      left -= p[i++];
    }
    return i;
  }
}
