package dev.engram.state;

import dev.engram.Captured;
import dev.engram.State;
import dev.engram.TracedFunction;
import dev.engram.ir.HostTensor;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.runtime.Log;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.OptionalDouble;

/**
 * Tells once for a model when training has made its parameters NaN or infinite: they stay so.
 *
 * <p>That is so when a result that may be a loss is not finite and a parameter that is set with it
 * is not finite either. A result alone is no fault: log-probabilities may be -∞, and {@link
 * dev.engram.optim.LossScale} leaves a step out whose loss is infinite.
 *
 * <p>Losses are what a function gives that sets parameters, or that is differentiated by them, as
 * long as it has one element or one axis. Of a compiled function that reads parameters alone each
 * result may be a gradient; then what they are set to next is looked at. Only the last element is
 * looked at, on the host, when the run is over: NaN in the weights comes back with every later
 * step, so it is enough. A call pays some nanoseconds, the compiled program nothing; parameters are
 * looked at after such a loss alone.
 */
public final class LostWeights {
  /** Results that may be losses. */
  private final List<Integer> losses;

  private final List<State> weights = new ArrayList<>();

  /**
   * Where the new value of each weight stands among the results; none for weights that are read.
   */
  private final List<Integer> values = new ArrayList<>();

  /**
   * @param set states whose new values stand among the results, from {@code first} on
   */
  private LostWeights(List<State> set, int first, List<Integer> losses) {
    for (int i = 0; i < set.size(); i++) {
      if (isParameter(set.get(i))) {
        weights.add(set.get(i));
        values.add(first + i);
      }
    }
    this.losses = weights.isEmpty() ? List.of() : losses;
  }

  /** For a function that reads parameters alone; its gradient may be for an update elsewhere. */
  private LostWeights(TracedFunction t, List<Integer> losses) {
    for (Captured c : t.captured()) {
      if (c instanceof Captured.OfState(State s, int _) && isParameter(s)) {
        weights.add(s);
      }
    }
    this.losses = weights.isEmpty() ? List.of() : losses;
  }

  private static boolean isParameter(State s) {
    return s.kind() == State.Kind.PARAMETER;
  }

  /** For the runs of a compiled function. */
  public static LostWeights of(TracedFunction t) {
    List<State> written = t.written().stream().map(TracedFunction.Written::state).toList();
    boolean sets = written.stream().anyMatch(LostWeights::isParameter);
    List<Integer> losses = new ArrayList<>();
    for (int i = 0; i < t.resultCount(); i++) {
      if (mayBeLoss(t.graph().outTypes().get(i), sets ? 1 : Integer.MAX_VALUE)) {
        losses.add(i);
      }
    }
    return sets ? new LostWeights(written, t.resultCount(), losses) : new LostWeights(t, losses);
  }

  /**
   * Looks at what a loop has computed, unless it is traced.
   *
   * @param set states whose new values stand among the results, from {@code first} on, before what
   *     the loop has stacked
   */
  public static void ofLoop(List<State> set, int first, List<? extends Tensor> results) {
    if (StateScope.isOutside()) {
      List<Integer> losses = new ArrayList<>();
      for (int i = first + set.size(); i < results.size(); i++) {
        if (mayBeLoss(results.get(i).type(), 2)) {
          losses.add(i);
        }
      }
      new LostWeights(set, first, losses).look(results);
    }
  }

  private static boolean mayBeLoss(TensorType t, int rank) {
    return t.dtype().isFloat() && t.rank() <= rank && t.size() > 0;
  }

  /** Looks at the results of a run. */
  public void look(List<? extends Tensor> results) {
    for (int i : losses) {
      OptionalDouble bad = notFinite(results.get(i));
      if (bad.isPresent() && weights.stream().noneMatch(s -> StateSlot.of(s).isLost())) {
        if (values.isEmpty()) {
          new Loss("a result", bad.getAsDouble(), SourceLocation.here(), weights).watch();
          return;
        }
        Loss loss = new Loss("the loss", bad.getAsDouble(), SourceLocation.here(), weights);
        for (int k = 0; k < weights.size(); k++) {
          loss.look(weights.get(k), results.get(values.get(k)));
        }
        return;
      }
    }
  }

  private static OptionalDouble notFinite(Tensor loss) {
    HostTensor t = loss.host();
    double last = t.getDouble(t.type().size() - 1);
    return Double.isFinite(last) ? OptionalDouble.empty() : OptionalDouble.of(last);
  }

  /**
   * After a loss that is not finite and whose gradient has been taken, unless it is traced, looks
   * at what each weight is set to next.
   *
   * @param loss of one element or one axis
   */
  public static void watch(Collection<State> weights, Tensor loss) {
    if (!StateScope.isOutside() || loss.type().size() == 0) {
      return;
    }
    OptionalDouble bad = notFinite(loss);
    List<State> mine = weights.stream().filter(LostWeights::isParameter).toList();
    if (bad.isPresent() && mine.stream().noneMatch(s -> StateSlot.of(s).isLost())) {
      new Loss("the loss", bad.getAsDouble(), SourceLocation.here(), mine).watch();
    }
  }

  /**
   * A loss that is not finite, and the weights that learn from it.
   *
   * @param name what it is called
   */
  record Loss(String name, double value, SourceLocation where, List<State> weights)
      implements StateSlot.Watch {

    /** Looks at what each weight is set to next. */
    void watch() {
      weights.forEach(s -> StateSlot.of(s).watch(this));
    }

    /** Tells when {@code weight} is not finite in {@code value} and nobody has been told. */
    @Override
    public void look(State weight, Tensor value) {
      if (!StateSlot.of(weight).isLost() && !isFinite(value.host())) {
        weights.forEach(s -> StateSlot.of(s).lose());
        Log.warning(
            ("%s is %s (%s), and with it weights are lost, such as %s; start again with a lower"
                    + " rate or GradientTransforms.clipByGlobalNorm, and find the op that begins it"
                    + " with Engram.checkNumerics")
                .formatted(name, this.value, where, StateSlot.of(weight).describe()));
      }
    }

    private static boolean isFinite(HostTensor t) {
      for (long i = 0; t.type().dtype().isFloat() && i < t.type().size(); i++) {
        if (!Double.isFinite(t.getDouble(i))) {
          return false;
        }
      }
      return true;
    }
  }
}
