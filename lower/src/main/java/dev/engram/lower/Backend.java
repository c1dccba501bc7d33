package dev.engram.lower;

import dev.engram.ir.EngramException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Compiles loop programs to executable code, for one or more devices. Backends are found by {@link
 * java.util.ServiceLoader}; one that computes in the memory of the host extends {@link
 * HostBackend}.
 */
public interface Backend {
  /** The name by which a user selects it, such as {@code cpu}. */
  String name();

  /** What programs for it are lowered with. */
  default LoweringOptions lowering() {
    return LoweringOptions.standard();
  }

  /** The devices that are there. The first is used where none is named. */
  List<Device> devices();

  /** Why there is no device; empty where there is one. */
  default Optional<String> unavailable() {
    return Optional.empty();
  }

  /**
   * What helps to find a fault, in order: versions, paths and settings, such as {@code driver} with
   * {@code 580.65, CUDA 13.0}. Never throws; what cannot be found out says why.
   */
  default Map<String, String> facts() {
    return Map.of();
  }

  /** The code of {@code program} in readable form. It needs no device. */
  String text(LoopProgram program);

  /**
   * The first device.
   *
   * @throws EngramException with the reason, where there is none
   */
  default Device device() {
    List<Device> all = devices();
    if (all.isEmpty()) {
      throw new EngramException(
          "backend %s has no device: %s"
              .formatted(name(), unavailable().orElse("it does not say why")));
    }
    return all.getFirst();
  }

  /** Compiles {@code program} for the first device; thread-safe, called once per program. */
  default CompiledProgram compile(LoopProgram program) {
    return device().compile(program);
  }
}
