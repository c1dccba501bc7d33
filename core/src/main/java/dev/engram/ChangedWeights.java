package dev.engram;

import dev.engram.ir.Tensor;
import dev.engram.jit.Fns;
import dev.engram.state.FrozenPart;
import dev.engram.trace.Flattening;
import dev.engram.trace.TraceOrRun;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/** A network each of whose weights is used through a function, such as {@link Tensor#untraced}. */
final class ChangedWeights<X, O> extends Network<X, O> implements Transparent, FrozenPart {
  private final Network<X, O> network;
  private final UnaryOperator<Tensor> use;
  private final boolean frozen;

  private ChangedWeights(Network<X, O> network, UnaryOperator<Tensor> use, boolean frozen) {
    this.network = network;
    this.use = use;
    this.frozen = frozen;
  }

  static <X, O> ChangedWeights<X, O> untraced(Network<X, O> network) {
    return new ChangedWeights<>(network, Tensor::untraced, false);
  }

  static <X, O> ChangedWeights<X, O> frozen(Network<X, O> network) {
    return new ChangedWeights<>(network, w -> w.untraced().stopGradient(), true);
  }

  @Override
  public boolean isFrozen() {
    return frozen;
  }

  @Override
  public O update(X x) {
    TracedFunction t = TracedFunction.of("changed", Fns.list(network::update), List.of(x));
    List<Tensor> operands = new ArrayList<>(Tree.leaves(x));
    for (Captured c : t.captured()) {
      boolean isWeight =
          c instanceof Captured.OfState(State s, int _) && s.kind() == State.Kind.PARAMETER;
      operands.add(isWeight ? use.apply(c.now()) : c.now());
    }
    return Flattening.<O>cast(t.apply(TraceOrRun.graph(t.graph(), operands)));
  }

  /** The same as a layer. */
  static final class OfLayer extends Layer implements Transparent {
    private final ChangedWeights<Tensor, Tensor> inner;

    OfLayer(ChangedWeights<Tensor, Tensor> inner) {
      this.inner = inner;
    }

    @Override
    public Tensor update(Tensor x) {
      return inner.update(x);
    }
  }
}
