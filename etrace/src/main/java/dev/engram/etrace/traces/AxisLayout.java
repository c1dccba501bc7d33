package dev.engram.etrace.traces;

import dev.engram.etrace.analysis.Site;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.op.Dot;
import dev.engram.ir.op.Move;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The axes of a site's eligibility trace ε.
 *
 * <p>For a contraction {@code y[n,l,r] = Σ_c x[n,l,c] w[n,c,r]} the trace has the axes {@code [n,
 * l, w's own axes without n]}, one element for each pair of a position of y and a weight that
 * reaches it. For a direct site the trace has the axes of the weight value.
 */
record AxisLayout(
    TensorType trace,
    List<Integer> signalAxes,
    List<Integer> dataAxes,
    List<Integer> summed,
    List<Integer> weightAxes)
    implements TraceLayout {

  static AxisLayout direct(TensorType t) {
    List<Integer> axes = IntStream.range(0, t.rank()).boxed().toList();
    return new AxisLayout(t, axes, List.of(), List.of(), axes);
  }

  /** {@code y[p…, j…, q…] = w[p…, i[j…], q…]}: a contraction with the one-hot of i. */
  static AxisLayout lookup(Site.Lookup l) {
    TensorType w = l.weight().type();
    int axis = l.gather().axis();
    int j = l.indices().type().rank();
    List<Integer> dims = new ArrayList<>(l.indices().type().shape().dims());
    dims.addAll(w.shape().dims());
    List<Integer> signal = new ArrayList<>();
    for (int a = 0; a < w.rank(); a++) {
      if (a == axis) {
        IntStream.range(0, j).forEach(signal::add);
      } else {
        signal.add(j + a);
      }
    }
    List<Integer> data = new ArrayList<>(IntStream.range(0, j).boxed().toList());
    data.add(j + axis);
    return new AxisLayout(
        new TensorType(w.dtype(), Shape.of(dims)),
        signal,
        data,
        IntStream.range(0, j).boxed().toList(),
        IntStream.range(0, w.rank()).boxed().toList());
  }

  static AxisLayout contract(Site.Contract c) {
    Dot dot = c.dot();
    boolean weightLeft = c.weightOperand() == 0;
    Shape w = c.weight().type().shape();
    Shape x = c.data().type().shape();
    List<Integer> wBatch = weightLeft ? dot.lhsBatch() : dot.rhsBatch();
    List<Integer> xBatch = weightLeft ? dot.rhsBatch() : dot.lhsBatch();
    List<Integer> wContract = weightLeft ? dot.lhsContract() : dot.rhsContract();
    List<Integer> xContract = weightLeft ? dot.rhsContract() : dot.lhsContract();
    List<Integer> wFree = weightLeft ? dot.lhsFree(w.rank()) : dot.rhsFree(w.rank());
    List<Integer> xFree = weightLeft ? dot.rhsFree(x.rank()) : dot.lhsFree(x.rank());
    List<Integer> own =
        IntStream.range(0, w.rank()).boxed().filter(a -> !wBatch.contains(a)).toList();
    int batch = wBatch.size();
    int lead = batch + xFree.size();

    List<Integer> dims = new ArrayList<>();
    wBatch.forEach(a -> dims.add(w.dim(a)));
    xFree.forEach(a -> dims.add(x.dim(a)));
    own.forEach(a -> dims.add(w.dim(a)));

    // y's axes: the batch axes, the left operand's free axes, the right operand's free axes.
    List<Integer> signal = new ArrayList<>(IntStream.range(0, batch).boxed().toList());
    List<Integer> ofData = IntStream.range(batch, lead).boxed().toList();
    List<Integer> ofWeight = wFree.stream().map(a -> lead + own.indexOf(a)).toList();
    signal.addAll(weightLeft ? ofWeight : ofData);
    signal.addAll(weightLeft ? ofData : ofWeight);

    List<Integer> data = new ArrayList<>();
    for (int a = 0; a < x.rank(); a++) {
      data.add(
          xBatch.contains(a)
              ? xBatch.indexOf(a)
              : xFree.contains(a)
                  ? batch + xFree.indexOf(a)
                  : lead + own.indexOf(wContract.get(xContract.indexOf(a))));
    }
    List<Integer> weightAxes = new ArrayList<>();
    for (int a = 0; a < w.rank(); a++) {
      weightAxes.add(wBatch.contains(a) ? wBatch.indexOf(a) : batch + own.indexOf(a));
    }
    return new AxisLayout(
        new TensorType(c.weight().type().dtype(), Shape.of(dims)),
        signal,
        data,
        ofData,
        weightAxes);
  }

  @Override
  public Tensor spreadSignal(Tensor t) {
    return spread(t, signalAxes);
  }

  @Override
  public Tensor spreadData(Tensor t) {
    return spread(t, dataAxes);
  }

  @Override
  public Tensor gather(Tensor t) {
    Tensor s = summed.isEmpty() ? t : t.sum(summed.stream().mapToInt(i -> i).toArray());
    return permuted(s, weightAxes);
  }

  private Tensor spread(Tensor t, List<Integer> axes) {
    List<Integer> order =
        IntStream.range(0, axes.size())
            .boxed()
            .sorted((a, b) -> axes.get(a) - axes.get(b))
            .toList();
    Tensor sorted = permuted(t, order);
    List<Integer> to = axes.stream().sorted().toList();
    return to.size() == trace.rank()
        ? sorted
        : Tensor.apply(new Move.Broadcast(trace.shape(), to), List.of(sorted)).getFirst();
  }

  /** Transposes; leaves the tensor as it is where nothing changes places. */
  static Tensor permuted(Tensor t, List<Integer> perm) {
    for (int i = 0; i < perm.size(); i++) {
      if (perm.get(i) != i) {
        return Tensor.apply(new Move.Transpose(perm), List.of(t)).getFirst();
      }
    }
    return t;
  }
}
