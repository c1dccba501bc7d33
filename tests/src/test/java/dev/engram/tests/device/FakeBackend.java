package dev.engram.tests.device;

import dev.engram.ir.DeviceStorage;
import dev.engram.ir.DeviceTensor;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.lower.Backend;
import dev.engram.lower.CompiledProgram;
import dev.engram.lower.Device;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.LoweringException;
import dev.engram.lower.LoweringOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The backend {@code fake}: a device that behaves as if it had memory of its own. Its programs are
 * those of {@code cpu}, where that is found, or of the loop interpreter; its tensors are in memory
 * that nobody else can reach, full of NaN before they are written. All that comes to it and goes
 * from it is counted, so a test without a GPU sees what a GPU would have to transfer.
 */
public final class FakeBackend implements Backend {
  private static final byte POISON = (byte) 0xFF;
  private static final Traffic TRAFFIC =
      new Traffic(new LongAdder(), new LongAdder(), new LongAdder(), new LongAdder());
  private static final LongAdder HELD = new LongAdder();
  private static final AtomicReference<@Nullable RuntimeException> LATE = new AtomicReference<>();

  private static volatile boolean freeFails;

  private final Device device = new FakeDevice();

  /** Transfers of this process, and their bytes. */
  public record Traffic(
      LongAdder toDevice, LongAdder bytesToDevice, LongAdder toHost, LongAdder bytesToHost) {}

  /** The traffic of this process. */
  public static Traffic traffic() {
    return TRAFFIC;
  }

  /** Bytes that came to the device and went from it while {@code body} ran. */
  public static List<Long> moved(Runnable body) {
    long to = TRAFFIC.bytesToDevice().sum();
    long from = TRAFFIC.bytesToHost().sum();
    body.run();
    return List.of(TRAFFIC.bytesToDevice().sum() - to, TRAFFIC.bytesToHost().sum() - from);
  }

  /** Bytes of this process on the device that were allocated and not closed. */
  public static LongAdder held() {
    return HELD;
  }

  /** Whether memory cannot be given back. */
  public static void failFree(boolean fails) {
    freeFails = fails;
  }

  /** The next run fails after all that it computes, as when a device reports its errors late. */
  public static void failLate(RuntimeException error) {
    LATE.set(error);
  }

  @Override
  public String name() {
    return "fake";
  }

  /** Other places in memory than {@code cpu} has. */
  @Override
  public LoweringOptions lowering() {
    return LoweringOptions.standard().withMemory(256, false);
  }

  @Override
  public List<Device> devices() {
    return List.of(device);
  }

  @Override
  public String text(LoopProgram program) {
    return other().text(program);
  }

  private static Backend other() {
    List<Backend> all =
        ServiceLoader.load(Backend.class).stream()
            .filter(p -> p.type() != FakeBackend.class)
            .map(ServiceLoader.Provider::get)
            .toList();
    return all.stream().filter(b -> b.name().equals("cpu")).findFirst().orElse(all.getFirst());
  }

  /** Memory of the device. */
  private static final class Memory extends DeviceStorage {
    private final HostTensor content;

    Memory(HostTensor content) {
      this.content = content;
      HELD.add(content.type().bytes());
    }

    @Override
    public String device() {
      return FakeDevice.NAME;
    }

    @Override
    public HostTensor read(TensorType type) {
      TRAFFIC.toHost().increment();
      TRAFFIC.bytesToHost().add(type.bytes());
      HostTensor out = HostTensor.allocate(type);
      out.segment().copyFrom(content.segment());
      return out;
    }

    @Override
    protected void free() {
      if (freeFails) {
        throw new IllegalStateException("the device does not answer");
      }
      HELD.add(-content.type().bytes());
      content.segment().fill(POISON);
      content.close();
    }
  }

  private static final class FakeDevice implements Device {
    static final String NAME = "fake:0";

    @Override
    public String name() {
      return NAME;
    }

    @Override
    public CompiledProgram compile(LoopProgram program) {
      return new Code(program.name(), other().compile(program));
    }

    @Override
    public Tensor allocate(TensorType type) {
      HostTensor content = HostTensor.allocate(type);
      content.segment().fill(POISON);
      return new DeviceTensor(type, new Memory(content));
    }

    @Override
    public Tensor put(HostTensor t) {
      TRAFFIC.toDevice().increment();
      TRAFFIC.bytesToDevice().add(t.type().bytes());
      HostTensor content = HostTensor.allocate(t.type());
      content.segment().copyFrom(t.segment());
      return new DeviceTensor(t.type(), new Memory(content));
    }

    @Override
    public void copy(Tensor from, Tensor to) {
      content("copy", to).segment().copyFrom(content("copy", from).segment());
    }
  }

  private static HostTensor content(String program, Tensor t) {
    if (t instanceof DeviceTensor d && d.storage() instanceof Memory m) {
      return m.content;
    }
    throw new LoweringException(
        "@%s: got %s of another device, expected a tensor of %s"
            .formatted(program, t.type(), FakeDevice.NAME));
  }

  /** Code of the other backend, on the contents of this device's tensors. */
  private record Code(String program, CompiledProgram code) implements CompiledProgram {
    @Override
    public void run(
        List<? extends Tensor> inputs,
        List<? extends Tensor> outputs,
        Supplier<? extends List<? extends Tensor>> updates) {
      code.run(contents(inputs), contents(outputs), () -> contents(updates.get()));
      RuntimeException late = LATE.getAndSet(null);
      if (late != null) {
        throw late;
      }
    }

    private List<HostTensor> contents(List<? extends Tensor> tensors) {
      List<HostTensor> all = new ArrayList<>(tensors.size());
      tensors.forEach(t -> all.add(content(program, t)));
      return all;
    }

    @Override
    public String disassemble() {
      return code.disassemble();
    }
  }
}
