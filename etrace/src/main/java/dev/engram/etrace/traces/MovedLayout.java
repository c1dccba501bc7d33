package dev.engram.etrace.traces;

import dev.engram.autodiff.Batch;
import dev.engram.autodiff.Vjp;
import dev.engram.etrace.analysis.Site;
import dev.engram.etrace.normalize.FlatLength;
import dev.engram.etrace.normalize.Relabelling;
import dev.engram.ir.Builder;
import dev.engram.ir.Graph;
import dev.engram.ir.Lit;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.Tracer;
import dev.engram.ir.Value;
import dev.engram.ir.op.Move;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The axes of a trace whose signal is a product y with its positions relabelled, {@code y' = M y}:
 * the axes that the weight is summed over, then those of y'.
 *
 * @param own the layout of y itself
 * @param summedOver the axes of {@code own}'s trace that are not axes of y, ascending
 */
public record MovedLayout(
    AxisLayout own, TensorType y, Relabelling relabel, List<Integer> summedOver, TensorType trace)
    implements TraceLayout {

  static MovedLayout of(Site.Moved site) {
    AxisLayout own = (AxisLayout) TraceLayout.of(site.base());
    TensorType y = site.base().signal().type();
    List<Integer> summed =
        IntStream.range(0, own.trace().rank())
            .filter(a -> !own.signalAxes().contains(a))
            .boxed()
            .toList();
    List<Integer> dims = new ArrayList<>();
    summed.forEach(a -> dims.add(own.trace().shape().dim(a)));
    dims.addAll(site.signal().type().shape().dims());
    return new MovedLayout(own, y, site.relabel(), summed, y.with(Shape.of(dims)));
  }

  private int lead() {
    return summedOver.size();
  }

  private int size() {
    List<Integer> dims = summedOver.stream().map(a -> own.trace().shape().dim(a)).toList();
    return FlatLength.of(own.trace().with(Shape.of(dims)));
  }

  @Override
  public List<Integer> signalAxes() {
    return IntStream.range(lead(), trace.rank()).boxed().toList();
  }

  @Override
  public Tensor spreadSignal(Tensor t) {
    return behind(t, trace.shape());
  }

  private Tensor behind(Tensor t, Shape to) {
    if (lead() == 0) {
      return t;
    }
    List<Integer> axes = IntStream.range(lead(), to.rank()).boxed().toList();
    return Tensor.apply(new Move.Broadcast(to, axes), List.of(t)).getFirst();
  }

  @Override
  public Tensor spreadData(Tensor t) {
    Tensor wide = own.spreadData(t); // at the axes of y's own trace
    Tensor first = wide.transpose(order().stream().mapToInt(i -> i).toArray());
    Tensor rows = first.reshape(y.shape().insert(0, size()));
    return mapped(relabel.graph(y), rows).reshape(trace.shape());
  }

  // The summed axes, then y's own in y's order.
  private List<Integer> order() {
    List<Integer> order = new ArrayList<>(summedOver);
    order.addAll(own.signalAxes());
    return order;
  }

  @Override
  public Tensor gather(Tensor t) {
    List<Integer> moved = trace.shape().dims().subList(lead(), trace.rank());
    Tensor rows = t.reshape(Shape.of(moved).insert(0, size()));
    Tensor at = mapped(backward(relabel, y), rows);
    List<Integer> dims = new ArrayList<>();
    order().forEach(a -> dims.add(own.trace().shape().dim(a)));
    int[] back = new int[dims.size()];
    for (int i = 0; i < back.length; i++) {
      back[order().get(i)] = i;
    }
    return own.gather(at.reshape(Shape.of(dims)).transpose(back));
  }

  /** Returns the transpose of a relabelling: from y' to y. */
  public static Graph backward(Relabelling relabel, TensorType y) {
    Graph vjp = Vjp.of(relabel.graph(y), List.of(true));
    Builder b = new Builder("relabel_back");
    Value dy = b.param(vjp.params().getLast());
    return b.build(List.of(b.inline(vjp, List.of(Lit.zero(y), dy)).getLast()));
  }

  private static Tensor mapped(Graph g, Tensor rows) {
    Graph wide = Batch.of(g, List.of(true), rows.dim(0)).graph();
    Builder b = ((Tracer) rows).builder();
    return b.tracer(b.inline(wide, List.of(b.lift(rows))).getFirst());
  }
}
