package dev.engram.state;

import dev.engram.Captured;
import dev.engram.State;
import dev.engram.TracedFunction;
import dev.engram.ir.DeviceTensor;
import dev.engram.ir.HostTensor;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.runtime.Log;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Warns once per model when training has made its parameters NaN or infinite, from which they do
 * not recover.
 *
 * <p>It warns when a result that may be a loss is not finite and a parameter that is set along with
 * it is not finite either. A result that is not finite is no fault by itself: log-probabilities may
 * be -∞, and {@link dev.engram.optim.LossScale} skips a step whose loss is infinite.
 *
 * <p>What counts as a loss: float results with at most one axis of functions that set parameters or
 * are differentiated with respect to them. A compiled function that only reads parameters may
 * return gradients in any of its results; for it, the values that its parameters are set to next
 * are checked. Only the last element of a loss is checked, after the run; that is enough, because
 * NaN in the weights shows again in every later step. This costs a call a few nanoseconds and the
 * compiled program nothing; parameters are checked only after such a loss. A loss that a compiled
 * function has left on a device is checked when someone reads it: nothing is copied for the check.
 */
public final class LostWeights {
  /** Results that may be losses. */
  private final List<Integer> losses;

  private final List<State> weights = new ArrayList<>();

  /**
   * Position of the new value of each weight among the results; empty when weights are only read.
   */
  private final List<Integer> values = new ArrayList<>();

  /**
   * @param set states whose new values are among the results, from {@code first} on
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

  /** For a function that only reads parameters; its gradient may be for an update elsewhere. */
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

  /** Makes the check for runs of a compiled function. */
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
   * Checks the results of a loop, unless it is traced.
   *
   * @param set states whose new values are among the results, from {@code first} on, before the
   *     stacked outputs
   */
  public static void ofLoop(List<State> set, int first, List<? extends Tensor> results) {
    if (StateScope.isOutside()) {
      List<Integer> losses = new ArrayList<>();
      for (int i = first + set.size(); i < results.size(); i++) {
        if (mayBeLoss(results.get(i).type(), 2)) {
          losses.add(i);
        }
      }
      LostWeights lost = new LostWeights(set, first, losses);
      lost.look(lost.read(results)).ifPresent(Log::warning);
    }
  }

  /** {@code results} with the losses among them on the host. */
  private List<Tensor> read(List<? extends Tensor> results) {
    List<Tensor> all = new ArrayList<>(results);
    losses.forEach(i -> all.set(i, all.get(i).host()));
    return all;
  }

  private static boolean mayBeLoss(TensorType t, int rank) {
    return t.dtype().isFloat() && t.rank() <= rank && t.size() > 0;
  }

  /** Checks the results of a run. Returns the warning, for who holds no lock. */
  public Optional<String> look(List<? extends Tensor> results) {
    for (int k = 0; k < losses.size(); k++) {
      Tensor result = results.get(losses.get(k));
      if (result instanceof DeviceTensor t) {
        t.whenRead(this::lookLater);
        continue;
      }
      OptionalDouble bad = notFinite(result.host());
      if (bad.isPresent() && weights.stream().noneMatch(s -> StateSlot.of(s).isLost())) {
        if (values.isEmpty()) {
          new Loss("a result", bad.getAsDouble(), SourceLocation.here(), weights).watch();
          return Optional.empty();
        }
        Loss loss = new Loss("the loss", bad.getAsDouble(), SourceLocation.here(), weights);
        Optional<String> warning = Optional.empty();
        for (int w = 0; w < weights.size() && warning.isEmpty(); w++) {
          warning = loss.warning(weights.get(w), results.get(values.get(w)));
        }
        return warning;
      }
    }
    return Optional.empty();
  }

  /** Looks at a result of a device when it is read, and then at what the weights hold. */
  private void lookLater(HostTensor result) {
    OptionalDouble bad = notFinite(result);
    if (bad.isPresent() && weights.stream().noneMatch(s -> StateSlot.of(s).isLost())) {
      String name = values.isEmpty() ? "a result" : "the loss";
      Loss loss = new Loss(name, bad.getAsDouble(), SourceLocation.here(), weights);
      if (values.isEmpty()) {
        loss.watch();
      } else {
        loss.lookNow();
      }
    }
  }

  private static OptionalDouble notFinite(HostTensor t) {
    double last = t.getDouble(t.type().size() - 1);
    return Double.isFinite(last) ? OptionalDouble.empty() : OptionalDouble.of(last);
  }

  /**
   * If {@code loss}, whose gradient has been taken, is not finite, checks the value that each
   * weight is set to next. Does nothing when it is traced.
   *
   * @param loss of one element or one axis
   */
  public static void watch(Collection<State> weights, Tensor loss) {
    if (!StateScope.isOutside() || loss.type().size() == 0) {
      return;
    }
    List<State> mine = weights.stream().filter(LostWeights::isParameter).toList();
    OptionalDouble bad = notFinite(loss.host());
    if (bad.isPresent() && mine.stream().noneMatch(s -> StateSlot.of(s).isLost())) {
      new Loss("the loss", bad.getAsDouble(), SourceLocation.here(), mine).watch();
    }
  }

  /**
   * A loss that is not finite, and the weights that are learned from it.
   *
   * @param name how the warning refers to it
   */
  record Loss(String name, double value, SourceLocation where, List<State> weights)
      implements StateSlot.Watch {

    /** Checks the value that each weight is set to next. */
    void watch() {
      weights.forEach(s -> StateSlot.of(s).watch(this));
    }

    /** Checks the value that each weight has. */
    void lookNow() {
      List<State> known = new ArrayList<>();
      try (PinnedStates now =
          Publication.settled(
              StateSlot.of(weights),
              () -> {
                weights.stream()
                    .filter(s -> StateSlot.of(s).stored().isPresent())
                    .forEach(known::add);
                return PinnedStates.now(StateSlot.of(known));
              })) {
        for (int i = 0; i < known.size(); i++) {
          look(known.get(i), now.values().get(i));
        }
      }
    }

    /** Warns if {@code value} is not finite and there was no warning yet. */
    @Override
    public void look(State weight, Tensor value) {
      warning(weight, value).ifPresent(Log::warning);
    }

    Optional<String> warning(State weight, Tensor value) {
      if (StateSlot.of(weight).isLost() || isFinite(value.host())) {
        return Optional.empty();
      }
      weights.forEach(s -> StateSlot.of(s).lose());
      return Optional.of(
          ("%s is %s (%s), and weights are no longer finite, such as %s; start again with a lower"
                  + " rate or GradientTransforms.clipByGlobalNorm, and find the op that causes it"
                  + " with Engram.checkNumerics")
              .formatted(name, this.value, where, StateSlot.of(weight).describe()));
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
