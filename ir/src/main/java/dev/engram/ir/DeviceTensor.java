package dev.engram.ir;

import dev.engram.ir.checks.Given;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A tensor in the memory of a device. Compiled programs of that device take and give such tensors;
 * {@link #host} copies one to the host, and so does every op outside of compiled programs.
 */
public final class DeviceTensor implements Tensor {
  private final TensorType type;
  private final DeviceStorage storage;

  /** What looks at the elements when they are read for the first time. */
  private volatile @Nullable Consumer<? super HostTensor> whenRead;

  /** A tensor of this type whose elements are in {@code storage}. */
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
    HostTensor read;
    try {
      read = storage.read(type);
    } finally {
      storage.unpin();
    }
    Consumer<? super HostTensor> look = whenRead;
    if (look != null) {
      whenRead = null;
      look.accept(read);
    }
    return read;
  }

  /**
   * Has {@code look} called with the elements when {@link #host} copies them for the first time: a
   * check of results that nobody reads is not worth a transfer.
   */
  public void whenRead(Consumer<? super HostTensor> look) {
    whenRead = Given.given("DeviceTensor.whenRead", "look", look);
  }

  /**
   * Gives the memory to the device, which frees it or uses it for others. This tensor must not be
   * read again: that is an error.
   *
   * @return false where a run reads it, or it was donated or closed before; nothing is given then
   */
  public boolean tryDonate() {
    return storage.donateToDevice();
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
