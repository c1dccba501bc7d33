package dev.engram.lower;

import dev.engram.ir.HostTensor;
import dev.engram.ir.Storage;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import java.util.Map;

/** Where programs of a backend run, and where their tensors lie. */
public interface Device {
  /** Such as {@code cpu} or {@code cuda:0}: the name of the backend, with a number of several. */
  String name();

  /**
   * What helps to find a fault, in order, such as {@code memory} with {@code 78.9 GB free of 85.0
   * GB}. Never throws; what cannot be found out says why.
   */
  default Map<String, String> facts() {
    return Map.of();
  }

  /** Compiles {@code program}; thread-safe, called once per program. */
  CompiledProgram compile(LoopProgram program);

  /** Memory for a result, of undefined content. */
  Tensor allocate(TensorType type);

  /** A copy of {@code t} on this device; where this is the host, {@code t} itself. */
  Tensor put(HostTensor t);

  /** Copies {@code from} to {@code to}, both of this device and of one type. */
  void copy(Tensor from, Tensor to);

  /** True when programs of this device can take {@code t} as it is. */
  default boolean holds(Tensor t) {
    return Storage.of(t).map(s -> s.device().equals(name())).orElse(false);
  }

  /** {@code t} on this device: itself, or a copy. */
  default Tensor place(Tensor t) {
    return holds(t) ? t : put(t.host());
  }
}
