package dev.engram.ir.runtime;

import dev.engram.ir.DeviceTensor;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Storage;
import dev.engram.ir.Tensor;
import dev.engram.ir.TraceException;
import dev.engram.ir.Tracer;
import java.util.List;

/** Tensors that a run reads: nobody donates or closes one before the run lets them go. */
public final class PinnedTensors implements AutoCloseable {
  private final List<? extends Tensor> tensors;

  private PinnedTensors(List<? extends Tensor> tensors) {
    this.tensors = tensors;
  }

  /**
   * Pins all of {@code tensors}, which must not change.
   *
   * @throws TraceException when one is traced, or was donated or closed; none is pinned then
   */
  public static PinnedTensors of(List<? extends Tensor> tensors) {
    for (int i = 0; i < tensors.size(); i++) {
      Storage s = storage(tensors.get(i));
      if (!s.pin()) {
        unpin(tensors, i);
        throw s.gone(tensors.get(i).type());
      }
    }
    return new PinnedTensors(tensors);
  }

  /** {@code tensors} that have been pinned already. */
  public static PinnedTensors taken(List<? extends Tensor> tensors) {
    return new PinnedTensors(tensors);
  }

  private static void unpin(List<? extends Tensor> tensors, int n) {
    for (int i = 0; i < n; i++) {
      storage(tensors.get(i)).unpin();
    }
  }

  /**
   * The memory of {@code x}; allocates nothing.
   *
   * @throws TraceException when it is traced
   */
  public static Storage storage(Tensor x) {
    return switch (x) {
      case HostTensor t -> t.storage();
      case DeviceTensor t -> t.storage();
      case Tracer t -> t.host().storage(); // an error, which it explains
    };
  }

  /** Lets them go; once. */
  @Override
  public void close() {
    unpin(tensors, tensors.size());
  }
}
