package dev.engram.backend.cuda.run;

import dev.engram.backend.cuda.driver.Driver;
import dev.engram.backend.cuda.text.CudaKernel;
import dev.engram.ir.HostTensor;
import dev.engram.ir.InterruptedRunException;
import dev.engram.ir.Lit;
import dev.engram.ir.RunException;
import dev.engram.ir.Shape;
import dev.engram.ir.TensorType;
import dev.engram.lower.Access;
import dev.engram.lower.BrokenUpdateException;
import dev.engram.lower.Instr;
import dev.engram.lower.LoopBuffer;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.Stmt;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** One run of a program at a time, with memory of its own for what is computed on the way. */
final class CudaRun {
  /** The record of failures: see {@code Failure} in the text. */
  private static final long FAILURE_BYTES = 40;

  private static final long NO_LAUNCH = -1;
  private static final byte ALL_ONES = (byte) 0xFF;

  private final CudaProgram owner;
  private final LoopProgram program;
  private final Driver driver;
  private final int firstUpdate;

  /** The addresses of the buffers in the run of now. */
  private final long[] memory;

  private CardMemory.@Nullable Block arena;
  private CardMemory.@Nullable Block failure;
  private CardMemory.@Nullable Block scratch;

  /** Launches in the run of now that may fail, in order; their numbers start at 1. */
  private final List<Stmt.Nest> checked = new ArrayList<>();

  private long[] counters = new long[0];

  CudaRun(CudaProgram owner) {
    this.owner = owner;
    this.program = owner.program();
    this.driver = owner.device().driver();
    this.firstUpdate = program.firstUpdate();
    this.memory = new long[program.buffers().size()];
  }

  void run(List<Long> inputs, List<Long> outputs, Supplier<List<Long>> updates) {
    place(inputs, outputs);
    checked.clear();
    counters = new long[0];
    steps(program.steps().subList(0, firstUpdate));
    check();
    if (firstUpdate == program.steps().size()) {
      return;
    }
    List<Long> last = updates.get();
    try {
      for (int i = 0; i < last.size(); i++) {
        if (program.inPlace(i).isPresent()) {
          memory[program.outputs().get(i)] = last.get(i);
        }
      }
      steps(program.steps().subList(firstUpdate, program.steps().size()));
    } catch (Throwable t) {
      throw new BrokenUpdateException(program.name(), t);
    }
  }

  private void place(List<Long> inputs, List<Long> outputs) {
    long base = arena();
    for (int b = 0; b < memory.length; b++) {
      memory[b] =
          switch (program.buffers().get(b).place()) {
            case LoopBuffer.Place.Input p -> inputs.get(p.index());
            case LoopBuffer.Place.Output p -> outputs.get(p.index());
            case LoopBuffer.Place.Arena p -> base + p.offset();
            case LoopBuffer.Place.Constant _ -> owner.constant(b);
          };
    }
  }

  private CardMemory.Block block(long bytes, String what) {
    return owner.device().memory().allocate(this, bytes, () -> what + " of @" + program.name());
  }

  private long arena() {
    CardMemory.Block known = arena;
    if (known == null) {
      known = block(program.arenaBytes(), "the arena");
      arena = known;
    }
    return known.address();
  }

  /** The record of failures, cleared for the first check of a run. */
  private long failure() {
    CardMemory.Block known = failure;
    if (known == null) {
      known = block(FAILURE_BYTES, "the checks");
      failure = known;
    }
    if (checked.isEmpty()) {
      driver.fill(known.address(), ALL_ONES, FAILURE_BYTES);
    }
    return known.address();
  }

  /** Memory for the positions of a sort; one after the other uses it. */
  private long scratch(long bytes) {
    CardMemory.Block known = scratch;
    if (known == null || known.bytes() < bytes) {
      if (known != null) {
        known.free();
      }
      known = block(bytes, "a sort");
      scratch = known;
    }
    return known.address();
  }

  private void steps(List<Stmt> steps) {
    for (Stmt s : steps) {
      switch (s) {
        case Stmt.Nest _, Stmt.Sort _ -> launch(s);
        case Stmt.Tell t -> tell(t);
        case Stmt.Loop l -> loop(l);
        case Stmt.While w -> loop(w);
        case Stmt.Branch b -> steps(holds(b.predicate()) ? b.onTrue() : b.onFalse());
      }
    }
  }

  private void launch(Stmt step) {
    CudaProgram.Code code = owner.code(step);
    CudaKernel k = code.kernel();
    if (k.blocks() == 0) {
      return;
    }
    try (Arena call = Arena.ofConfined()) {
      List<MemorySegment> values = new ArrayList<>();
      for (int b : k.buffers()) {
        values.add(call.allocateFrom(ValueLayout.JAVA_LONG, memory[b]));
      }
      for (long bytes : k.scratchBytes()) {
        values.add(call.allocateFrom(ValueLayout.JAVA_LONG, scratch(bytes)));
      }
      for (int t : k.loops()) {
        values.add(call.allocateFrom(ValueLayout.JAVA_INT, (int) counters[t]));
      }
      if (k.checks()) {
        values.add(call.allocateFrom(ValueLayout.JAVA_LONG, failure()));
        checked.add((Stmt.Nest) step);
        values.add(call.allocateFrom(ValueLayout.JAVA_LONG, checked.size()));
      }
      MemorySegment params = call.allocate(ValueLayout.ADDRESS, Math.max(1, values.size()));
      for (int i = 0; i < values.size(); i++) {
        params.setAtIndex(ValueLayout.ADDRESS, i, values.get(i));
      }
      driver.launch(code.function(), code.blocks(), k.threads(), params);
    }
  }

  /** Waits, where something was checked, and throws what the first check that failed says. */
  private void check() {
    if (checked.isEmpty()) {
      return;
    }
    try (Arena call = Arena.ofConfined()) {
      MemorySegment f = call.allocate(FAILURE_BYTES, Long.BYTES);
      driver.copyToHost(f, failure());
      long launch = f.get(ValueLayout.JAVA_LONG, 0);
      if (launch == NO_LAUNCH) {
        return;
      }
      Stmt.Nest nest = checked.get((int) launch - 1);
      int instruction = f.get(ValueLayout.JAVA_INT, 32);
      Instr.Check c =
          (Instr.Check)
              Stream.concat(nest.body().stream(), nest.epilogue().stream())
                  .toList()
                  .get(instruction);
      String at = Shape.of(c.dims()).indices(f.get(ValueLayout.JAVA_LONG, 24));
      throw new RunException(c.op().message(at, f.get(ValueLayout.JAVA_LONG, 16), c.where()));
    }
  }

  private void tell(Stmt.Tell t) {
    check();
    List<HostTensor> in = t.operands().stream().map(this::gathered).toList();
    HostTensor next = t.op().tell(in, t.where());
    long to = memory[t.order().buffer()] + Integer.BYTES * at(t.order());
    try (Arena call = Arena.ofConfined()) {
      driver.copyToCard(to, call.allocateFrom(ValueLayout.JAVA_INT, (int) next.bits(0)));
    }
  }

  private HostTensor gathered(Stmt.Operand operand) {
    return switch (operand) {
      case Stmt.Operand.Known(Lit value) -> HostTensor.fill(value.type(), value.bits());
      case Stmt.Operand.Stored s -> {
        TensorType whole = program.buffers().get(s.from().buffer()).type();
        HostTensor from = HostTensor.allocate(whole);
        driver.copyToHost(from.segment(), memory[s.from().buffer()]);
        HostTensor out = HostTensor.allocate(s.type());
        for (long k = 0; k < s.type().size(); k++) {
          out.setBits(k, from.bits(s.position(k, t -> counters[t])));
        }
        yield out;
      }
    };
  }

  private long at(Access a) {
    long at = a.at().offset();
    for (int t = 0; t < counters.length; t++) {
      at += a.at().outer().get(t) * counters[t];
    }
    return at;
  }

  /** Waits for a bool. */
  private boolean holds(Access p) {
    check();
    try (Arena call = Arena.ofConfined()) {
      MemorySegment one = call.allocate(1);
      driver.copyToHost(one, memory[p.buffer()] + at(p));
      return one.get(ValueLayout.JAVA_BYTE, 0) != 0;
    }
  }

  private void loop(Stmt.Loop l) {
    long[] outside = counters;
    counters = Arrays.copyOf(outside, outside.length + 1);
    for (int i = 0; i < l.length(); i++) {
      InterruptedRunException.check(program.name(), i);
      counters[outside.length] = l.reverse() ? l.length() - 1 - i : i;
      steps(l.body());
      l.swaps().forEach(this::swap);
    }
    counters = outside;
  }

  private void loop(Stmt.While w) {
    long[] outside = counters;
    counters = Arrays.copyOf(outside, outside.length + 1);
    for (long done = 0; w.bound().isEmpty() || done < w.bound().get(); done++) {
      steps(w.condition());
      if (!holds(w.predicate())) {
        break;
      }
      InterruptedRunException.check(program.name(), done);
      steps(w.body());
      w.swaps().forEach(this::swap);
    }
    counters = outside;
  }

  private void swap(Stmt.Swap s) {
    long a = memory[s.a()];
    memory[s.a()] = memory[s.b()];
    memory[s.b()] = a;
  }
}
