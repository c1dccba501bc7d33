package dev.engram.backend.cpu.run;

import dev.engram.backend.cpu.code.Disassembly;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Storage;
import dev.engram.ir.Tensor;
import dev.engram.lower.CompiledProgram;
import dev.engram.lower.HostOperands;
import dev.engram.lower.LoopBuffer;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.LoweringException;
import dev.engram.lower.RunPool;
import dev.engram.lower.profile.ProgramProfile;
import dev.engram.lower.profile.RunCounts;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A compiled program, which any number of threads may run at the same time. */
public final class CpuProgram implements CompiledProgram {
  /** So many pairs of operands are compared one by one. */
  private static final int MANY = 2048;

  private final LoopProgram program;
  private final KernelCache kernels;

  /** All that the program has code for; the same in every run. */
  private final List<NestCall> nests;

  private final RunPool<ProgramRun> runs;
  private final ProgramProfile profile;

  private final Map<Integer, MemorySegment> constants = new HashMap<>();

  /** For each output, the input that it is written over, or -1. */
  private final int[] inPlace;

  private final boolean updatesInputs;

  public CpuProgram(
      LoopProgram program, ProgramProfile profile, KernelCache kernels, WorkerPool pool) {
    this.program = program;
    this.kernels = kernels;
    this.profile = profile;
    this.inPlace = new int[program.outputs().size()];
    Arrays.setAll(inPlace, i -> program.inPlace(i).orElse(-1));
    this.updatesInputs = Arrays.stream(inPlace).anyMatch(over -> over >= 0);
    ProgramRun first = new ProgramRun(program, kernels, pool, this::constant);
    this.nests = first.nests();
    this.runs =
        new RunPool<>(
            program.name(),
            first,
            () -> new ProgramRun(program, kernels, pool, this::constant),
            ProgramRun::unbind);
  }

  /** Returns the nests that have code, in program order. */
  public List<NestCall> nests() {
    return nests;
  }

  @Override
  public void run(List<? extends Tensor> inputs, List<? extends Tensor> outputs) {
    run(inputs, outputs, null, null);
  }

  @Override
  public void run(
      List<? extends Tensor> inputs,
      List<? extends Tensor> outputs,
      Supplier<? extends List<? extends Tensor>> updates) {
    run(inputs, outputs, updates, null);
  }

  @Override
  public CompiledProgram bind(List<? extends Tensor> given) {
    List<HostTensor> last = HostOperands.of(program, "bound input", given);
    int from = program.inputs().size() - last.size();
    if (from < 0) {
      throw new LoweringException(
          "@%s: got %d inputs to bind, expected at most %d"
              .formatted(program.name(), last.size(), program.inputs().size()));
    }
    List<Integer> buffers = program.inputs().subList(from, program.inputs().size());
    require("bound input", last, buffers);
    for (int b : buffers) {
      if (program.outputs().contains(b)) {
        throw new LoweringException(
            "@%s: input %d is written in place, so it cannot be bound"
                .formatted(program.name(), program.inputs().indexOf(b)));
      }
    }
    return new BoundProgram(
        new ProgramRun.Bound(List.copyOf(last), program.inputs().subList(0, from), buffers));
  }

  /** This code with its last inputs given. */
  private final class BoundProgram implements CompiledProgram {
    private final ProgramRun.Bound bound;

    BoundProgram(ProgramRun.Bound bound) {
      this.bound = bound;
    }

    @Override
    public void run(
        List<? extends Tensor> inputs,
        List<? extends Tensor> outputs,
        Supplier<? extends List<? extends Tensor>> updates) {
      CpuProgram.this.run(inputs, outputs, updates, bound);
    }

    @Override
    public void unbind() {
      runs.eachFree(r -> r.unbind(bound));
    }

    @Override
    public String disassemble() {
      return CpuProgram.this.disassemble();
    }
  }

  private void run(
      List<? extends Tensor> given,
      List<? extends Tensor> results,
      @Nullable Supplier<? extends List<? extends Tensor>> updates,
      ProgramRun.@Nullable Bound bound) {
    List<HostTensor> inputs = HostOperands.of(program, "input", given);
    List<HostTensor> outputs = HostOperands.of(program, "output", results);
    require("input", inputs, bound == null ? program.inputs() : bound.first());
    require("output", outputs, program.outputs());
    apart(inputs, outputs);
    ProgramRun run = runs.take();
    try {
      Supplier<List<HostTensor>> last = checked(inputs, outputs, updates);
      if (ProgramProfile.isRecording()) {
        try (RunCounts counts = profile.begin()) {
          run.run(inputs, outputs, last, bound, counts);
        }
      } else {
        run.run(inputs, outputs, last, bound, null);
      }
    } finally {
      runs.give(run);
    }
  }

  /** The memory of a constant, which all runs read. */
  private MemorySegment constant(int buffer, HostTensor value) {
    synchronized (constants) {
      return constants.computeIfAbsent(
          buffer,
          _ ->
              ProgramRun.allocate(value.type().bytes(), "constants of @" + program.name())
                  .copyFrom(value.segment()));
    }
  }

  private void require(String what, List<HostTensor> got, List<Integer> buffers) {
    if (got.size() != buffers.size()) {
      throw new LoweringException(
          "@%s: got %d %ss, expected %d"
              .formatted(program.name(), got.size(), what, buffers.size()));
    }
    for (int i = 0; i < buffers.size(); i++) {
      HostTensor t = got.get(i);
      LoopBuffer b = program.buffers().get(buffers.get(i));
      if (!t.type().equals(b.type())) {
        throw new LoweringException(
            "@%s: %s %d has type %s, expected %s"
                .formatted(program.name(), what, i, t.type(), b.type()));
      }
    }
  }

  @SuppressWarnings("ReferenceEquality") // it is about the same memory
  private void apart(List<HostTensor> inputs, List<HostTensor> outputs) {
    for (int i = 0; i < outputs.size(); i++) {
      int over = inPlace[i];
      if (over >= 0 && inputs.get(over) != outputs.get(i)) {
        throw new LoweringException(
            "@%s: output %d is another tensor than input %d, which it is written over"
                .formatted(program.name(), i, over));
      }
    }
    apart(inputs, outputs, false);
  }

  /** Checks what is written over inputs, as late as it is decided: until then it is only read. */
  private @Nullable Supplier<List<HostTensor>> checked(
      List<HostTensor> inputs,
      List<HostTensor> outputs,
      @Nullable Supplier<? extends List<? extends Tensor>> updates) {
    if (!updatesInputs) {
      return null;
    }
    return () -> {
      List<HostTensor> last =
          updates == null ? outputs : HostOperands.of(program, "output", updates.get());
      apart(inputs, last, true);
      return last;
    };
  }

  /**
   * Each output has the memory of no other output, and of no input but the one that it is written
   * over.
   *
   * @param over whether those written over inputs are in memory of their own already
   */
  private void apart(List<HostTensor> inputs, List<HostTensor> outputs, boolean over) {
    if ((long) outputs.size() * inputs.size() > MANY) {
      apartByMap(inputs, outputs, over);
      return;
    }
    for (int i = 0; i < outputs.size(); i++) {
      if (over || inPlace[i] < 0) {
        apart(inputs, outputs, over, i);
      }
    }
  }

  @SuppressWarnings("ReferenceEquality") // it is about the same memory
  private void apart(List<HostTensor> inputs, List<HostTensor> outputs, boolean over, int i) {
    Storage o = outputs.get(i).storage();
    for (int k = 0; k < inputs.size(); k++) {
      if (k != inPlace[i] && inputs.get(k).storage() == o) {
        throw shared("input", k, i);
      }
    }
    for (int k = 0; k < i; k++) {
      if ((over || inPlace[k] < 0) && outputs.get(k).storage() == o) {
        throw shared("output", k, i);
      }
    }
  }

  // The same for many, in time that grows with their number; it allocates.
  private void apartByMap(List<HostTensor> inputs, List<HostTensor> outputs, boolean over) {
    Map<Storage, Integer> written = new IdentityHashMap<>(2 * outputs.size());
    for (int i = 0; i < outputs.size(); i++) {
      if (over || inPlace[i] < 0) {
        Integer other = written.put(outputs.get(i).storage(), i);
        if (other != null) {
          throw shared("output", other, i);
        }
      }
    }
    for (int k = 0; k < inputs.size(); k++) {
      Integer i = written.get(inputs.get(k).storage());
      if (i != null && inPlace[i] != k) {
        throw shared("input", k, i);
      }
    }
  }

  private LoweringException shared(String what, int k, int output) {
    return new LoweringException(
        "@%s: output %d has the memory of %s %d, expected memory of its own"
            .formatted(program.name(), output, what, k));
  }

  @Override
  public String disassemble() {
    return Disassembly.of(program, nests, kernels.vectors());
  }
}
