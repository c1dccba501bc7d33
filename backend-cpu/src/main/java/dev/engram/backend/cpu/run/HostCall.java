package dev.engram.backend.cpu.run;

import dev.engram.ir.HostTensor;
import dev.engram.ir.Lit;
import dev.engram.lower.Stmt;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/** A call to the host: a print or a hook of a program. */
record HostCall(Stmt.Tell step) {

  void run(MemorySegment[] memory, long[] start, int[] counters) {
    List<HostTensor> in = new ArrayList<>(step.operands().size());
    for (Stmt.Operand o : step.operands()) {
      in.add(
          switch (o) {
            case Stmt.Operand.Known(Lit value) -> HostTensor.fill(value.type(), value.bits());
            case Stmt.Operand.Stored s -> gathered(s, memory, start, counters);
          });
    }
    int next = (int) step.op().tell(in, step.where()).bits(0);
    long at = step.order().at().offset();
    for (int t = 0; t < step.order().at().outer().size(); t++) {
      at += step.order().at().outer().get(t) * counters[t];
    }
    int to = step.order().buffer();
    memory[to].set(ValueLayout.JAVA_INT, start[to] + at * Integer.BYTES, next);
  }

  private static HostTensor gathered(
      Stmt.Operand.Stored s, MemorySegment[] memory, long[] start, int[] counters) {
    HostTensor out = HostTensor.allocate(s.type());
    int width = s.type().dtype().bytes();
    int from = s.from().buffer();
    for (long k = 0; k < s.type().size(); k++) {
      long at = start[from] + s.position(k, t -> counters[t]) * width;
      MemorySegment.copy(memory[from], at, out.segment(), k * width, width);
    }
    return out;
  }
}
