package dev.engram.backend.cuda.run;

import dev.engram.backend.cuda.driver.CudaException;
import dev.engram.ir.DeviceStorage;
import dev.engram.ir.HostTensor;
import dev.engram.ir.RunException;
import dev.engram.ir.TensorType;

/** The memory of a tensor on a card. */
final class CardStorage extends DeviceStorage {
  private final CudaDevice device;
  private final CardMemory.Block block;

  CardStorage(CudaDevice device, TensorType type) {
    this.device = device;
    this.block = device.memory().allocate(this, type.bytes(), type::toString);
  }

  long address() {
    return block.address();
  }

  @SuppressWarnings("ReferenceEquality") // a device is itself alone
  boolean isOn(CudaDevice d) {
    return device == d;
  }

  @Override
  public String device() {
    return device.name();
  }

  @Override
  public HostTensor read(TensorType type) {
    HostTensor out = HostTensor.allocate(type);
    try {
      device.driver().copyToHost(out.segment(), address());
    } catch (CudaException e) {
      throw new RunException(String.valueOf(e.getMessage()), e);
    }
    return out;
  }

  @Override
  protected void free() {
    block.free();
  }
}
