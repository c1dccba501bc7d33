package dev.engram.lower;

import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.checks.Given;
import java.util.List;
import java.util.Map;

/** A backend whose programs run in the memory of the host: it is its own device. */
public abstract class HostBackend implements Backend, Device {
  /** For backends. */
  protected HostBackend() {}

  @Override
  public abstract String name();

  @Override
  public abstract CompiledProgram compile(LoopProgram program);

  /** Those of the backend, which are those of its device. */
  @Override
  public Map<String, String> facts() {
    return Map.of();
  }

  @Override
  public final List<Device> devices() {
    return List.of(this);
  }

  /** The code that {@link #compile} makes. */
  @Override
  public String text(LoopProgram program) {
    return compile(program).disassemble();
  }

  @Override
  public final Tensor allocate(TensorType type) {
    return HostTensor.allocate(type);
  }

  @Override
  public final Tensor put(HostTensor t) {
    return Given.given("HostBackend.put", "t", t);
  }

  @Override
  public final void copy(Tensor from, Tensor to) {
    to.host().segment().copyFrom(from.host().segment());
  }

  @Override
  public final boolean holds(Tensor t) {
    return t instanceof HostTensor;
  }
}
