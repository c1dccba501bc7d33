package dev.engram.jit;

import dev.engram.ir.Tensor;
import dev.engram.lower.Device;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Tensors where code runs: themselves, or copies for one run, whose memory is given back after it.
 */
record PlacedTensors(List<? extends Tensor> given, List<Tensor> tensors) implements AutoCloseable {

  /**
   * @param code null for the interpreter, which takes tensors of any device
   */
  static PlacedTensors of(List<Tensor> given, @Nullable LoweredCode code) {
    return code == null ? new PlacedTensors(given, given) : on(code.device(), given);
  }

  static PlacedTensors on(Device device, List<Tensor> given) {
    for (int i = 0; i < given.size(); i++) {
      if (!device.holds(given.get(i))) {
        return copied(device, given);
      }
    }
    return new PlacedTensors(given, given);
  }

  private static PlacedTensors copied(Device device, List<Tensor> given) {
    List<Tensor> tensors = new ArrayList<>(given.size());
    PlacedTensors placed = new PlacedTensors(given, tensors);
    try {
      given.forEach(x -> tensors.add(device.place(x)));
    } catch (Throwable e) {
      placed.close();
      throw e;
    }
    return placed;
  }

  @Override
  @SuppressWarnings("ReferenceEquality") // a copy is another object
  public void close() {
    for (int i = 0; tensors != given && i < tensors.size(); i++) {
      if (tensors.get(i) != given.get(i)) {
        tensors.get(i).close();
      }
    }
  }
}
