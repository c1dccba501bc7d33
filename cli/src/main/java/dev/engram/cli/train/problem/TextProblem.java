package dev.engram.cli.train.problem;

import dev.engram.Layer;
import dev.engram.Pair;
import dev.engram.RandomKey;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The text task: predict the next character of a short story that comes with Engram. */
public final class TextProblem implements SequenceProblem {
  static final SequenceTask TASK =
      new SequenceTask(
          "text",
          "Trains a GRU to guess the next character of a story, writes curves of loss, accuracy"
              + " and"
              + " bits per character, and prints text that it writes itself.",
          "Character-Level Language Model",
          SequenceTask.Settings.of("text", 150, 64, 32, 128, 5e-3),
          List.of("loss", "accuracy", "bits per character"),
          SequenceTask.Demand.dense(1, 1),
          OptionalDouble.empty(),
          TextProblem::new);

  private static final String FILE = "harbour.txt";
  private static final int SAMPLE = 240;

  /** Fraction of the story that is held out until the end. */
  private static final double HELD_OUT = 0.1;

  private final SequenceTask.Settings settings;
  private final SplittableRandom random;
  private final String story = text();
  private final String text = story.substring(0, (int) (story.length() * (1 - HELD_OUT)));
  private final String alphabet = alphabet(story);
  private final Sequential model;

  TextProblem(SequenceTask.Settings settings) {
    this.settings = settings;
    this.random = new SplittableRandom(settings.seed());
    List<RandomKey> keys = RandomKey.of(settings.seed()).split(2);
    int symbols = alphabet.length();
    this.model =
        new Sequential(
            new GruCell(symbols, settings.hidden(), keys.get(0)),
            new Linear(settings.hidden(), symbols, keys.get(1)));
  }

  /** Returns the story, with spaces for line breaks. */
  public static String text() {
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

  /** Draws random pieces of the text, with the characters that follow as targets. */
  @Override
  public Pair<Tensor, Tensor> next() {
    DrawnBatch batch = DrawnBatch.of(settings);
    DrawnBatch.Ints pieces = batch.ints();
    DrawnBatch.Ints after = batch.ints();
    for (int b = 0; b < batch.size(); b++) {
      int from = random.nextInt(text.length());
      for (int t = 0; t < batch.steps(); t++) {
        pieces.set(t, b, symbol(from + t));
        after.set(t, b, symbol(from + t + 1));
      }
    }
    return new Pair<>(pieces.tensor(), after.tensor());
  }

  // The text wraps around at its end.
  private int symbol(int position) {
    return alphabet.indexOf(text.charAt(position % text.length()));
  }

  @Override
  public Tensor encode(Tensor ids) {
    return ids.oneHot(alphabet.length(), DType.F32);
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

  /** The entropy of a character of the story, and of a character after a known one. */
  @Override
  public List<Baseline> baselines() {
    List<Baseline> all = new ArrayList<>();
    for (int n : new int[] {0, 1}) {
      String name = n == 0 ? "frequencies of characters" : "frequencies of pairs";
      double nats = entropy(text, n + 1) - entropy(text, n);
      all.add(new Baseline("loss", name, nats));
      all.add(new Baseline("bits per character", name, nats / Math.log(2)));
    }
    return all;
  }

  /** Returns the entropy, in nats, of the pieces of a text that have this length. */
  public static double entropy(String text, int length) {
    String ring = text + text.substring(0, length);
    Map<String, Long> counts =
        IntStream.range(0, text.length())
            .mapToObj(i -> ring.substring(i, i + length))
            .collect(Collectors.groupingBy(s -> s, Collectors.counting()));
    return counts.values().stream()
        .mapToDouble(c -> (double) c / text.length())
        .map(p -> -p * Math.log(p))
        .sum();
  }

  /**
   * Prints the bits per character of the held-out part of the story, and a piece of text sampled
   * from the model, character by character.
   */
  @Override
  public void show(PrintStream out) {
    String rest = story.substring(text.length());
    model.initAllStates();
    double nats = 0;
    for (int i = 0; i + 1 < rest.length(); i++) {
      nats -= Math.log(predict(rest.charAt(i))[alphabet.indexOf(rest.charAt(i + 1))]);
    }
    out.printf(
        Locale.ROOT,
        "the rest of the story takes %.2f bits per character%n",
        nats / Math.log(2) / (rest.length() - 1));
    model.initAllStates();
    StringBuilder written = new StringBuilder("The ");
    double[] next = {};
    for (int i = 0; i < SAMPLE; i++) {
      if (i >= written.length()) {
        written.append(alphabet.charAt(draw(next)));
      }
      next = predict(written.charAt(i));
    }
    out.println("it writes: " + written);
  }

  /** Returns the probabilities of the next character. */
  private double[] predict(char now) {
    Tensor id = HostTensor.of(new int[] {alphabet.indexOf(now)});
    return model.update(encode(id)).softmax(0).host().toDoubles();
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
