package dev.engram.text;

import dev.engram.autodiff.Batch;
import dev.engram.autodiff.Jvp;
import dev.engram.autodiff.Vjp;
import dev.engram.ir.Graph;
import dev.engram.ir.passes.Pipeline;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/** Passes by their names in files and command lines. */
public final class Passes {
  private Passes() {}

  /** Returns the passes of the standard pipeline, whole pipelines, derivatives and batching. */
  public static Map<String, UnaryOperator<Graph>> all() {
    Map<String, UnaryOperator<Graph>> m = new TreeMap<>();
    Pipeline.standard().passes().forEach(p -> m.put(p.name(), p.run()));
    m.put("standard", Pipeline.standard()::run);
    m.put("keepingRules", Pipeline.keepingRules()::run);
    m.put("jvp", g -> Jvp.of(g, floats(g)));
    m.put("vjp", g -> Vjp.of(g, floats(g)));
    m.put("batch", g -> Batch.of(g, g.params().stream().map(p -> true).toList(), 3).graph());
    return m;
  }

  /** Selects the parameters that have derivatives. */
  private static List<Boolean> floats(Graph g) {
    return g.params().stream().map(p -> p.type().dtype().isFloat()).toList();
  }
}
