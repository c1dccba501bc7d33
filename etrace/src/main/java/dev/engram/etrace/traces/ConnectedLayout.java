package dev.engram.etrace.traces;

import dev.engram.etrace.analysis.Site;
import dev.engram.etrace.signal.StepCopy;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import java.util.List;
import java.util.Optional;

/**
 * The trace of a product by tables of connections has an element for each weight. Its axes are not
 * those of data and signal, which are looked up by the tables.
 *
 * @param copy has the tables; empty where only the type is asked for
 */
record ConnectedLayout(Site.Connected site, Optional<StepCopy> copy) implements TraceLayout {
  @Override
  public TensorType trace() {
    return site.weight().type();
  }

  @Override
  public List<Integer> signalAxes() {
    throw new IllegalStateException("positions of the signal are looked up by tables");
  }

  @Override
  public TraceLayout within(StepCopy copy) {
    return new ConnectedLayout(site, Optional.of(copy));
  }

  private List<Tensor> tables() {
    StepCopy c = copy.orElseThrow(() -> new IllegalStateException("not within a copy"));
    return site.tables().stream().<Tensor>map((Value v) -> c.tensor(v)).toList();
  }

  @Override
  public Tensor spreadSignal(Tensor t) {
    return site.op().resultAtWeights(t, tables());
  }

  @Override
  public Tensor spreadData(Tensor t) {
    return site.op().dataAtWeights(t, tables());
  }

  @Override
  public Tensor gather(Tensor t) {
    return t;
  }
}
