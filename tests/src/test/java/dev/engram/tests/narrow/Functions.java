package dev.engram.tests.narrow;

import dev.engram.Fn2;
import dev.engram.Grads;
import dev.engram.State;
import dev.engram.States;
import dev.engram.ir.DType;
import dev.engram.ir.ElementwiseMethods;
import dev.engram.ir.FoldMethods;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.loss.Losses;
import dev.engram.loss.Metrics;
import dev.engram.nn.Activations;
import dev.engram.optim.GradientTransforms;
import dev.engram.spiking.Encoders;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Every public function of tensors except moves and draws. */
final class Functions {
  static final List<Class<?>> OWNERS =
      List.of(
          FoldMethods.class,
          ElementwiseMethods.class,
          Activations.class,
          Losses.class,
          Metrics.class,
          Encoders.class,
          GradientTransforms.class);

  /** The functions that the table leaves out, with the reason. */
  static final Map<String, String> ELSEWHERE =
      Map.ofEntries(
          Map.entry("FoldMethods.any", "of bools"),
          Map.entry("FoldMethods.all", "of bools"),
          Map.entry("ElementwiseMethods.and", "of bools and integers"),
          Map.entry("ElementwiseMethods.or", "of bools and integers"),
          Map.entry("ElementwiseMethods.xor", "of bools and integers"),
          Map.entry("ElementwiseMethods.not", "of bools and integers"),
          Map.entry("ElementwiseMethods.shiftLeft", "of integers"),
          Map.entry("ElementwiseMethods.shiftRight", "of integers"),
          Map.entry("ElementwiseMethods.checkRange", "of integers"),
          Map.entry("ElementwiseMethods.cast", "names the type of its result"),
          Map.entry("ElementwiseMethods.polygamma", "its order is an integer"),
          Map.entry("Encoders.poisson", "DrawsTest"),
          Map.entry("GradientTransforms.withNoise", "GradientTransformsTest"));

  private static final int[] SHORT = {3, 257};
  private static final int[] LONG = {3, 257, 100_000};

  /**
   * A function.
   *
   * @param lengths of its operands
   * @param smooth whether its derivative is compared as well
   */
  record Row(String name, int arity, int[] lengths, boolean smooth, Narrow.Fn f) {}

  private final Class<?> owner;
  private final Map<String, Row> rows = new LinkedHashMap<>();

  private Functions(Class<?> owner) {
    this.owner = owner;
  }

  static Map<String, Row> of(Class<?> owner) {
    Functions t = new Functions(owner);
    switch (owner.getSimpleName()) {
      case "FoldMethods" -> t.folds();
      case "ElementwiseMethods" -> t.elementwise();
      case "Activations" -> t.activations();
      case "Losses" -> t.losses();
      case "Metrics" -> t.metrics();
      case "Encoders" -> t.encoders();
      case "GradientTransforms" -> t.gradients();
      default -> throw new AssertionError(owner);
    }
    return t.rows;
  }

  /** The public functions of a class, as {@code Class.name}. */
  static Set<String> methods(Class<?> owner) {
    return Arrays.stream(owner.getDeclaredMethods())
        .filter(m -> Modifier.isPublic(m.getModifiers()) && !m.isSynthetic())
        .map(Method::getName)
        .map(name -> owner.getSimpleName() + "." + name)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private void add(String name, int arity, int[] lengths, boolean smooth, Narrow.Fn f) {
    String full = owner.getSimpleName() + "." + name;
    rows.put(full, new Row(full, arity, lengths, smooth, f));
  }

  private void fold(String name, boolean smooth, Narrow.Fn f) {
    add(name, 1, LONG, smooth, f);
  }

  private void folds() {
    fold("sum", false, x -> x.get(0).sum());
    fold("prod", false, x -> x.get(0).prod());
    fold("max", false, x -> x.get(0).max());
    fold("min", false, x -> x.get(0).min());
    fold("argMax", false, x -> x.get(0).argMax(0));
    fold("argMin", false, x -> x.get(0).argMin(0));
    fold("mean", true, x -> x.get(0).mean());
    fold("variance", true, x -> x.get(0).variance());
    fold("std", true, x -> x.get(0).std());
    fold("norm", true, x -> x.get(0).norm());
    fold("logSumExp", true, x -> x.get(0).logSumExp());
    fold("logSoftmax", true, x -> x.get(0).logSoftmax(0));
    fold("softmax", true, x -> x.get(0).softmax(0));
    fold("cumSum", true, x -> x.get(0).cumSum(0));
    fold("cumProd", true, x -> x.get(0).cumProd(0));
    fold("cumMax", false, x -> x.get(0).cumMax(0));
    fold("cumMin", false, x -> x.get(0).cumMin(0));
    fold("cumLogSumExp", true, x -> x.get(0).cumLogSumExp(0));
  }

  /** All of one to three tensors, found by reflection: ops, and those made of ops. */
  private void elementwise() {
    for (Method m : ElementwiseMethods.class.getDeclaredMethods()) {
      boolean tensors = Arrays.stream(m.getParameterTypes()).allMatch(p -> p == Tensor.class);
      String full = owner.getSimpleName() + "." + m.getName();
      if (!Modifier.isPublic(m.getModifiers())
          || m.isSynthetic()
          || !tensors
          || ELSEWHERE.containsKey(full)) {
        continue;
      }
      boolean select = m.getName().equals("select");
      int n = m.getParameterCount() + 1;
      add(
          m.getName(),
          n,
          SHORT,
          false,
          x -> {
            Tensor first = select ? x.get(0).gt(0) : x.get(0);
            return invoke(m, first, x.subList(1, n).toArray());
          });
    }
  }

  private static Tensor invoke(Method m, Tensor on, Object... args) {
    try {
      return (Tensor) m.invoke(on, args);
    } catch (ReflectiveOperationException e) {
      throw new AssertionError(m + " " + e.getCause(), e);
    }
  }

  private void activation(String name, Narrow.Fn f) {
    add(name, 1, SHORT, true, f);
  }

  private void activations() {
    activation("relu", x -> Activations.relu(x.get(0)));
    activation("leakyRelu", x -> Activations.leakyRelu(x.get(0), 0.01));
    activation("relu6", x -> Activations.relu6(x.get(0)));
    activation("elu", x -> Activations.elu(x.get(0), 0.7));
    activation("selu", x -> Activations.selu(x.get(0)));
    activation("silu", x -> Activations.silu(x.get(0)));
    activation("mish", x -> Activations.mish(x.get(0)));
    activation("gelu", x -> Activations.gelu(x.get(0)));
    activation("softsign", x -> Activations.softsign(x.get(0)));
    activation("hardTanh", x -> Activations.hardTanh(x.get(0)));
    activation("hardSigmoid", x -> Activations.hardSigmoid(x.get(0)));
    activation("logSigmoid", x -> Activations.logSigmoid(x.get(0)));
    activation("celu", x -> Activations.celu(x.get(0), 0.7));
    activation("geluExact", x -> Activations.geluExact(x.get(0)));
    activation("hardSwish", x -> Activations.hardSwish(x.get(0)));
    activation("softShrink", x -> Activations.softShrink(x.get(0), 0.3));
    activation("hardShrink", x -> Activations.hardShrink(x.get(0), 0.3));
    activation("tanhShrink", x -> Activations.tanhShrink(x.get(0)));
    activation("squareplus", x -> Activations.squareplus(x.get(0), 4));
    activation("standardize", x -> Activations.standardize(x.get(0)));
    activation("sparsePlus", x -> Activations.sparsePlus(x.get(0)));
    activation("sparseSigmoid", x -> Activations.sparseSigmoid(x.get(0)));
    activation("softmin", x -> Activations.softmin(x.get(0), 0));
    add("glu", 2, SHORT, true, x -> Activations.glu(Tensor.concat(0, x.get(0), x.get(1))));
  }

  private void loss(String name, int[] lengths, Narrow.Fn f) {
    add(name, 2, lengths, true, f);
  }

  private void losses() {
    loss(
        "softmaxCrossEntropy",
        SHORT,
        x -> {
          Tensor label = x.get(1).argMax(0);
          return Losses.softmaxCrossEntropy(x.get(0), label);
        });
    loss("softmaxCrossEntropyTo", SHORT, x -> Losses.softmaxCrossEntropyTo(x.get(0), x.get(1)));
    loss("binaryCrossEntropy", SHORT, x -> Losses.binaryCrossEntropy(x.get(0), x.get(1)));
    loss("squaredError", SHORT, x -> Losses.squaredError(x.get(0), x.get(1)));
    loss("meanSquaredError", LONG, x -> Losses.meanSquaredError(x.get(0), x.get(1)));
    loss("absoluteError", SHORT, x -> Losses.absoluteError(x.get(0), x.get(1)));
    loss("meanAbsoluteError", LONG, x -> Losses.meanAbsoluteError(x.get(0), x.get(1)));
    loss("huber", SHORT, x -> Losses.huber(x.get(0), x.get(1), 0.7));
    loss("cosineSimilarity", SHORT, x -> Losses.cosineSimilarity(x.get(0), x.get(1)));
    loss("cosineDistance", SHORT, x -> Losses.cosineDistance(x.get(0), x.get(1)));
    labelled("negativeLogLikelihood", Losses::negativeLogLikelihood);
    labelled(
        "softmaxCrossEntropySmoothed", (z, i) -> Losses.softmaxCrossEntropySmoothed(z, i, 0.1));
    labelled("softmaxFocal", (z, i) -> Losses.softmaxFocal(z, i, 2));
    labelled("multiclassHinge", Losses::multiclassHinge);
    loss("klDivergence", SHORT, x -> Losses.klDivergence(x.get(0), x.get(1)));
    loss("binaryFocal", SHORT, x -> Losses.binaryFocal(x.get(0), x.get(1), 2, 0.3));
    loss("hinge", SHORT, x -> Losses.hinge(x.get(0), x.get(1)));
    loss("squaredHinge", SHORT, x -> Losses.squaredHinge(x.get(0), x.get(1)));
    loss("logCosh", SHORT, x -> Losses.logCosh(x.get(0), x.get(1)));
    loss(
        "poissonNegativeLogLikelihood",
        SHORT,
        x -> Losses.poissonNegativeLogLikelihood(x.get(0), x.get(1).abs()));
    add(
        "gaussianNegativeLogLikelihood",
        3,
        SHORT,
        true,
        x -> {
          Tensor s = x.get(1).mul(0x1p-8); // above -44, where the precision is limited in f32
          return Losses.gaussianNegativeLogLikelihood(x.get(0), s, x.get(2));
        });
    add(
        "tripletMargin",
        3,
        SHORT,
        true,
        x -> Losses.tripletMargin(x.get(0), x.get(1), x.get(2), 0.7));
    loss(
        "cosineEmbedding",
        SHORT,
        x -> {
          Tensor together = x.get(0).max().gt(0);
          return Losses.cosineEmbedding(x.get(0), x.get(1), together, 0.1);
        });
    loss("marginRanking", SHORT, x -> Losses.marginRanking(x.get(0), x.get(1), 0.5));
    add("ctc", 1, new int[] {9}, true, Functions::ctc);
    // The count of a mask is a cast in every type, so it is not one of the smooth ones.
    add("maskedMean", 2, LONG, false, x -> Losses.maskedMean(x.get(0), x.get(1).gt(0)));
    loss("vanRossum", new int[] {3, 40}, x -> Losses.vanRossum(x.get(0), x.get(1), 7, 0.3));
  }

  private void labelled(String name, Fn2<Tensor, Tensor, Tensor> f) {
    loss(name, SHORT, x -> f.apply(x.get(0), x.get(1).argMax(0)));
  }

  /** Steps of three classes, as many as there are elements for; two labels. */
  private static Tensor ctc(List<Tensor> x) {
    int steps = x.get(0).dim(0) / 3;
    Tensor logits = x.get(0).slice(0, 0, 3 * steps).reshape(steps, 3);
    Tensor labels = HostTensor.of(new int[] {1, 2}, 2);
    Tensor all = HostTensor.of(new int[] {steps});
    return Losses.ctc(logits, labels, all, HostTensor.of(new int[] {Math.min(2, steps)}));
  }

  private void metrics() {
    add("perplexity", 1, LONG, true, x -> Metrics.perplexity(x.get(0)));
    add("hits", 1, SHORT, false, x -> Metrics.hits(x.get(0), x.get(0).argMax(0)));
    add("accuracy", 1, SHORT, false, x -> Metrics.accuracy(x.get(0), x.get(0).argMin(0)));
    add("topKHits", 1, SHORT, false, x -> Metrics.topKHits(x.get(0), x.get(0).argMin(0), 2));
    add(
        "topKAccuracy",
        1,
        SHORT,
        false,
        x -> Metrics.topKAccuracy(x.get(0), x.get(0).argMin(0), 2));
    add("binaryAccuracy", 2, LONG, false, x -> Metrics.binaryAccuracy(x.get(0), x.get(1)));
  }

  private void encoders() {
    add("latency", 1, new int[] {3}, false, x -> Encoders.latency(x.get(0), 3000));
    add(
        "logLatency",
        1,
        new int[] {3},
        false,
        x -> Encoders.logLatency(x.get(0), 700, 0.0625, 3000));
    add("rate", 1, new int[] {3}, false, x -> Encoders.rate(x.get(0).clip(0, 1), 3000));
  }

  private static Grads grads(Tensor a, Tensor b) {
    Map<String, Tensor> all = new LinkedHashMap<>();
    all.put("a", a);
    all.put("b", b);
    return new Grads(all);
  }

  private void gradients() {
    add(
        "norm",
        2,
        LONG,
        false,
        x -> GradientTransforms.norm(grads(x.get(0), x.get(1))).cast(DType.F64));
    add(
        "clipByGlobalNorm",
        2,
        LONG,
        false,
        x -> GradientTransforms.clipByGlobalNorm(grads(x.get(0), x.get(1)), 5).get("a"));
    add(
        "clipByValue",
        2,
        SHORT,
        false,
        x -> GradientTransforms.clipByValue(grads(x.get(0), x.get(1)), 0.25).get("a"));
    add(
        "clipByNorm",
        2,
        LONG,
        false,
        x -> GradientTransforms.clipByNorm(grads(x.get(0), x.get(1)), 5).get("a"));
    add(
        "zeroNans",
        2,
        SHORT,
        false,
        x -> GradientTransforms.zeroNans(grads(x.get(0), x.get(1))).get("a"));
    add(
        "centralize",
        2,
        SHORT,
        false,
        x -> GradientTransforms.centralize(grads(matrix(x.get(0)), x.get(1))).get("a"));
    add(
        "clipAdaptively",
        2,
        SHORT,
        false,
        x -> {
          States weights =
              new States(Map.of("a", State.parameter(x.get(1)), "b", State.parameter(x.get(1))));
          return GradientTransforms.clipAdaptively(grads(x.get(0), x.get(1)), weights, 0.01, 1e-3)
              .get("a");
        });
    add(
        "withDecay",
        2,
        SHORT,
        false,
        x -> {
          States weights = new States(Map.of("a", State.parameter(x.get(1))));
          return GradientTransforms.withDecay(grads(x.get(0), x.get(1)), weights, 1e-3).get("a");
        });
  }

  private static Tensor matrix(Tensor x) {
    return x.expandDims(1);
  }
}
