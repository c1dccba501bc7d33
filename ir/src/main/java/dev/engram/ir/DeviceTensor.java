package dev.engram.ir;

import dev.engram.ir.checks.Given;

/**
 * A tensor in the memory of a device. Compiled programs of that device take and give such tensors;
 * {@link #host} copies one to the host, and so does every op outside of compiled programs.
 */
public final class DeviceTensor implements Tensor {
  private final TensorType type;
  private final DeviceStorage storage;

  public DeviceTensor(TensorType type, DeviceStorage storage) {
    this.type = Given.given("DeviceTensor", "type", type);
    this.storage = Given.given("DeviceTensor", "storage", storage);
  }

  @Override
  public TensorType type() {
    return type;
  }

  /** The memory with what is known of it. */
  public DeviceStorage storage() {
    return storage;
  }

  /**
   * {@inheritDoc}
   *
   * @throws TraceException when it was closed
   */
  @Override
  public HostTensor host() {
    if (!storage.pin()) {
      throw storage.gone(type);
    }
    try {
      return storage.read(type);
    } finally {
      storage.unpin();
    }
  }

  /**
   * {@inheritDoc}
   *
   * <p>What the device does with memory that is given back is its backend's choice.
   */
  @Override
  public void close() {
    storage.close(type);
  }

  @Override
  public boolean isClosed() {
    return storage.isClosed();
  }

  @Override
  public Tensor like(double fill) {
    return HostTensor.full(type, fill);
  }

  @Override
  public Tensor like(long fill) {
    return HostTensor.full(type, fill);
  }

  /** As that of {@link #host}. */
  @Override
  public String toString() {
    return host().toString();
  }
}
