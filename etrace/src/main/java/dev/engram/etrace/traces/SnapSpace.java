package dev.engram.etrace.traces;

import dev.engram.etrace.HiddenGroup;
import dev.engram.etrace.KeptPositions;
import dev.engram.etrace.analysis.ColumnColors;
import dev.engram.etrace.analysis.Pattern;
import dev.engram.etrace.analysis.SiteMap;
import dev.engram.etrace.normalize.FlatLength;
import dev.engram.etrace.signal.StepCopy;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.checks.SaturatedCount;
import dev.engram.ir.op.Dot;
import dev.engram.ir.op.Move;
import dev.engram.ir.op.Source;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The axis of positions that the traces of a hidden group have under SnAp-n: those that an
 * influence is kept for.
 */
public sealed interface SnapSpace {

  /** Returns the pattern whose positions it has. */
  Pattern pattern();

  /** Returns the length of the axis. */
  int size();

  /** Returns the type of a trace, with all axes of its layout and that of positions. */
  TensorType trace(TraceLayout layout);

  /** Returns ∂h_s/∂h_r as {@link #carried} takes it. */
  Tensor factor(StepCopy copy, int s, int r);

  /** Returns {@code Σ_i J[j,i] ε[w,i]} for the positions j that are kept for w. */
  Tensor carried(TraceLayout layout, Tensor trace, Tensor factor);

  /** Returns a share of the own position as a trace, zero at other positions. */
  Tensor atOwn(StepCopy copy, TraceLayout layout, Tensor share);

  /** Returns the trace without what is not kept. */
  Tensor within(StepCopy copy, TraceLayout layout, Tensor trace);

  /** Returns a learning signal as {@link #credited} takes it. */
  Tensor around(StepCopy copy, Tensor signal);

  /** Returns {@code Σ_j L[j] ε[w,j]}. */
  Tensor credited(TraceLayout layout, Tensor trace, Tensor around);

  /** Returns what the report says about it. */
  default KeptPositions kept(HiddenGroup group) {
    Pattern p = pattern();
    return new KeptPositions(group.index(), p.most(), p.positions(), size());
  }

  /** Returns the cheaper one for each group that has traces, by group index. */
  static Map<Integer, SnapSpace> of(SiteMap map, Map<Integer, Pattern> patterns) {
    Map<Integer, Long> weights = new HashMap<>();
    for (SiteMap.Slot slot : map.slots(new Dynamics.Whole(map))) {
      long size = map.sites.get(slot.site()).layout().trace().size();
      weights.merge(map.group(slot.state()).index(), size, SaturatedCount::sum);
    }
    Map<Integer, SnapSpace> out = new HashMap<>();
    for (HiddenGroup g : map.analysis.groups) {
      Pattern p = patterns.get(g.index());
      if (weights.containsKey(g.index())) {
        boolean near = p.isOwnPositions() || Neighbours.pay(p, weights.get(g.index()), g);
        out.put(g.index(), near ? Neighbours.of(p, map.colors(g)) : new AllPositions(p));
      }
    }
    return out;
  }

  /**
   * K positions, of which the weight's own one is the first. Where a position has fewer, the rest
   * of the axis stays zero.
   *
   * <pre>
   *   ε[k,w] ← Σ_l B[i,k,l] ε[l,w],     B[i,k,l] = J[kept(i)_k, kept(i)_l],  i the position of w
   * </pre>
   *
   * <p>Traces have the axes of the signal first, so that this is a product of matrices for each
   * position; then that of the kept positions, then the layout's other axes.
   *
   * @param blocks i32[P,K,K], where the elements of B are in the compressed Jacobian
   * @param positions i32[P,K], the positions kept for each; P where there is none
   */
  record Neighbours(Pattern pattern, HostTensor blocks, HostTensor positions) implements SnapSpace {
    /** An element of a block takes about as long to read as this many products. */
    private static final int READING = 8;

    /**
     * True when it takes less arithmetic than all positions do, and the blocks are no larger than
     * those traces would be.
     *
     * @param weights the size of the group's traces with one position for each
     */
    static boolean pay(Pattern p, long weights, HiddenGroup group) {
      double states = group.states().size();
      double block = (double) p.most() * p.most();
      double n = p.positions();
      return block * (weights + READING * states * n) < weights * n * n
          && states * states * block <= weights;
    }

    static Neighbours of(Pattern p, ColumnColors colors) {
      int n = p.positions();
      int most = p.most();
      List<List<Integer>> kept = IntStream.range(0, n).mapToObj(i -> ownFirst(p, i)).toList();
      int[] positions = new int[n * most];
      int[] blocks = new int[Math.multiplyExact(n, most * most)];
      for (int i = 0; i < n; i++) {
        List<Integer> near = kept.get(i);
        for (int k = 0; k < most; k++) {
          positions[i * most + k] = k < near.size() ? near.get(k) : n;
          for (int l = 0; l < most; l++) {
            boolean some = k < near.size() && l < near.size();
            blocks[(i * most + k) * most + l] =
                some ? colors.at(near.get(l), near.get(k)) : colors.nothing();
          }
        }
      }
      return new Neighbours(
          p, HostTensor.of(blocks, n, most, most), HostTensor.of(positions, n, most));
    }

    private static List<Integer> ownFirst(Pattern p, int i) {
      List<Integer> all = new ArrayList<>(List.of(i));
      BitSet kept = p.kept().get(i);
      kept.stream().filter(j -> j != i).forEach(all::add);
      return all;
    }

    @Override
    public int size() {
      return pattern.most();
    }

    @Override
    public Tensor factor(StepCopy copy, int s, int r) {
      return copy.jacobian(copy.map.group(s)).entries(s, r, copy.b.tracer(copy.b.lift(blocks)));
    }

    /** The axes of the layout: the signal's, then the others. */
    private static List<Integer> signalFirst(TraceLayout layout) {
      List<Integer> axes = new ArrayList<>(layout.signalAxes());
      IntStream.range(0, layout.trace().rank()).filter(a -> !axes.contains(a)).forEach(axes::add);
      return axes;
    }

    @Override
    public TensorType trace(TraceLayout layout) {
      Shape own = layout.trace().shape();
      List<Integer> dims = new ArrayList<>(signalFirst(layout).stream().map(own::dim).toList());
      dims.add(layout.signalAxes().size(), size());
      return layout.trace().with(Shape.of(dims));
    }

    @Override
    public Tensor carried(TraceLayout layout, Tensor trace, Tensor factor) {
      return eachOwn(layout, trace, factor);
    }

    @Override
    public Tensor atOwn(StepCopy copy, TraceLayout layout, Tensor share) {
      int axis = layout.signalAxes().size();
      Shape all = trace(layout).shape();
      List<Integer> others = new ArrayList<>(IntStream.range(0, all.rank()).boxed().toList());
      others.remove(axis);
      Tensor first = AxisLayout.permuted(share, signalFirst(layout));
      Tensor wide = Tensor.apply(new Move.Broadcast(all, others), List.of(first)).getFirst();
      TensorType numbers = TensorType.of(DType.I32, size());
      Tensor number = copy.b.tracer(copy.b.emit1(new Source.Iota(numbers, 0)));
      Tensor own = number.eq(HostTensor.of(new int[] {0})).cast(share.dtype());
      return wide.mul(
          Tensor.apply(new Move.Broadcast(all, List.of(axis)), List.of(own)).getFirst());
    }

    @Override
    public Tensor within(StepCopy copy, TraceLayout layout, Tensor trace) {
      return trace;
    }

    @Override
    public Tensor around(StepCopy copy, Tensor signal) {
      int n = pattern.positions();
      Tensor flat = signal.reshape(n).pad(List.of(0), List.of(1), 0);
      return flat.take(copy.b.tracer(copy.b.lift(positions)), 0);
    }

    @Override
    public Tensor credited(TraceLayout layout, Tensor trace, Tensor around) {
      List<Integer> order = signalFirst(layout);
      List<Integer> back = IntStream.range(0, order.size()).map(order::indexOf).boxed().toList();
      return AxisLayout.permuted(eachOwn(layout, trace, around), back);
    }

    /**
     * Contracts the trace's kept positions with the last axis of {@code [P,K]} or {@code [P,K,K]}.
     */
    private static Tensor eachOwn(TraceLayout layout, Tensor trace, Tensor by) {
      int n = layout.signalAxes().size();
      List<Integer> dims = new ArrayList<>(trace.shape().dims().subList(0, n));
      IntStream.range(1, by.rank()).forEach(a -> dims.add(by.dim(a)));
      List<Integer> each = IntStream.range(0, n).boxed().toList();
      return by.reshape(Shape.of(dims))
          .dot(trace, new Dot(List.of(dims.size() - 1), List.of(n), each, each));
    }
  }

  /**
   * All P positions of the group; those outside the pattern are set to zero after each step.
   *
   * @param pattern whose positions are kept
   */
  record AllPositions(Pattern pattern) implements SnapSpace {
    @Override
    public int size() {
      return pattern.positions();
    }

    @Override
    public Tensor factor(StepCopy copy, int s, int r) {
      return copy.jacobian(copy.map.group(s)).block(s, r);
    }

    @Override
    public TensorType trace(TraceLayout layout) {
      TensorType own = layout.trace();
      return own.with(own.shape().insert(own.rank(), size()));
    }

    @Override
    public Tensor carried(TraceLayout layout, Tensor trace, Tensor factor) {
      return times(trace, factor);
    }

    @Override
    public Tensor within(StepCopy copy, TraceLayout layout, Tensor trace) {
      return pattern
          .mask(trace.dtype())
          .map(
              m -> {
                Tensor own = own(copy, layout).oneHot(size(), trace.dtype());
                return trace.mul(times(own, copy.b.tracer(copy.b.lift(m))));
              })
          .orElse(trace);
    }

    // [w…, i] · [i, j…] over i
    private static Tensor times(Tensor trace, Tensor j) {
      return trace.dot(j, new Dot(List.of(trace.rank() - 1), List.of(0), List.of(), List.of()));
    }

    @Override
    public Tensor atOwn(StepCopy copy, TraceLayout layout, Tensor share) {
      Tensor own = own(copy, layout).oneHot(size(), share.dtype());
      return share.expandDims(share.rank()).broadcastTo(own.shape()).mul(own);
    }

    /** The position that each trace element's signal has, {@code [w…]}. */
    private static Tensor own(StepCopy copy, TraceLayout layout) {
      Shape trace = layout.trace().shape();
      List<Integer> dims = layout.signalAxes().stream().map(trace::dim).toList();
      int n = FlatLength.of(layout.trace().with(Shape.of(dims)));
      HostTensor index = HostTensor.of(IntStream.range(0, n).toArray(), n);
      return layout.spreadSignal(copy.b.tracer(copy.b.lift(index)).reshape(Shape.of(dims)));
    }

    @Override
    public Tensor around(StepCopy copy, Tensor signal) {
      return signal.reshape(size());
    }

    @Override
    public Tensor credited(TraceLayout layout, Tensor trace, Tensor around) {
      return times(trace, around);
    }
  }
}
