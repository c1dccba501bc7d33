package dev.engram.backend.cuda.run;

import dev.engram.backend.cuda.driver.Driver;
import dev.engram.backend.cuda.text.CudaSource;
import dev.engram.backend.cuda.text.CudaText;
import dev.engram.backend.cuda.text.TextOptions;
import dev.engram.ir.DeviceTensor;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.lower.CompiledProgram;
import dev.engram.lower.Device;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.LoweringException;

/** A card: tensors stay on it until someone reads them, and runs end before their work is done. */
public final class CudaDevice implements Device {
  private final String name;
  private final Driver driver;
  private final TextOptions options;
  private final CardMemory memory;

  /**
   * @param name such as {@code cuda:0}
   * @param memory most bytes that the process has there at a time
   */
  public CudaDevice(String name, Driver driver, TextOptions options, long memory) {
    this.name = name;
    this.driver = driver;
    this.options = options;
    this.memory = new CardMemory(driver, name, memory);
  }

  @Override
  public String name() {
    return name;
  }

  Driver driver() {
    return driver;
  }

  CardMemory memory() {
    return memory;
  }

  /** Bytes of this process on the card. */
  public long heldBytes() {
    return memory.held();
  }

  @Override
  public CompiledProgram compile(LoopProgram program) {
    CudaSource source = CudaText.of(program, options);
    return new CudaProgram(this, program, source, driver.load(source));
  }

  @Override
  public Tensor allocate(TensorType type) {
    return new DeviceTensor(type, new CardStorage(this, type));
  }

  @Override
  public Tensor put(HostTensor t) {
    CardStorage there = new CardStorage(this, t.type());
    driver.copyToCard(there.address(), t.segment());
    return new DeviceTensor(t.type(), there);
  }

  @Override
  public void copy(Tensor from, Tensor to) {
    driver.copy(address("copy", to), address("copy", from), to.type().bytes());
  }

  /** The address of a tensor that lies here. */
  long address(String program, Tensor t) {
    if (t instanceof DeviceTensor d && d.storage() instanceof CardStorage s && holds(t)) {
      return s.address();
    }
    throw new LoweringException(
        "@%s: got %s of another device, expected a tensor of %s"
            .formatted(program, t.type(), name));
  }
}
