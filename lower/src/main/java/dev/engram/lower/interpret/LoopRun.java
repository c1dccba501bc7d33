package dev.engram.lower.interpret;

import dev.engram.ir.HostTensor;
import dev.engram.lower.BrokenUpdateException;
import dev.engram.lower.LoopBuffer;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.LoweringException;
import dev.engram.lower.Stmt;
import dev.engram.lower.memory.ProgramMemory;
import dev.engram.lower.profile.RunCounts;
import dev.engram.lower.run.HostSteps;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongUnaryOperator;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A loop program with memory of its own, interpreted. */
final class LoopRun extends HostSteps {
  // Read before it is written, this is NaN or -1 rather than a plausible zero.
  private static final byte POISON = (byte) 0xFF;
  private static final HostTensor[] NONE = {};

  private final LoopProgram program;
  private final MemorySegment arena;
  private final int firstUpdate;
  private HostTensor[] memory = NONE;

  /** Of the run that is recorded now. */
  private @Nullable RunCounts counts;

  private @Nullable NestPlaces places;

  LoopRun(LoopProgram program) {
    super(program.name());
    this.program = program;
    this.firstUpdate = program.firstUpdate();
    this.arena = ProgramMemory.arena(program, program.arenaBytes() == 0 ? 1 : 0);
  }

  void run(List<HostTensor> inputs, List<HostTensor> outputs, Supplier<List<HostTensor>> updates) {
    require("inputs", inputs, program.inputs());
    require("outputs", outputs, program.outputs());
    try {
      steps(inputs, outputs, updates);
    } finally {
      memory = NONE;
    }
  }

  /** The same, with every nest counted. */
  void run(
      List<HostTensor> inputs,
      List<HostTensor> outputs,
      Supplier<List<HostTensor>> updates,
      RunCounts recorded) {
    counts = recorded;
    try {
      run(inputs, outputs, updates);
    } finally {
      counts = null;
    }
  }

  @SuppressWarnings("ReferenceEquality") // it is about the same memory
  private void steps(
      List<HostTensor> inputs, List<HostTensor> outputs, Supplier<List<HostTensor>> updates) {
    arena.fill(POISON);
    memory = new HostTensor[program.buffers().size()];
    for (int i = 0; i < outputs.size(); i++) {
      if (program.inPlace(i).isEmpty()) {
        outputs.get(i).segment().fill(POISON);
      } else if (inputs.get(program.inPlace(i).getAsInt()) != outputs.get(i)) {
        throw new LoweringException(
            "@%s: output %d is another tensor than input %d, which it is written over"
                .formatted(program.name(), i, program.inPlace(i).getAsInt()));
      }
    }
    for (int i = 0; i < memory.length; i++) {
      LoopBuffer b = program.buffers().get(i);
      memory[i] =
          switch (b.place()) {
            case LoopBuffer.Place.Input p -> inputs.get(p.index());
            case LoopBuffer.Place.Output p -> outputs.get(p.index());
            case LoopBuffer.Place.Arena p ->
                HostTensor.wrap(b.type(), arena.asSlice(p.offset(), b.type().bytes()));
            case LoopBuffer.Place.Constant p -> p.value();
          };
    }
    run(program.steps().subList(0, firstUpdate));
    if (firstUpdate == program.steps().size()) {
      return;
    }
    List<HostTensor> last = updates.get();
    for (int i = 0; i < last.size(); i++) {
      if (program.inPlace(i).isPresent()) {
        memory[program.outputs().get(i)] = last.get(i);
      }
    }
    try {
      run(program.steps().subList(firstUpdate, program.steps().size()));
    } catch (Throwable t) {
      throw new BrokenUpdateException(program.name(), t);
    }
  }

  private void require(String what, List<HostTensor> got, List<Integer> buffers) {
    if (got.size() != buffers.size()) {
      throw new LoweringException(
          "@"
              + program.name()
              + ": got "
              + got.size()
              + " "
              + what
              + ", expected "
              + buffers.size());
    }
    for (int i = 0; i < got.size(); i++) {
      LoopBuffer b = program.buffers().get(buffers.get(i));
      if (!got.get(i).type().equals(b.type())) {
        throw new LoweringException(
            "@"
                + program.name()
                + ": "
                + what
                + "["
                + i
                + "] has type "
                + got.get(i).type()
                + ", expected "
                + b.type());
      }
    }
  }

  @Override
  protected void launch(Stmt step) {
    switch (step) {
      case Stmt.Nest n -> counted(n, () -> new NestRun(n, memory, counters()).run());
      case Stmt.Sort o -> counted(o, () -> sort(o));
      default -> throw new AssertionError(step);
    }
  }

  private void counted(Stmt step, Runnable work) {
    RunCounts to = counts;
    if (to == null) {
      work.run();
      return;
    }
    NestPlaces known = places == null ? new NestPlaces(program) : places;
    places = known;
    long start = to.start();
    work.run();
    to.end(known.of(step), start);
  }

  private void sort(Stmt.Sort s) {
    HostTensor from = memory[s.from().buffer()];
    HostTensor to = memory[s.to().buffer()];
    int rank = s.rows().size();
    long count = s.rows().stream().mapToLong(Integer::longValue).reduce(1, (a, b) -> a * b);
    for (long row = 0; row < count; row++) {
      long[] at = new long[rank + 1];
      long rest = row;
      for (int d = rank - 1; d >= 0; d--) {
        at[d] = rest % s.rows().get(d);
        rest /= s.rows().get(d);
      }
      long read = NestRun.at(s.from().at(), counters(), at);
      long write = NestRun.at(s.to().at(), counters(), at);
      long in = s.from().at().inner().getLast();
      long out = s.to().at().inner().getLast();
      List<Integer> order = new ArrayList<>();
      for (int i = 0; i < s.length(); i++) {
        order.add(i);
      }
      order.sort(
          (i, j) -> s.op().compare(s.dtype(), from.bits(read + i * in), from.bits(read + j * in)));
      for (int i = 0; i < s.length(); i++) {
        to.setBits(write + i * out, order.get(i));
      }
    }
  }

  @Override
  protected LongUnaryOperator elements(int buffer, long first, long last) {
    return memory[buffer]::bits;
  }

  @Override
  protected void setElement(int buffer, long at, long bits) {
    memory[buffer].setBits(at, bits);
  }

  @Override
  protected Runnable places() {
    HostTensor[] now = memory.clone();
    return () -> memory = now;
  }

  @Override
  protected void swap(Stmt.Swap s) {
    HostTensor a = memory[s.a()];
    memory[s.a()] = memory[s.b()];
    memory[s.b()] = a;
  }
}
