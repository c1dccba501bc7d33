package dev.engram.examples;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Engram;
import dev.engram.Fn2;
import dev.engram.Grads;
import dev.engram.Layer;
import dev.engram.State;
import dev.engram.States;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.loss.Losses;
import dev.engram.online.DRtrl;
import dev.engram.online.Learner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** FromScratch against the library, on the same numbers. */
class FromScratchTest {
  private static final int IN = 3;
  private static final int HIDDEN = 5;
  private static final int OUT = 2;
  private static final int STEPS = 7;
  private static final FromScratch.Sizes SIZES =
      new FromScratch.Sizes(IN, HIDDEN, OUT, List.of(IN * HIDDEN, HIDDEN * HIDDEN, HIDDEN * OUT));
  private static final List<String> NAMES = List.of("u", "w", "v");

  private final SplittableRandom random = new SplittableRandom(3);
  private final List<double[]> weights = SIZES.weights().stream().map(this::random).toList();
  private final List<double[]> xs = new ArrayList<>();
  private final List<double[]> targets = new ArrayList<>();
  private final List<double[]> sequence = new ArrayList<>();

  FromScratchTest() {
    for (int t = 0; t < STEPS; t++) {
      xs.add(random(IN));
      targets.add(random(OUT));
      sequence.add(xs.getLast());
      sequence.add(targets.getLast());
    }
  }

  private double[] random(int size) {
    return random.doubles(size, -1, 1).toArray();
  }

  /** The same model with the library. */
  private static final class Leaky extends Layer {
    private final State u;
    private final State w;
    private final State v;
    private final State h = hidden(() -> HostTensor.full(TensorType.of(DType.F64, HIDDEN), 0));

    Leaky(List<double[]> weights) {
      u = parameter(HostTensor.of(weights.get(0), IN, HIDDEN));
      w = parameter(HostTensor.of(weights.get(1), HIDDEN, HIDDEN));
      v = parameter(HostTensor.of(weights.get(2), HIDDEN, OUT));
    }

    @Override
    public Tensor update(Tensor x) {
      Tensor y = x.matmul(u.value()).add(h.value().matmul(w.value()));
      h.set(h.value().mul(0.8).add(y.tanh()));
      return h.value().matmul(v.value());
    }
  }

  private static final Fn2<Tensor, Tensor, Tensor> LOSS =
      (out, target) -> Losses.squaredError(out, target).sum().mul(0.5);

  private static List<double[]> online(List<double[]> weights, List<double[]> sequence) {
    return FromScratch.learn(FromScratch.dRtrl(FromScratch::leaky, SIZES), weights, sequence);
  }

  private static List<double[]> offline(List<double[]> weights, List<double[]> sequence) {
    List<double[]> arguments = new ArrayList<>(weights);
    arguments.addAll(sequence);
    return FromScratch.eval(FromScratch.bptt(FromScratch::leaky, SIZES, STEPS), arguments);
  }

  private static double difference(double[] a, double[] b) {
    double worst = 0;
    for (int i = 0; i < a.length; i++) {
      worst = Math.max(worst, Math.abs(a[i] - b[i]));
    }
    return worst;
  }

  private static void assertAreThose(Grads library, List<double[]> scratch) {
    for (int k = 0; k < NAMES.size(); k++) {
      double[] expected = library.get(NAMES.get(k)).host().toDoubles();
      assertArrayEquals(expected, scratch.get(k), 1e-12, NAMES.get(k));
    }
  }

  @Test
  void onlineGradientsAreTheLibrarys() {
    Leaky model = new Leaky(weights);
    Learner<Tensor, Tensor> learner = new DRtrl<>(model, _ -> {});
    model.initAllStates();
    learner.compileGraph(stack(xs).get(0));
    Grads library = learner.grad(stack(xs), stack(targets), LOSS).grads();
    assertAreThose(library, online(weights, sequence));
  }

  @Test
  void offlineGradientsAreTheLibrarys() {
    Leaky model = new Leaky(weights);
    model.initAllStates();
    States parameters = model.states().subset(State.Kind.PARAMETER);
    Grads library =
        Engram.grad(
                () ->
                    Engram.forLoop(
                            (Tensor x, Tensor target) -> LOSS.apply(model.update(x), target),
                            stack(xs),
                            stack(targets))
                        .sum(),
                parameters)
            .apply();
    assertAreThose(library, offline(weights, sequence));
  }

  /** Control: the diagonal leaves out a part of the past, but nothing for the readout. */
  @Test
  void onlineAndOfflineDifferButInTheReadout() {
    List<double[]> online = online(weights, sequence);
    List<double[]> offline = offline(weights, sequence);
    assertTrue(difference(online.get(0), offline.get(0)) > 0.1, "u");
    assertTrue(difference(online.get(1), offline.get(1)) > 0.1, "w");
    assertArrayEquals(offline.get(2), online.get(2), 1e-12);
  }

  @Test
  void onlineIsExactWhereTheRecurrenceIsDiagonal() {
    List<double[]> feedforward =
        List.of(weights.get(0), new double[HIDDEN * HIDDEN], weights.get(2));
    List<double[]> online = online(feedforward, sequence);
    List<double[]> offline = offline(feedforward, sequence);
    for (int k = 0; k < NAMES.size(); k++) {
      assertArrayEquals(offline.get(k), online.get(k), 1e-12, NAMES.get(k));
    }
  }

  /** A readout has no trace: two weights of three have one, next to the hidden state. */
  @Test
  void tracesAreThoseOfTheWeightsThatReachTheState() {
    FromScratch.Graph rule = FromScratch.dRtrl(FromScratch::leaky, SIZES);
    assertEquals(3 + 2 + 1 + 2, rule.params().size());
    assertEquals(3 + 1 + 2, rule.outs().size());
  }

  @Test
  void theFileIsShort() throws IOException {
    Path file =
        Path.of(
            System.getProperty("engram.root"),
            "examples/src/main/java/dev/engram/examples/FromScratch.java");
    assertTrue(Files.readAllLines(file).size() < 300);
  }

  private static Tensor stack(List<double[]> rows) {
    double[] flat = rows.stream().flatMapToDouble(Arrays::stream).toArray();
    return HostTensor.of(flat, rows.size(), rows.getFirst().length);
  }
}
