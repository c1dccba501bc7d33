package dev.engram.backend.cuda.run;

import dev.engram.backend.cuda.driver.Card;
import dev.engram.backend.cuda.driver.Driver;
import dev.engram.backend.cuda.text.CudaSource;
import dev.engram.backend.cuda.text.CudaText;
import dev.engram.backend.cuda.text.TextOptions;
import dev.engram.ir.DeviceTensor;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.runtime.Bytes;
import dev.engram.lower.CompiledProgram;
import dev.engram.lower.Device;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.LoweringException;
import java.lang.ref.Reference;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** A card: tensors stay on it until someone reads them, and runs end before their work is done. */
public final class CudaDevice implements Device {
  private final String name;
  private final WatchedDriver driver;
  private final TextOptions options;
  private final CardMemory memory;
  private final long limit;
  private final boolean sync;

  /**
   * @param name such as {@code cuda:0}
   * @param memory most bytes that the process has there at a time
   * @param sync whether each kernel is waited for
   */
  public CudaDevice(String name, Driver driver, TextOptions options, long memory, boolean sync) {
    this.name = name;
    this.driver = new WatchedDriver(driver, name, sync);
    this.options = options;
    this.limit = memory;
    this.sync = sync;
    this.memory = new CardMemory(this.driver, name, memory);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Map<String, String> facts() {
    Map<String, String> all = new LinkedHashMap<>();
    Card card = driver.card();
    all.put("card", card.name());
    all.put("compute capability", card.major() + "." + card.minor());
    all.put("memory", memory.freeText() + " of " + Bytes.text(card.bytes()) + " free");
    all.put(
        "held by this process",
        Bytes.text(memory.heldBytes())
            + " of at most "
            + Bytes.text(Math.min(limit, card.bytes())));
    return all;
  }

  WatchedDriver driver() {
    return driver;
  }

  /** True where kernels are waited for one by one, and so not recorded. */
  boolean sync() {
    return sync;
  }

  CardMemory memory() {
    return memory;
  }

  /** Bytes of this process on the card. */
  public long heldBytes() {
    return memory.heldBytes();
  }

  @Override
  public CompiledProgram compile(LoopProgram program) {
    TextOptions o = driver.card().cooperative() ? options : options.withoutCooperation();
    CudaSource source = CudaText.of(program, o);
    Driver.Module kernels =
        memory.withRoom(
            () -> driver.load(source), () -> "memory for the kernels of @" + program.name());
    boolean done = false;
    try {
      CudaProgram compiled = new CudaProgram(this, program, source, kernels);
      memory.hold(compiled, kernels::unload);
      done = true;
      return compiled;
    } finally {
      if (!done) {
        kernels.unload();
      }
    }
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
    Reference.reachabilityFence(from);
    Reference.reachabilityFence(to);
  }

  /** False for those of another object for the same card: its work is on another stream. */
  @Override
  public boolean holds(Tensor t) {
    return storage(t).isPresent();
  }

  private Optional<CardStorage> storage(Tensor t) {
    return t instanceof DeviceTensor d && d.storage() instanceof CardStorage s && s.isOn(this)
        ? Optional.of(s)
        : Optional.empty();
  }

  /** The address of a tensor that lies here. */
  long address(String program, Tensor t) {
    return storage(t)
        .orElseThrow(
            () ->
                new LoweringException(
                    "@%s: got %s of another device, expected a tensor of %s"
                        .formatted(program, t.type(), name)))
        .address();
  }
}
