package dev.engram.ir.runtime;

import dev.engram.ir.HostTensor;
import dev.engram.ir.TraceException;
import java.util.List;

/** Tensors that a run reads: nobody donates or closes one before the run lets them go. */
public final class PinnedTensors implements AutoCloseable {
  private final List<HostTensor> tensors;

  private PinnedTensors(List<HostTensor> tensors) {
    this.tensors = tensors;
  }

  /**
   * Pins all of {@code tensors}, which must not change.
   *
   * @throws TraceException when one was donated or closed; none is pinned then
   */
  public static PinnedTensors of(List<HostTensor> tensors) {
    for (int i = 0; i < tensors.size(); i++) {
      if (!tensors.get(i).storage().pin()) {
        unpin(tensors.subList(0, i));
        tensors.get(i).segment(); // says that it was donated or closed
      }
    }
    return new PinnedTensors(tensors);
  }

  private static void unpin(List<HostTensor> tensors) {
    for (HostTensor t : tensors) {
      t.storage().unpin();
    }
  }

  /** Lets them go; once. */
  @Override
  public void close() {
    unpin(tensors);
  }
}
