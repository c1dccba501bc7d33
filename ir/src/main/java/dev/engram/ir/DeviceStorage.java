package dev.engram.ir;

/** Memory of a device, which only its backend reads and writes. */
public abstract class DeviceStorage extends Storage {
  /** For backends. */
  protected DeviceStorage() {}

  /**
   * Waits for what is being computed there, and copies it to the host: to a tensor that nobody else
   * has or gets.
   *
   * @param type of the tensor that is read
   * @throws RunException when what computed it has failed
   */
  public abstract HostTensor read(TensorType type);

  /**
   * The tensors of it are closed or donated: nobody reads or writes the memory any more, so it may
   * be freed at once, or used for others. Called at most once; by default all is left to the
   * garbage collector. It may be called by any thread, under locks of the library: it should
   * neither wait nor throw; what it throws is logged.
   */
  @Override
  protected void free() {}

  @Override
  public boolean isOwned() {
    return true;
  }
}
