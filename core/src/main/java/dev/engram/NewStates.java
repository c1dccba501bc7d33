package dev.engram;

import dev.engram.State.Cell;
import dev.engram.ir.Tensor;
import dev.engram.ir.TypeException;
import dev.engram.ir.Where;

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
      Tensor v = frame.current(s);
      s.write(new Cell(v.broadcastTo(v.shape().insert(0, size)), frame.currentMapped(s) + 1));
    }
  }
}
