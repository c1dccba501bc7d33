package dev.engram.state;

import dev.engram.Captured;
import dev.engram.Model;
import dev.engram.State;
import dev.engram.States;
import dev.engram.TracedFunction;
import dev.engram.autodiff.AutodiffException;
import dev.engram.autodiff.Linearize;
import dev.engram.etrace.EtraceException;
import dev.engram.ir.Eqn;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Var;
import dev.engram.ir.runtime.Log;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Finds weights and hidden states that a function uses but no model holds in a field, such as those
 * of a layer captured by a lambda: they are in no {@code states()}, so nothing trains, resets or
 * saves them.
 */
public final class UnheldStates {
  /** The message that a layer is remembered by. */
  private static final String STRAY = "stray";

  private UnheldStates() {}

  /**
   * Refuses a model's step that uses states of layers outside of the model.
   *
   * @param own all states of the model
   */
  public static void refuse(Model model, TracedFunction step, Set<State> own) {
    for (int i = 0; i < step.captured().size(); i++) {
      if (step.captured().get(i) instanceof Captured.OfState(State s, int _)
          && s.kind() != State.Kind.OTHER
          && !own.contains(s)
          && matters(step, i)) {
        throw new EtraceException(
            ("the step of %s uses %s, which is in none of its fields, so that nothing would train,"
                 + " reset or save it, expected only states of the model (%s); keep the layer in a"
                 + " field instead of capturing it in a lambda, or call stopGradient() on its"
                 + " result")
                .formatted(ModelWalk.className(model), StateSlot.of(s).describe(), use(step, i)));
      }
    }
  }

  /**
   * Warns, once per layer, about weights that are not trained: those that are not among the {@code
   * chosen} and that no {@code states()} call has returned.
   */
  public static void tell(TracedFunction loss, States chosen) {
    for (int i = 0; i < loss.captured().size(); i++) {
      if (loss.captured().get(i) instanceof Captured.OfState(State s, int _)
          && s.kind() == State.Kind.PARAMETER
          && s.path().isEmpty()
          && !chosen.values().contains(s)
          && ownerOf(s).filter(m -> !Told.of(m).has(STRAY)).isPresent()
          && matters(loss, i)
          && Told.of(ownerOf(s).get()).isFirst(STRAY)) {
        Log.warning(
            ("%s is used but not trained: no call of states() has returned it (%s); keep its"
                    + " layer in a field of the model instead of capturing it in a lambda, or call"
                    + " stopGradient() on its result")
                .formatted(StateSlot.of(s).describe(), use(loss, i)));
      }
    }
  }

  private static Optional<Model> ownerOf(State s) {
    return StateSlot.of(s).owner();
  }

  /** True when a result has a derivative with respect to capture {@code i}. */
  private static boolean matters(TracedFunction t, int i) {
    int param = t.argCount() + i;
    if (!t.graph().params().get(param).type().dtype().isFloat()) {
      return false;
    }
    List<Boolean> wrt = new ArrayList<>();
    for (int p = 0; p < t.graph().params().size(); p++) {
      wrt.add(p == param);
    }
    try {
      return Linearize.of(t.graph(), wrt).outHasTangent().contains(true);
    } catch (AutodiffException e) {
      return true;
    }
  }

  private static SourceLocation use(TracedFunction t, int i) {
    Var v = t.graph().params().get(t.argCount() + i).var();
    return t.graph().eqns().stream()
        .filter(e -> e.inputs().contains(v))
        .map(Eqn::where)
        .filter(SourceLocation::isKnown)
        .findFirst()
        .orElseGet(SourceLocation::here);
  }
}
