package dev.engram.jit;

import dev.engram.Compiler;
import dev.engram.Fn1;
import dev.engram.Jitted;
import dev.engram.Stages;
import dev.engram.TracedFunction;
import dev.engram.Tree;
import dev.engram.ir.EngramException;
import dev.engram.ir.HostTensor;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.Trace;
import dev.engram.ir.runtime.RowCode;
import dev.engram.trace.Tracing;
import dev.engram.trace.TreeSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** A function that is compiled for every new structure and type of its arguments and states. */
public final class Jit {
  private final String name;
  private final Compiler compiler;
  private final Fn1<List<Object>, Object> f;

  /** Positions of donated arguments, whose memory may be reused. */
  private final List<Integer> donated;

  private final int capacity;
  private final ProgramCache programs;

  public Jit(String name, Compiler compiler, Fn1<List<Object>, Object> f) {
    this(name, compiler, f, List.of(), Jitted.PROGRAMS);
  }

  private Jit(
      String name,
      Compiler compiler,
      Fn1<List<Object>, Object> f,
      List<Integer> donated,
      int capacity) {
    this.name = name;
    this.compiler = compiler;
    this.f = f;
    this.donated = donated;
    this.capacity = capacity;
    this.programs = new ProgramCache(capacity);
  }

  /** Returns the same function, which keeps at most this many programs. */
  public Jit keeping(int programs) {
    if (programs < 1) {
      throw new EngramException(
          "jit: keeping("
              + programs
              + "), expected at least 1 program ("
              + SourceLocation.here()
              + ")");
    }
    return new Jit(name, compiler, f, donated, programs);
  }

  /** Returns the same function, which may reuse the memory of these arguments. */
  public Jit donating(int arguments, int... donated) {
    for (int i : donated) {
      if (i < 0 || i >= arguments) {
        throw new EngramException(
            "jit: argument "
                + i
                + " cannot be donated, expected 0 to "
                + (arguments - 1)
                + " ("
                + SourceLocation.here()
                + ")");
      }
    }
    return new Jit(name, compiler, f, Arrays.stream(donated).boxed().toList(), capacity);
  }

  public Object call(List<Object> args) {
    if (RowCode.isRunning()) {
      throw RowCode.refused(name + ": a compiled function is called");
    }
    if (Trace.current().isPresent()) {
      return f.apply(args);
    }
    List<Tree.Flat> flat = Tracing.flatten(name, args);
    List<Tensor> leaves = Tracing.leaves(flat);
    while (true) {
      Optional<Object> result = program(flat).run(leaves);
      if (result.isPresent()) {
        return result.get();
      }
    }
  }

  private Specialization program(List<Tree.Flat> args) {
    synchronized (programs) {
      Optional<Specialization> again = programs.again(args);
      if (again.isPresent()) {
        return again.get();
      }
    }
    return find(Tracing.specs(args));
  }

  private Specialization find(List<TreeSpec> args) {
    Supplier<String> reason;
    synchronized (programs) {
      Optional<Specialization> known = programs.find(args);
      if (known.isPresent()) {
        return known.get();
      }
      reason = programs.why(args);
    }
    String why = reason.get();
    // No lock is held while the user's function runs: two threads may both come to trace it.
    Tracing tracing = Tracing.run(name, Tracing.Kind.PLAIN, f, args);
    TracedFunction traced = tracing.finish();
    Specialization fresh =
        new Specialization(
            traced,
            compiler.compile(traced.graph(), StateUpdates.of(traced)),
            tracing.frame().looks(),
            donatedLeaves(args));
    SourceLocation where = SourceLocation.here();
    synchronized (programs) {
      Optional<Specialization> other = programs.known(args);
      if (other.isPresent()) {
        return other.get();
      }
      programs.add(args, fresh, where, why);
      return fresh;
    }
  }

  private List<Integer> donatedLeaves(List<TreeSpec> args) {
    List<Integer> leaves = new ArrayList<>();
    int next = 0;
    for (int i = 0; i < args.size(); i++) {
      for (int k = 0; k < args.get(i).types().size(); k++, next++) {
        if (donated.contains(i)) {
          leaves.add(next);
        }
      }
    }
    return leaves;
  }

  public String explain() {
    synchronized (programs) {
      return programs.explain(name);
    }
  }

  /** The parts of a {@link Stages.Traced}. */
  public record Recorded(Tracing tracing, List<TreeSpec> specs, Compiler compiler) {}

  public Recorded trace(List<Object> args) {
    List<Object> like =
        args.stream().map(a -> a instanceof TensorType t ? HostTensor.allocate(t) : a).toList();
    List<TreeSpec> specs = Tracing.specs(Tracing.flatten(name, like));
    return new Recorded(Tracing.run(name, Tracing.Kind.PLAIN, f, specs), specs, compiler);
  }
}
