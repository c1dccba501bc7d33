package dev.engram;

import dev.engram.ir.EngramException;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.Trace;
import dev.engram.ir.Where;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** A function that is compiled for every new structure and type of its arguments and states. */
final class Jit {
  private final String name;
  private final Compiler compiler;
  private final Fn1<List<Object>, Object> f;

  /** Arguments whose memory may be used. */
  private final List<Integer> donated;

  private final Map<List<Tree.Spec>, List<Specialized>> compiled = new HashMap<>();
  private final List<Miss> misses = new ArrayList<>();
  private long calls;

  /**
   * A call for which there was no program.
   *
   * @param why what differed from the closest program
   */
  private record Miss(Where where, String why, List<Tree.Spec> args, Specialized program) {}

  Jit(String name, Compiler compiler, Fn1<List<Object>, Object> f) {
    this(name, compiler, f, List.of());
  }

  private Jit(String name, Compiler compiler, Fn1<List<Object>, Object> f, List<Integer> donated) {
    this.name = name;
    this.compiler = compiler;
    this.f = f;
    this.donated = donated;
  }

  /** The same function, which may use the memory of these arguments. */
  Jit donating(int arguments, int... donated) {
    for (int i : donated) {
      if (i < 0 || i >= arguments) {
        throw new EngramException(
            "jit: argument "
                + i
                + " cannot be donated, expected 0 to "
                + (arguments - 1)
                + " ("
                + Where.here()
                + ")");
      }
    }
    return new Jit(name, compiler, f, Arrays.stream(donated).boxed().toList());
  }

  Object call(List<Object> args) {
    if (Trace.current().isPresent()) {
      return f.apply(args);
    }
    List<Tree.Flat> flat = Tracing.flatten(name, args);
    List<Tensor> leaves = Tracing.leaves(flat);
    return find(Tracing.specs(flat)).run(leaves);
  }

  private synchronized Specialized find(List<Tree.Spec> args) {
    calls++;
    List<Specialized> known = compiled.computeIfAbsent(args, _ -> new ArrayList<>());
    for (Specialized c : known) {
      if (c.fits()) {
        return c;
      }
    }
    String why = why(args);
    Tracing tracing = Tracing.run(name, Tracing.Kind.PLAIN, f, args);
    Traced traced = tracing.finish();
    Specialized fresh =
        new Specialized(
            traced, compiler.compile(traced.graph()), tracing.frame().looks(), donatedLeaves(args));
    known.add(fresh);
    misses.add(new Miss(Where.here(), why, args, fresh));
    return fresh;
  }

  private List<Integer> donatedLeaves(List<Tree.Spec> args) {
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

  /** What keeps the closest program from doing, the latest of several. */
  private String why(List<Tree.Spec> args) {
    return misses.reversed().stream()
        .map(
            m -> {
              List<String> differs = Misfit.of(m.args(), args);
              return differs.isEmpty() ? m.program().misfits() : differs;
            })
        .min(Comparator.comparingInt(List::size))
        .map(lines -> String.join("; ", lines))
        .orElse("first call");
  }

  synchronized String explain() {
    StringBuilder out = new StringBuilder();
    out.append("%s: %d programs in %d calls%n".formatted(name, misses.size(), calls));
    for (int i = 0; i < misses.size(); i++) {
      Miss m = misses.get(i);
      out.append("  program %d (%s): %s%n".formatted(i, m.where(), m.why()));
    }
    return out.toString();
  }

  <F> Stages.Traced<F> trace(List<Object> args, Function<Fn1<List<Object>, Object>, F> typed) {
    List<Object> like =
        args.stream().map(a -> a instanceof TensorType t ? HostTensor.allocate(t) : a).toList();
    List<Tree.Spec> specs = Tracing.specs(Tracing.flatten(name, like));
    return new Stages.Traced<>(
        Tracing.run(name, Tracing.Kind.PLAIN, f, specs), specs, compiler, typed);
  }
}
