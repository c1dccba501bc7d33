package dev.engram;

import dev.engram.ir.Tensor;
import dev.engram.ir.Trace;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A function that is compiled for every new structure and type of its arguments and states. */
final class Jit {
  private final String name;
  private final Compiler compiler;
  private final Fn1<List<Object>, Object> f;
  private final Map<List<Tree.Spec>, List<Specialized>> compiled = new HashMap<>();

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

  private synchronized Specialized find(List<Tree.Spec> args) {
    List<Specialized> known = compiled.computeIfAbsent(args, _ -> new ArrayList<>());
    for (Specialized c : known) {
      if (c.fits()) {
        return c;
      }
    }
    Tracing tracing = Tracing.run(name, Tracing.Kind.PLAIN, f, args);
    Traced traced = tracing.finish();
    Specialized fresh =
        new Specialized(traced, compiler.compile(traced.graph()), tracing.frame().looks());
    known.add(fresh);
    return fresh;
  }
}
