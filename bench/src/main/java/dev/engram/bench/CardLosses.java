package dev.engram.bench;

import dev.engram.Compiler;
import dev.engram.Engram;
import dev.engram.ir.EngramException;
import dev.engram.ir.HostTensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Trains the copying task with each rule on a device and on {@code cpu}: all losses and weights
 * must have the same bits. Prints the losses, and exits with 1 where something differs.
 *
 * <pre>
 *   --backend NAME       cuda
 *   --iterations N       20
 *   --data FILE          also writes the weights and the data there, for a peer
 *   --lag --batch --hidden --lr --seed   sizes of the task
 *
 *   --ours FILE --theirs FILE   only compares losses that were printed with those of a peer
 * </pre>
 */
public final class CardLosses {
  private static final List<String> OPTIONS =
      List.of(
          "backend",
          "iterations",
          "data",
          "lag",
          "batch",
          "hidden",
          "lr",
          "seed",
          "ours",
          "theirs");

  private static final String LOSSES = "losses";

  /** Of losses of a peer, which adds in another order, relative. */
  private static final double TOLERANCE = 1e-3;

  private CardLosses() {}

  public static void main(String[] args) throws IOException {
    Options o = Options.of(args, OPTIONS);
    boolean good = false;
    try {
      good =
          o.has("theirs")
              ? agree(Path.of(o.text("ours", "")), Path.of(o.text("theirs", "")))
              : train(o);
    } catch (EngramException e) {
      System.out.println(e.getMessage());
    }
    System.exit(good ? 0 : 1);
  }

  private static boolean train(Options o) throws IOException {
    TaskSizes sizes = TaskSizes.of(o);
    int iterations = o.integer("iterations", 20);
    String device = o.text("backend", "cuda");
    if (o.has("data")) {
      new PeerLosses(sizes, iterations, Path.of(o.text("data", ""))).write();
    }
    boolean good = true;
    for (GradientRule rule : GradientRule.values()) {
      PeerLosses.Run got = train(new Compiler(device), sizes, rule, iterations);
      PeerLosses.Run want = train(new Compiler("cpu"), sizes, rule, iterations);
      System.out.println(Line.of(LOSSES).with("rule", rule.word()).with(LOSSES, got.losses()));
      Optional<String> difference = difference(got, want);
      System.out.println(
          "%s: %s"
              .formatted(
                  rule.title(),
                  difference.orElse(
                      "%d losses and %d weights of %s have the bits of cpu"
                          .formatted(iterations, got.weights().size(), device))));
      good &= difference.isEmpty();
    }
    return good;
  }

  private static PeerLosses.Run train(
      Compiler compiler, TaskSizes sizes, GradientRule rule, int iterations) {
    CopyingStep step = new CopyingStep(sizes, rule);
    TrainingIteration training = new TrainingIteration(Engram.jit(compiler, step));
    Symbols symbols = new Symbols(sizes, iterations);
    List<Double> losses = new ArrayList<>();
    for (int i = 0; i < iterations; i++) {
      losses.add(training.run(symbols.next()));
    }
    return new PeerLosses.Run(
        losses, step.weights().values().stream().map(s -> s.value().host()).toList());
  }

  /** The first. */
  private static Optional<String> difference(PeerLosses.Run got, PeerLosses.Run want) {
    for (int i = 0; i < want.losses().size(); i++) {
      if (Double.compare(got.losses().get(i), want.losses().get(i)) != 0) {
        return Optional.of(
            "loss %d is %s, on cpu %s".formatted(i, got.losses().get(i), want.losses().get(i)));
      }
    }
    for (int w = 0; w < want.weights().size(); w++) {
      HostTensor a = got.weights().get(w);
      HostTensor b = want.weights().get(w);
      if (!a.sameBits(b)) {
        return Optional.of(
            "weight %d, %s, differs from cpu's though no loss does".formatted(w, b.type()));
      }
    }
    return Optional.empty();
  }

  private static boolean agree(Path ours, Path theirs) throws IOException {
    boolean good = true;
    for (GradientRule rule : GradientRule.values()) {
      double worst = Agreement.worst(losses(ours, rule), losses(theirs, rule));
      System.out.printf("%s: losses differ by at most %.1e relative%n", rule.title(), worst);
      good &= worst <= TOLERANCE;
    }
    return good;
  }

  private static List<Double> losses(Path file, GradientRule rule) throws IOException {
    return Files.readString(file)
        .lines()
        .map(Line::parse)
        .flatMap(Optional::stream)
        .filter(l -> l.text("what").equals(LOSSES) && l.text("rule").equals(rule.word()))
        .findFirst()
        .orElseThrow(() -> new IOException("no losses of " + rule.word() + " in " + file))
        .numbers(LOSSES);
  }
}
