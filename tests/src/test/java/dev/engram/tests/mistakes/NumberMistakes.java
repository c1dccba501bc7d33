package dev.engram.tests.mistakes;

import dev.engram.Grads;
import dev.engram.RandomKey;
import dev.engram.RandomTensors;
import dev.engram.State;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.loss.Losses;
import dev.engram.nn.Dropout;
import dev.engram.nn.GruCell;
import dev.engram.nn.Mode;
import dev.engram.online.EProp;
import dev.engram.online.PpProp;
import dev.engram.optim.Adagrad;
import dev.engram.optim.Adam;
import dev.engram.optim.GradientTransforms;
import dev.engram.optim.LearningRate;
import dev.engram.optim.Lion;
import dev.engram.optim.LossScale;
import dev.engram.optim.RmsProp;
import dev.engram.optim.Sgd;
import dev.engram.sparse.Coo;
import dev.engram.sparse.Csr;
import dev.engram.spiking.Constant;
import dev.engram.spiking.Membrane;
import dev.engram.spiking.Surrogate;
import java.util.Map;

/** Numbers out of range: rates, decays, limits, probabilities. */
final class NumberMistakes {
  private NumberMistakes() {}

  private static LearningRate rate() {
    return LearningRate.constant(1e-3);
  }

  static void add(Rows rows) {
    rates(rows);
    averages(rows);
    limits(rows);
    chances(rows);
    spiking(rows);
    matrices(rows);
    registered(rows);
    losses(rows);
  }

  private static void rates(Rows rows) {
    rows.refused("a rate of NaN", () -> new Adam(Double.NaN));
    rows.refused("a rate below 0", () -> new Sgd(-0.1));
    rows.refused("an infinite rate", () -> new Lion(Double.POSITIVE_INFINITY));
    rows.refused("a schedule from NaN", () -> LearningRate.cosine(Double.NaN, 0, 100));
    rows.refused("a schedule to less than 0", () -> LearningRate.linear(1e-3, -1e-3, 100));
    rows.refused("a decay below 0", () -> Adam.withDecay(rate(), -0.1));
    rows.refused("a decay of NaN", () -> new Sgd(rate(), 0, false, Double.NaN));
  }

  private static void averages(Rows rows) {
    rows.refused("a beta1 of 1.5", () -> new Adam(1e-3, 1.5, 0.999, 1e-8));
    rows.refused("a beta2 of 1.5", () -> new Adam(1e-3, 0.9, 1.5, 1e-8));
    rows.refused("a beta2 of 1", () -> new Lion(rate(), 0.9, 1, 0));
    rows.refused("a beta1 of NaN", () -> new Adam(1e-3, Double.NaN, 0.999, 1e-8));
    rows.refused("a momentum of 1", () -> new Sgd(0.1, 1));
    rows.refused("a rho below 0", () -> new RmsProp(rate(), -0.1, 1e-8, 0, 0));
    rows.refused("an epsilon of 0", () -> new Adam(1e-3, 0.9, 0.999, 0));
    rows.refused("an epsilon that f32 takes for 0", () -> new Adagrad(rate(), 0, 1e-50, 0));
    rows.refused("sums that start below 0", () -> new Adagrad(rate(), -1, 1e-8, 0));
    rows.refused(
        "a decay of 1 for pp-prop", () -> new PpProp<>(new GruCell(3, 2, RandomKey.of(0)), 1.0));
    rows.refused(
        "a kappa of NaN", () -> new EProp<>(new GruCell(3, 2, RandomKey.of(0)), Double.NaN));
  }

  private static void limits(Rows rows) {
    Grads grads = new Grads(Map.of("w", HostTensor.of(new float[] {1, 2}, 2)));
    rows.refused("a limit below 0", () -> GradientTransforms.clipByGlobalNorm(grads, -1));
    rows.refused("a limit of NaN", () -> GradientTransforms.clipByValue(grads, Double.NaN));
    rows.refused("a loss scale of 0", () -> LossScale.constant(0));
    rows.refused("a loss scale of NaN", () -> LossScale.dynamic(Double.NaN, 100));
    rows.refused("a loss scale that never grows", () -> LossScale.dynamic(1024, 0));
    Tensor x = HostTensor.of(new float[] {1, 2}, 2);
    rows.refused("a huber loss with a bend below 0", () -> Losses.huber(x, x, -1));
  }

  private static void chances(Rows rows) {
    RandomKey key = RandomKey.of(0);
    rows.refused("a dropout of 1.5", () -> new Dropout(1.5, key, new Mode()));
    rows.refused("from 1 to 0", () -> RandomTensors.uniform(key, Shape.of(3), DType.F32, 1, 0));
    rows.refused("no number to choose", () -> RandomTensors.integers(key, Shape.of(3), 5, 5));
    rows.refused(
        "integers that are normal", () -> RandomTensors.normal(key, Shape.of(3), DType.I32));
  }

  private static void spiking(Rows rows) {
    rows.refused("a chance of 2", () -> RandomTensors.bernoulli(RandomKey.of(0), 2, Shape.of(3)));
    rows.refused(
        "a chance of NaN", () -> RandomTensors.bernoulli(RandomKey.of(0), Double.NaN, Shape.of(3)));
    rows.refused("a time constant of 0", () -> Membrane.of(0));
    rows.refused("a time constant of NaN", () -> Membrane.of(Double.NaN));
    rows.refused("a step of 0", () -> Membrane.of(10).withDt(0));
    rows.refused(
        "a time constant of 0 for one neuron",
        () -> Membrane.of(10).withTau(Constant.each(10, 0, 20)));
    rows.refused("a surrogate without width", () -> Surrogate.boxcar(0));
  }

  private static void matrices(Rows rows) {
    Tensor two = HostTensor.of(new int[] {0, 1}, 2);
    rows.refused("a matrix of -1 rows", () -> new Coo(zeros(2), two, two, -1, 2));
    rows.refused("a matrix of -1 columns", () -> new Coo(zeros(2), two, two, 2, -1));
    rows.refused("rows of -1 columns", () -> new Csr(zeros(2), two, two, -1));
  }

  private static void registered(Rows rows) {
    rows.refused(
        "hidden states registered",
        () -> {
          GruCell cell = new GruCell(3, 2, RandomKey.of(0));
          cell.initAllStates();
          new Adam(1e-3).register(cell.states());
        });
    rows.refused(
        "a hidden state registered with masters",
        () -> {
          GruCell cell = new GruCell(3, 2, RandomKey.of(0));
          cell.initAllStates();
          new Adam(1e-3).registerWithMasters(cell.states().subset(State.Kind.HIDDEN));
        });
  }

  private static Tensor zeros(int... dims) {
    return HostTensor.full(TensorType.of(DType.F32, dims), 0);
  }

  /** Shapes that broadcasting would turn into something other than one error per element. */
  private static void losses(Rows rows) {
    Tensor column = zeros(5, 1);
    Tensor row = zeros(5);
    rows.refused("squaredError of a column and a row", () -> Losses.squaredError(column, row));
    rows.refused("squaredError of many and one", () -> Losses.squaredError(row, zeros()));
    rows.refused("absoluteError of a column and a row", () -> Losses.absoluteError(column, row));
    rows.refused(
        "meanAbsoluteError of a column and a row", () -> Losses.meanAbsoluteError(column, row));
    rows.refused("huber of a column and a row", () -> Losses.huber(column, row, 1));
    rows.refused(
        "binaryCrossEntropy of a column and a row", () -> Losses.binaryCrossEntropy(column, row));
    rows.refused(
        "softmaxCrossEntropyTo of many and one",
        () -> Losses.softmaxCrossEntropyTo(zeros(5, 3), zeros(3)));
    rows.refused(
        "cosineSimilarity of many and one", () -> Losses.cosineSimilarity(zeros(5, 3), zeros(3)));
    rows.refused(
        "cosineDistance of many and one", () -> Losses.cosineDistance(zeros(5, 3), zeros(3)));
    rows.refused(
        "vanRossum of a train for each and one for all",
        () -> Losses.vanRossum(zeros(9, 5), zeros(9, 1), 10, 1));
    rows.refused("a mask of another rank", () -> Losses.maskedMean(zeros(9, 5), zeros(5)));
  }
}
