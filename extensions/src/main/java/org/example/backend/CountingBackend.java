package org.example.backend;

import dev.engram.ir.Tensor;
import dev.engram.lower.Backend;
import dev.engram.lower.CompiledProgram;
import dev.engram.lower.HostBackend;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.Stmt;
import java.util.List;
import java.util.ServiceLoader;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;

/**
 * The backend {@code counting}: runs programs on another backend, and counts their kernels and
 * their runs. The other backend is {@code cpu} where that is found, else the loop interpreter.
 */
public final class CountingBackend extends HostBackend {
  private static final String NAME = "counting";
  private static final Counts COUNTS = new Counts(new LongAdder(), new LongAdder());

  /** The totals of all programs of this backend. */
  public record Counts(LongAdder kernels, LongAdder runs) {}

  /** Returns the counts of this process. */
  public static Counts counts() {
    return COUNTS;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public CompiledProgram compile(LoopProgram program) {
    COUNTS.kernels().add(Stmt.nests(program.steps()));
    return new Counted(other().compile(program));
  }

  private static Backend other() {
    List<Backend> all =
        ServiceLoader.load(Backend.class).stream()
            .filter(p -> p.type() != CountingBackend.class)
            .map(ServiceLoader.Provider::get)
            .toList();
    return all.stream().filter(b -> b.name().equals("cpu")).findFirst().orElse(all.getFirst());
  }

  private record Counted(CompiledProgram code) implements CompiledProgram {
    @Override
    public void run(
        List<? extends Tensor> inputs,
        List<? extends Tensor> outputs,
        Supplier<? extends List<? extends Tensor>> updates) {
      COUNTS.runs().increment();
      code.run(inputs, outputs, updates);
    }

    @Override
    public String disassemble() {
      return code.disassemble();
    }
  }
}
