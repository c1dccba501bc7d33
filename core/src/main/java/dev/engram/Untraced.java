package dev.engram;

import dev.engram.ir.Tensor;
import dev.engram.jit.Fns;
import dev.engram.trace.TraceOrRun;
import java.util.ArrayList;
import java.util.List;

/** A layer each of whose weights is used with {@link Tensor#untraced}. */
final class Untraced extends Layer implements Transparent {
  private final Layer layer;

  Untraced(Layer layer) {
    this.layer = layer;
  }

  @Override
  public Tensor update(Tensor x) {
    TracedFunction t = TracedFunction.of("untraced", Fns.list(layer::update), List.of(x));
    List<Tensor> operands = new ArrayList<>(List.of(x));
    for (Captured c : t.captured()) {
      boolean isWeight =
          c instanceof Captured.OfState(State s, int _) && s.kind() == State.Kind.PARAMETER;
      operands.add(isWeight ? c.now().untraced() : c.now());
    }
    return (Tensor) t.apply(TraceOrRun.graph(t.graph(), operands));
  }
}
