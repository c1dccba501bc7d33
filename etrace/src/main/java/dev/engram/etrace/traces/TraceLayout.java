package dev.engram.etrace.traces;

import dev.engram.etrace.analysis.Site;
import dev.engram.etrace.signal.StepCopy;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import java.util.List;
import java.util.Optional;

/** The axes of a site's eligibility trace. */
public interface TraceLayout {

  TensorType trace();

  /** Returns the axes of the trace that the signal's axes are, in their order. */
  List<Integer> signalAxes();

  /** Broadcasts a tensor of the signal's shape to the trace's axes. */
  Tensor spreadSignal(Tensor t);

  /** Broadcasts a tensor of x's shape to the trace's axes. */
  Tensor spreadData(Tensor t);

  /** Sums a tensor of the trace's shape over positions, to the weight value's shape. */
  Tensor gather(Tensor t);

  /** The layout for tensors of a copy of the step, which has at least the weights' side. */
  default TraceLayout within(StepCopy copy) {
    return this;
  }

  static TraceLayout of(Site site) {
    return switch (site) {
      case Site.Contract c -> AxisLayout.contract(c);
      case Site.Lookup l -> AxisLayout.lookup(l);
      case Site.Direct d -> AxisLayout.direct(d.weight().type());
      case Site.Moved m -> MovedLayout.of(m);
      case Site.Connected c -> new ConnectedLayout(c, Optional.empty());
    };
  }
}
