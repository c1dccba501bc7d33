package dev.engram.tests.online;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Engram;
import dev.engram.Layer;
import dev.engram.RandomKey;
import dev.engram.RandomTensors;
import dev.engram.State;
import dev.engram.etrace.Rule;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.op.Index;
import dev.engram.ir.op.Op;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Branches that are not taken, and updates out of range. */
class BranchTest {
  /** The square root of a negative signal has no derivative, and is not taken. */
  private static final class Rooted extends Layer {
    private final State w =
        parameter(RandomTensors.normal(RandomKey.of(1), Shape.of(3, 1), DType.F64));
    private final State h = hidden(() -> HostTensor.full(TensorType.of(DType.F64, 1), 0));

    @Override
    public Tensor update(Tensor x) {
      Tensor y = x.matmul(w.value());
      Tensor z = Engram.cond(y.sum().gt(0), () -> y.sqrt(), () -> y.mul(0.3));
      h.set(h.value().mul(0.5).add(z));
      return h.value();
    }
  }

  @Test
  void aBranchThatIsNotTakenHasNoDerivative() {
    Job job = Job.of("rooted", 3, 1, Rooted::new);
    double size = job.bptt().get("w").host().abs().max().host().getDouble(0);
    assertTrue(size > 0 && Double.isFinite(size), () -> "gradient of size " + size);
    for (Rule rule : List.of(Rule.dRtrl(), Rule.rtrl(), Rule.snAp(2))) {
      double distance = Job.distance(job.online(rule), job.bptt());
      assertTrue(distance < 1e-10, () -> rule.words() + " is off by " + distance);
    }
  }

  /** Adds to row {@code at} of its state's input. */
  private static final class Added extends Layer {
    private final State w =
        parameter(RandomTensors.normal(RandomKey.of(1), Shape.of(3, 3), DType.F64));
    private final State gain =
        parameter(RandomTensors.normal(RandomKey.of(2), Shape.of(3), DType.F64));
    private final State h = hidden(() -> HostTensor.full(TensorType.of(DType.F64, 4, 3), 0));
    private final int at;

    Added(int at) {
      this.at = at;
    }

    @Override
    public Tensor update(Tensor x) {
      Tensor none = HostTensor.full(TensorType.of(DType.F64, 4, 3), 0);
      Tensor row = HostTensor.of(new int[] {at}).reshape(new int[0]);
      Op add = new Index.Scatter(0, 0, Index.Combine.ADD);
      Tensor sums = Tensor.apply(add, List.of(none, row, x.mul(gain.value()))).getFirst();
      Tensor z = sums.add(x.matmul(w.value()));
      h.set(h.value().mul(0.5).add(z.tanh()));
      return h.value().reshape(12);
    }
  }

  @Test
  void anUpdateOutOfRangeIsDropped() {
    Job job = Job.of("out of range", 3, 12, () -> new Added(9));
    double distance = Job.distance(job.online(Rule.dRtrl()), job.bptt());
    assertTrue(distance < 1e-10, () -> "off by " + distance);
  }
}
