package dev.engram;

import dev.engram.State.Cell;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.Trace;
import dev.engram.ir.Tracer;
import dev.engram.ir.TypeException;
import dev.engram.ir.Where;
import java.lang.foreign.MemorySegment;

/** States set with a new mapped axis in front. */
final class NewStates {
  private NewStates() {}

  static void run(int size, Runnable init) {
    if (size < 1) {
      throw new TypeException(
          "vmapNewStates: size=" + size + ", expected at least 1 (" + Where.here() + ")");
    }
    Frame frame = Frame.collecting();
    frame.run(
        () -> {
          init.run();
          return frame;
        });
    for (State s : frame.written()) {
      s.write(new Cell(repeat(frame.current(s), size), frame.currentMapped(s) + 1));
    }
  }

  /** {@code x} {@code size} times along a new axis 0. */
  static Tensor repeat(Tensor x, int size) {
    Shape to = x.shape().insert(0, size);
    return switch (x) {
      case Tracer t -> t.broadcastTo(to);
      case HostTensor h ->
          Trace.current()
              .<Tensor>map(t -> t.tracer(t.lift(h)).broadcastTo(to))
              .orElseGet(() -> copies(h, to));
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
