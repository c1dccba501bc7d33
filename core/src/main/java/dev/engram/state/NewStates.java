package dev.engram.state;

import dev.engram.RandomKey;
import dev.engram.State;
import dev.engram.ir.DeviceTensor;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.Trace;
import dev.engram.ir.Tracer;
import dev.engram.ir.TypeException;
import dev.engram.ir.tensor.Moves;
import dev.engram.state.StateSlot.Cell;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Sets states with a new mapped axis in front. */
public final class NewStates {
  private NewStates() {}

  public static void run(int size, Runnable init) {
    if (size < 1) {
      throw new TypeException(
          "vmapNewStates: size=" + size + ", expected at least 1 (" + SourceLocation.here() + ")");
    }
    StateScope frame = StateScope.collecting();
    frame.run(
        () -> {
          init.run();
          return frame;
        });
    List<State> states = List.copyOf(frame.written());
    List<Cell> cells = new ArrayList<>();
    for (State s : states) {
      Tensor now = frame.current(s);
      int mapped = frame.currentMapped(s);
      StateSlot slot = StateSlot.of(s);
      cells.add(
          switch (slot.spread()) {
            case COPIES -> new Cell(repeat(now, size), mapped + 1);
            case OWN_KEYS -> new Cell(ownKeys(now, size), mapped + 1);
            case SHARED -> new Cell(now, mapped);
          });
    }
    StateSlot.write(states, cells);
  }

  /** Derives {@code size} keys from each key {@code [..., 2]}, along a new axis 0. */
  private static Tensor ownKeys(Tensor words, int size) {
    if (words.rank() == 1) {
      return new RandomKey(words).splitStack(size).words();
    }
    List<Tensor> each =
        IntStream.range(0, words.dim(0)).mapToObj(i -> ownKeys(words.get(i), size)).toList();
    return Tensor.stack(1, each);
  }

  /** Repeats {@code x} {@code size} times along a new axis 0. */
  public static Tensor repeat(Tensor x, int size) {
    Shape to = Moves.named("vmapNewStates", () -> x.shape().insert(0, size));
    return switch (x) {
      case Tracer t -> t.broadcastTo(to);
      case HostTensor _, DeviceTensor _ ->
          Trace.current()
              .<Tensor>map(t -> t.tracer(t.lift(x)).broadcastTo(to))
              .orElseGet(() -> copies(x.host(), to));
    };
  }

  private static HostTensor copies(HostTensor x, Shape to) {
    HostTensor out = HostTensor.allocate(x.type().with(to));
    long bytes = x.type().bytes();
    for (long i = 0; i < to.dim(0); i++) {
      MemorySegment.copy(x.segment(), 0, out.segment(), i * bytes, bytes);
    }
    return out;
  }
}
