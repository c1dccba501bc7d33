package dev.engram;

import dev.engram.ir.HostTensor;
import dev.engram.ir.Log;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.Where;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * Tells once for a model when a loss is NaN or infinite while parameters are trained: what such a
 * loss makes of them stays so.
 *
 * <p>Losses are what a function gives that sets parameters, or that is differentiated by them, as
 * long as it has one element or one axis. Only the last element is looked at, on the host, when the
 * run is over: NaN in the weights comes back with every later step, so it is enough. A call pays
 * some nanoseconds, the compiled program nothing.
 */
final class LostWeights {
  private final Optional<State> weight;

  /** Results that may be losses. */
  private final List<Integer> losses = new ArrayList<>();

  private LostWeights(Collection<State> set, List<TensorType> results, int rank) {
    weight = set.stream().filter(s -> s.kind() == State.Kind.PARAMETER).findFirst();
    for (int i = 0; weight.isPresent() && i < results.size(); i++) {
      TensorType t = results.get(i);
      if (t.dtype().isFloat() && t.rank() <= rank && t.size() > 0) {
        losses.add(i);
      }
    }
  }

  /** For the runs of a compiled function. */
  static LostWeights of(Traced t) {
    return new LostWeights(
        t.written().stream().map(Traced.Written::state).toList(),
        t.graph().outTypes().subList(0, t.resultCount()),
        1);
  }

  /**
   * Looks at what has been computed, unless it is traced.
   *
   * @param weights parameters that the results have trained or are about to
   * @param rank that losses have at most
   */
  static void look(Collection<State> weights, List<? extends Tensor> results, int rank) {
    if (Frame.isOutside()) {
      new LostWeights(weights, results.stream().map(Tensor::type).toList(), rank).look(results);
    }
  }

  /** Looks at the results of a run. */
  void look(List<? extends Tensor> results) {
    for (int i = 0; i < losses.size(); i++) {
      HostTensor loss = results.get(losses.get(i)).host();
      double last = loss.getDouble(loss.type().size() - 1);
      if (!Double.isFinite(last) && weight.orElseThrow().isFirstLoss()) {
        Log.warning(message(last, weight.get()));
      }
    }
  }

  private static String message(double loss, State weight) {
    return ("the loss is %s (%s), and with it weights are lost, such as %s; start again with a"
            + " lower rate or Gradients.clipByGlobalNorm, and find the op that begins it with"
            + " Engram.checkNumerics")
        .formatted(loss, Where.here(), weight.describe());
  }
}
