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
import java.util.AbstractList;
import java.util.Arrays;
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

  /**
   * As {@link #push(String, Tensor)}; returns for each element what came in so many steps ago.
   *
   * @param steps one for each element, or one for all
   */
  Tensor push(String who, Tensor x, int[] steps) {
    List<Tensor> all = push(who, x);
    int[] different = Arrays.stream(steps).distinct().toArray();
    return different.length == 1
        ? all.get(different[0])
        : rows.map(r -> gathered(r.value(), steps))
            .orElseGet(() -> selected(all, steps, different));
  }

  private static Tensor gathered(Tensor rows, int[] steps) {
    int size = steps.length;
    int[] at = new int[size];
    Arrays.setAll(at, i -> steps[i] * size + i);
    return rows.reshape(rows.dim(0) * size).take(HostTensor.of(at, size), 0);
  }

  // Position by position, as traces follow it.
  private static Tensor selected(List<Tensor> taps, int[] steps, int[] different) {
    Tensor y = taps.get(different[0]);
    for (int i = 1; i < different.length; i++) {
      int d = different[i];
      boolean[] mine = new boolean[steps.length];
      for (int j = 0; j < mine.length; j++) {
        mine[j] = steps[j] == d;
      }
      y = HostTensor.of(mine, mine.length).select(taps.get(d), y);
    }
    return y;
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
    Tensor now = rows.value();
    // A row is sliced when it is asked for: of many steps a delay may take one.
    return new AbstractList<>() {
      @Override
      public Tensor get(int k) {
        return now.get(k);
      }

      @Override
      public int size() {
        return longest + 1;
      }
    };
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
