package dev.engram;

import dev.engram.ir.HostTensor;
import dev.engram.ir.Param;
import dev.engram.ir.Tensor;
import dev.engram.ir.Trace;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A function that is compiled for every new structure and type of its arguments and states. */
final class Jit {
  private final String name;
  private final Compiler compiler;
  private final Fn1<List<Object>, Object> f;
  private final Map<List<Tree.Spec>, List<Compiled>> compiled = new HashMap<>();

  private record Compiled(Traced traced, Executable code) {

    /** True when the states that were captured still have the types they were traced with. */
    boolean fits() {
      for (int i = 0; i < traced.captured().size(); i++) {
        if (traced.captured().get(i) instanceof Captured.OfState(State s, int mapped)) {
          Param p = traced.graph().params().get(traced.argCount() + i);
          Optional<Frame.Peek> now = Frame.peek(s);
          if (now.isEmpty() || now.get().mapped() != mapped || !now.get().type().equals(p.type())) {
            return false;
          }
        }
      }
      return true;
    }

    Object run(List<Tensor> leaves) {
      List<HostTensor> args = new ArrayList<>(traced.graph().params().size());
      leaves.forEach(x -> args.add(x.host()));
      traced.captured().forEach(c -> args.add(c.now().host()));
      return traced.apply(code.run(args));
    }
  }

  Jit(String name, Compiler compiler, Fn1<List<Object>, Object> f) {
    this.name = name;
    this.compiler = compiler;
    this.f = f;
  }

  Object call(List<Object> args) {
    if (Trace.current().isPresent()) {
      return f.apply(args);
    }
    List<Tree.Flat> flat = Tracing.flatten(name, args);
    List<Tensor> leaves = Tracing.leaves(flat);
    return find(Tracing.specs(flat)).run(leaves);
  }

  private synchronized Compiled find(List<Tree.Spec> args) {
    List<Compiled> known = compiled.computeIfAbsent(args, _ -> new ArrayList<>());
    for (Compiled c : known) {
      if (c.fits()) {
        return c;
      }
    }
    Traced traced = Tracing.run(name, Tracing.Kind.PLAIN, f, args).finish();
    Compiled fresh = new Compiled(traced, compiler.compile(traced.graph()));
    known.add(fresh);
    return fresh;
  }
}
