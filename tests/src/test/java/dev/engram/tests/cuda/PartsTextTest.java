package dev.engram.tests.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Compiler;
import dev.engram.Engram;
import dev.engram.Fn1;
import dev.engram.Fn2;
import dev.engram.GradWithAux;
import dev.engram.Grads;
import dev.engram.Layer;
import dev.engram.RandomKey;
import dev.engram.State;
import dev.engram.States;
import dev.engram.WithAux;
import dev.engram.backend.cuda.text.TextOptions;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.loss.Losses;
import dev.engram.lower.LoopProgram;
import dev.engram.nn.Embedding;
import dev.engram.nn.Initializer;
import dev.engram.spiking.AdExNeuron;
import dev.engram.spiking.AlifNeuron;
import dev.engram.spiking.Constant;
import dev.engram.spiking.Delay;
import dev.engram.spiking.DelayedLinear;
import dev.engram.spiking.ExponentialIfNeuron;
import dev.engram.spiking.GifNeuron;
import dev.engram.spiking.HodgkinHuxleyNeuron;
import dev.engram.spiking.IfNeuron;
import dev.engram.spiking.IzhikevichNeuron;
import dev.engram.spiking.LearnedDelay;
import dev.engram.spiking.LifNeuron;
import dev.engram.spiking.Membrane;
import dev.engram.spiking.Plasticity;
import dev.engram.spiking.QuadraticIfNeuron;
import dev.engram.spiking.RecurrentSpikes;
import dev.engram.spiking.Surrogate;
import dev.engram.spiking.Synapse;
import dev.engram.tests.build.Needs;
import dev.engram.tests.narrow.LayerSamples;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * One step of each layer, cell, neuron and synapse with its gradients, and each loss with its
 * gradient, lowered for a card and run on the stand-in, with the results of {@code cpu}.
 */
class PartsTextTest {
  private static final RandomKey KEY = RandomKey.of(1);
  private static final int SIZE = LayerSamples.IN;

  @BeforeAll
  static void needs() {
    Needs.cppCompiler();
  }

  private final Agreement all = new Agreement(TextOptions.tiny(), new int[] {1, 5}, 2);

  private static Map<String, Function<DType, Layer>> spiking() {
    Surrogate spike = Surrogate.triangle(0.3, 1);
    Map<String, Function<DType, Layer>> m = new LinkedHashMap<>();
    m.put("IfNeuron", t -> new IfNeuron(SIZE, membrane(t)));
    m.put("LifNeuron", t -> new LifNeuron(SIZE, membrane(t)));
    m.put("AlifNeuron", t -> new AlifNeuron(SIZE, membrane(t), Constant.of(20), Constant.of(0.1)));
    m.put("GifNeuron", t -> new GifNeuron(SIZE, GifNeuron.Constants.adapting(), spike, t));
    m.put(
        "IzhikevichNeuron",
        t -> new IzhikevichNeuron(SIZE, IzhikevichNeuron.Constants.chattering(), spike, t));
    m.put("AdExNeuron", t -> new AdExNeuron(SIZE, AdExNeuron.Constants.tonic(), spike, t));
    m.put(
        "QuadraticIfNeuron",
        t -> new QuadraticIfNeuron(SIZE, QuadraticIfNeuron.Constants.cortical(), spike, t));
    m.put(
        "ExponentialIfNeuron",
        t -> new ExponentialIfNeuron(SIZE, ExponentialIfNeuron.Constants.wangBuzsaki(), spike, t));
    m.put(
        "HodgkinHuxleyNeuron",
        t -> new HodgkinHuxleyNeuron(SIZE, HodgkinHuxleyNeuron.Constants.squid(), spike, t));
    m.put("Exponential", t -> new Synapse.Exponential(SIZE, 5, 1, t));
    m.put("Alpha", t -> new Synapse.Alpha(SIZE, 5, 1, t));
    m.put("DoubleExponential", t -> new Synapse.DoubleExponential(SIZE, 2, 5, 1, t));
    m.put("ShortTerm", t -> new Plasticity.ShortTerm(SIZE, 0.2, 100, 50, 1, t));
    m.put("Depression", t -> new Plasticity.Depression(SIZE, 0.2, 50, 1, t));
    m.put("Delay", t -> new Delay(SIZE, 2, t));
    m.put("LearnedDelay", t -> new LearnedDelay(SIZE, 3, KEY, t));
    m.put("DelayedLinear", t -> new DelayedLinear(SIZE, 4, 3, KEY, t));
    m.put(
        "RecurrentSpikes",
        t -> new RecurrentSpikes(SIZE, new LifNeuron(5, membrane(t)), KEY, Initializer.heNormal()));
    return m;
  }

  @Test
  void everySpikingLayerIsThere() throws Exception {
    Path folder =
        Path.of(System.getProperty("engram.root"), "core/src/main/java/dev/engram/spiking");
    Set<String> missing = new TreeSet<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path f : files.toList()) {
        String name = f.getFileName().toString().replace(".java", "");
        if (!name.equals("package-info")) {
          Class<?> c = Class.forName("dev.engram.spiking." + name);
          if (Layer.class.isAssignableFrom(c) && !Modifier.isAbstract(c.getModifiers())) {
            missing.add(name);
          }
        }
      }
    }
    assertTrue(missing.size() > 10, missing::toString);
    missing.removeAll(spiking().keySet());
    assertEquals(Set.of(), missing);
  }

  private static Membrane membrane(DType t) {
    return Membrane.of(10).withThreshold(Constant.of(0.2)).withType(t);
  }

  private static Map<String, Fn2<Tensor, Tensor, Tensor>> losses() {
    Map<String, Fn2<Tensor, Tensor, Tensor>> m = new LinkedHashMap<>();
    m.put("softmaxCrossEntropy", (x, y) -> Losses.softmaxCrossEntropy(x, labels(y)));
    m.put("smoothed", (x, y) -> Losses.softmaxCrossEntropySmoothed(x, labels(y), 0.1));
    m.put("focal", (x, y) -> Losses.softmaxFocal(x, labels(y), 2));
    m.put("multiclassHinge", (x, y) -> Losses.multiclassHinge(x, labels(y)));
    m.put("softmaxCrossEntropyTo", (x, y) -> Losses.softmaxCrossEntropyTo(x, y.softmax(-1)));
    m.put("klDivergence", Losses::klDivergence);
    m.put("binaryCrossEntropy", (x, y) -> Losses.binaryCrossEntropy(x, y.sigmoid()));
    m.put("binaryFocal", (x, y) -> Losses.binaryFocal(x, y.sigmoid(), 2));
    m.put("hinge", (x, y) -> Losses.hinge(x, y.sign()));
    m.put("squaredHinge", (x, y) -> Losses.squaredHinge(x, y.sign()));
    m.put("meanSquaredError", Losses::meanSquaredError);
    m.put("meanAbsoluteError", Losses::meanAbsoluteError);
    m.put("huber", (x, y) -> Losses.huber(x, y, 0.5));
    m.put("logCosh", Losses::logCosh);
    m.put("poisson", (x, y) -> Losses.poissonNegativeLogLikelihood(x, y.square()));
    m.put("gaussian", (x, y) -> Losses.gaussianNegativeLogLikelihood(x, x.mul(y), y));
    m.put("cosineDistance", Losses::cosineDistance);
    m.put("tripletMargin", (x, y) -> Losses.tripletMargin(x, y, x.add(y).sin(), 0.5));
    m.put("marginRanking", (x, y) -> Losses.marginRanking(x, y, 0.1));
    m.put("vanRossum", (x, y) -> Losses.vanRossum(x, y, 5, 1));
    return m;
  }

  private static Tensor labels(Tensor y) {
    return y.argMax(-1);
  }

  private void add(String name, LoopProgram p) {
    List<TensorType> types = p.inputs().stream().map(b -> p.buffers().get(b).type()).toList();
    all.add(name, p, Texts.args(types, name.hashCode()));
  }

  private void addLayer(String name, Layer layer, Tensor x) {
    layer.initAllStates();
    Fn1<Tensor, WithAux<Tensor>> step =
        in -> {
          Tensor y = LayerSamples.update(layer, in);
          return new WithAux<>(y.square().sum(), y);
        };
    States weights = layer.states().subset(State.Kind.PARAMETER);
    if (weights.size() > 0) {
      Fn1<Tensor, GradWithAux<Grads, Tensor>> f = Engram.gradWithAux(step, weights);
      add(name + " in its weights", program(f, x));
    }
    if (x.dtype().isFloat()) {
      Fn1<Tensor, GradWithAux<Tensor, Tensor>> f = Engram.gradWithAux(step);
      add(name + " in its input", program(f, x));
    }
  }

  private static <R> LoopProgram program(Fn1<Tensor, R> f, Tensor x) {
    return Engram.jit(new Compiler("cuda"), f).trace(x).lower().program();
  }

  private static HostTensor some(DType t, int... dims) {
    return Texts.args(List.of(TensorType.of(t, dims)), 3).getFirst();
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"F32", "F64"})
  void layersHaveTheResultsOfCpu(DType t) {
    LayerSamples.ROWS.forEach((name, row) -> addLayer(name, row.make().apply(t), some(t, SIZE)));
    addLayer("Embedding", new Embedding(8, 4, KEY, t, Initializer.normal(1)), some(DType.I32, 6));
    all.check();
    assertTrue(all.results() > 2 * LayerSamples.ROWS.size(), "results: " + all.results());
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"F32", "F64"})
  void spikingPartsHaveTheResultsOfCpu(DType t) {
    spiking().forEach((name, make) -> addLayer(name, make.apply(t), some(t, SIZE)));
    all.check();
    assertTrue(all.results() > 2 * spiking().size(), "results: " + all.results());
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"F32", "F64"})
  void lossesHaveTheResultsOfCpu(DType t) {
    losses()
        .forEach(
            (name, loss) -> {
              Fn2<Tensor, Tensor, GradWithAux<Tensor, Tensor>> f =
                  Engram.gradWithAux(
                      (Tensor x, Tensor y) -> {
                        Tensor each = loss.apply(x, y);
                        return new WithAux<>(each.sum(), each);
                      });
              add(
                  name,
                  Engram.jit(new Compiler("cuda"), f)
                      .trace(some(t, 6, 5), some(t, 6, 5))
                      .lower()
                      .program());
            });
    all.check();
    assertTrue(all.results() > 2 * losses().size(), "results: " + all.results());
  }
}
