package dev.engram;

import dev.engram.ir.EngramException;
import dev.engram.ir.Graph;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.TensorType;
import dev.engram.jit.Jit;
import dev.engram.jit.SpecMismatch;
import dev.engram.jit.Specialization;
import dev.engram.jit.StateUpdates;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.inspect.FusionReport;
import dev.engram.trace.Tracing;
import dev.engram.trace.TreeSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/** The stages of compilation: {@code jit(f).trace(x).lower().compile()}. */
public final class Stages {
  private Stages() {}

  /** A function as a graph. */
  public static final class Traced<F> {
    private final TracedFunction traced;
    private final BooleanSupplier sameLooks;
    private final List<TreeSpec> specs;
    private final Compiler compiler;
    private final Function<Fn1<List<Object>, Object>, F> typed;

    Traced(Jit.Recorded recorded, Function<Fn1<List<Object>, Object>, F> typed) {
      this.traced = recorded.tracing().finish();
      this.sameLooks = recorded.tracing().frame().looks();
      this.specs = recorded.specs();
      this.compiler = recorded.compiler();
      this.typed = typed;
    }

    /** Returns the graph as traced. */
    public Graph graph() {
      return traced.graph();
    }

    /** Returns the traced function: the graph with the states it reads and writes. */
    public TracedFunction traced() {
      return traced;
    }

    /** Returns the graph after the compiler's passes. */
    public Graph simplified() {
      return compiler.simplify(traced.graph());
    }

    /**
     * Lowers the graph to loops.
     *
     * @throws EngramException for the backend {@code interpreter}, which has none
     */
    public Lowered<F> lower() {
      return new Lowered<>(this, compiler.lower(simplified(), StateUpdates.of(traced)));
    }

    /** The text of {@link #graph}. */
    @Override
    public String toString() {
      return graph().toString();
    }
  }

  /** A function as loops over buffers with planned places in memory. */
  public static final class Lowered<F> {
    private final Traced<F> traced;
    private final LoopProgram program;

    Lowered(Traced<F> traced, LoopProgram program) {
      this.traced = traced;
      this.program = program;
    }

    /** Returns the loops; their text says what is computed where. */
    public LoopProgram program() {
      return program;
    }

    /** Returns the memory that a run needs. */
    public Memory memory() {
      List<Integer> own = new ArrayList<>(program.outputs());
      own.removeAll(program.inputs());
      return new Memory(bytes(program.inputs()), bytes(own), program.arenaBytes());
    }

    private long bytes(List<Integer> buffers) {
      return buffers.stream()
          .map(b -> program.buffers().get(b).type())
          .mapToLong(TensorType::bytes)
          .sum();
    }

    /** Returns the work that a run does. */
    public Cost cost() {
      FusionReport r = report();
      return new Cost(r.flops(), r.bytes());
    }

    /** Returns the work nest by nest. */
    public FusionReport report() {
      return FusionReport.of(program);
    }

    /**
     * Compiles the function. The result accepts arguments and states of the types it was traced
     * for, and refuses others.
     */
    public F compile() {
      CompiledGraph code = traced.compiler.compile(program);
      Specialization s = new Specialization(traced.traced, code, traced.sameLooks, List.of());
      return traced.typed.apply(args -> Fixed.call(s, traced.specs, args));
    }

    /** The text of {@link #program}. */
    @Override
    public String toString() {
      return program.toString();
    }
  }

  /**
   * The memory that a run needs, in bytes.
   *
   * @param arguments input tensors, states included
   * @param results output tensors, states included but for those that are written in place
   * @param working the program's own memory: its peak besides arguments and results
   */
  public record Memory(long arguments, long results, long working) {
    /** Returns the peak of all three together. */
    public long peak() {
      return arguments + results + working;
    }
  }

  /**
   * The work that a run does.
   *
   * @param flops arithmetic on floats; a multiply-add is two. A while loop without a bound counts
   *     once
   * @param bytes read and written by all nests
   */
  public record Cost(long flops, long bytes) {}

  /** A call of a compiled program, which never recompiles. */
  private static final class Fixed {
    static Object call(Specialization s, List<TreeSpec> specs, List<Object> args) {
      List<Tree.Flat> flat = Tracing.flatten("compiled function", args);
      List<String> differs = SpecMismatch.of(specs, Tracing.specs(flat));
      if (differs.isEmpty()) {
        differs = s.misfits();
      }
      if (!differs.isEmpty()) {
        throw new EngramException(
            "compiled function: "
                + String.join("; ", differs)
                + "; trace it for these, or call jit(f), which does ("
                + SourceLocation.here()
                + ")");
      }
      return s.run(Tracing.leaves(flat)).orElseGet(() -> call(s, specs, args));
    }
  }
}
