package dev.engram.spiking;

import dev.engram.Model;
import dev.engram.State;
import dev.engram.Transparent;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TypeException;
import dev.engram.ir.tensor.Moves;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** What came in during this step and those before it, initially zero. */
final class Past extends Model implements Transparent {
  /** The most steps that traces follow: each has a state of its own. */
  static final int MOST_TRACED = 4096;

  private final int longest;

  /** This step's input and those before it. */
  private final List<State> taps;

  /** The same as rows of one state. */
  private final Optional<State> rows;

  /**
   * @param who names the layer in errors
   */
  Past(String who, int longest, int size, DType dtype, Delay.Traces traces) {
    Moves.length(who, "the axis of all that is kept", (longest + 1L) * size);
    this.longest = longest;
    boolean followed = traces == Delay.Traces.FOLLOWED;
    if (followed && longest > MOST_TRACED) {
      throw new TypeException(
          "%s: a delay of %d steps, expected at most %d where traces are followed, since each step has a state (%s); use Delay.Traces.NONE"
              .formatted(who, longest, MOST_TRACED, SourceLocation.here()));
    }
    TensorType tap = TensorType.of(dtype, size);
    TensorType all = TensorType.of(dtype, longest + 1, size);
    taps =
        IntStream.range(0, followed ? longest + 1 : 0)
            .mapToObj(_ -> hidden(() -> HostTensor.full(tap, 0)))
            .toList();
    rows =
        followed
            ? Optional.empty()
            : Optional.of(State.of(State.Kind.OTHER, () -> HostTensor.full(all, 0)));
  }

  /** Starts a step with the input {@code x}; returns the inputs of all steps, this one's first. */
  List<Tensor> push(String who, Tensor x) {
    return rows.map(r -> pushed(who, r, x)).orElseGet(() -> shifted(who, x));
  }

  // A position of a tap takes that of the tap before: the taps are one hidden group, position by
  // position. As the result of an op the new value is distinct from the old one of the other tap,
  // so a result that depends on it counts in the learning signal of this step.
  private List<Tensor> shifted(String who, Tensor x) {
    State first = taps.getFirst();
    check(who, x, first.value().type(), "call initAllStates(%d), or ");
    taps.getLast().value(); // read, without which it would be no state of the step
    for (int k = longest; k > 0; k--) {
      taps.get(k).set(taps.get(k - 1).value().mul(1));
    }
    first.set(x.mul(1));
    return taps.stream().map(State::value).toList();
  }

  private List<Tensor> pushed(String who, State rows, Tensor x) {
    Tensor old = rows.value();
    check(who, x, TensorType.of(old.dtype(), old.dim(1)), "");
    Tensor first = x.expandDims(0);
    rows.set(longest == 0 ? first : Tensor.concat(0, first, old.slice(0, 0, longest)));
    List<Tensor> all = new ArrayList<>();
    for (int k = 0; k <= longest; k++) {
      all.add(rows.value().get(k));
    }
    return all;
  }

  private static void check(String who, Tensor x, TensorType want, String also) {
    if (!x.type().equals(want)) {
      String fix =
          x.rank() == want.rank() + 1
              ? "; " + also.formatted(x.dim(0)) + "wrap the model in a Vmap"
              : "";
      throw new TypeException(
          "%s: the input has type %s, expected %s (%s)%s"
              .formatted(who, x.type(), want, SourceLocation.here(), fix));
    }
  }
}
