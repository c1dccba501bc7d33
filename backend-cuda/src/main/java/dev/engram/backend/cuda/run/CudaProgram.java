package dev.engram.backend.cuda.run;

import dev.engram.backend.cuda.driver.Driver;
import dev.engram.backend.cuda.text.CudaKernel;
import dev.engram.backend.cuda.text.CudaSource;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.lower.CompiledProgram;
import dev.engram.lower.LoopBuffer;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.LoweringException;
import dev.engram.lower.RunPool;
import dev.engram.lower.Stmt;
import dev.engram.lower.inspect.FusionReport;
import dev.engram.lower.profile.ProgramProfile;
import dev.engram.lower.profile.RunCounts;
import dev.engram.lower.split.Exchange;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A program whose nests are kernels. A run puts them on the stream of the card and returns; it
 * waits only where the host has to know something: what a loop or a branch depends on, what a
 * notice tells, whether a check has failed.
 */
final class CudaProgram implements CompiledProgram {
  /** So many blocks fill any card; kernels go on from there. */
  private static final long MOST_BLOCKS = 1 << 14;

  /**
   * A kernel with its handle.
   *
   * @param exchange whose memory each buffer has afterwards, where its loops exchange some
   */
  record Code(
      CudaKernel kernel, Driver.Function function, int blocks, Optional<Exchange> exchange) {}

  private final CudaDevice device;
  private final LoopProgram program;
  private final CudaSource source;
  private final Map<Stmt, Code> code = new IdentityHashMap<>();

  /** Constants on the card, by buffer. */
  private final Map<Integer, Tensor> constants = new HashMap<>();

  private final ProgramProfile profile;
  private final Part first;
  private final Part updates;
  private final RunPool<CudaRun> runs;
  private @Nullable FusionReport traffic;

  CudaProgram(CudaDevice device, LoopProgram program, CudaSource source, Driver.Module module) {
    this.device = device;
    this.program = program;
    this.source = source;
    source.kernels().forEach(k -> code.put(k.steps().getFirst(), code(k, module)));
    for (int b = 0; b < program.buffers().size(); b++) {
      if (program.buffers().get(b).place() instanceof LoopBuffer.Place.Constant(HostTensor value)) {
        constants.put(b, device.put(value));
      }
    }
    this.profile = new ProgramProfile(backend(device.name()), program);
    List<Stmt> all = program.steps();
    this.first = Part.of(all.subList(0, program.firstUpdate()), this::together);
    this.updates = Part.of(all.subList(program.firstUpdate(), all.size()), this::together);
    this.runs = new RunPool<>(program.name(), new CudaRun(this), () -> new CudaRun(this), _ -> {});
  }

  private Code code(CudaKernel k, Driver.Module module) {
    String place = "@%s, %s (%s)".formatted(program.name(), k.function(), k.where());
    Driver.Function function = device.driver().placed(module.function(k.function()), place);
    long most = k.cooperative() ? blocksAtOnce(function, k, place) : MOST_BLOCKS;
    Exchange exchange = k.isWhile() ? new Exchange(Map.of()) : Exchange.of(k.steps());
    return new Code(
        k,
        function,
        (int) Math.min(most, k.blocks()),
        Optional.of(exchange).filter(e -> !e.isNone()));
  }

  /** The question may bring the kernel to the card. */
  private int blocksAtOnce(Driver.Function function, CudaKernel k, String place) {
    int blocks =
        device
            .memory()
            .withRoom(
                () -> device.driver().blocksAtOnce(function, k.threads()),
                () -> "memory for the kernel of " + place);
    if (blocks < 1) {
      throw new LoweringException(
          "%s: %s has no room for a block of %d threads; run with -Dengram.cuda.kernels=nests"
              .formatted(place, device.name(), k.threads()));
    }
    return blocks;
  }

  private static String backend(String device) {
    return device.split(":", 2)[0];
  }

  /** The steps before states may be written. */
  Part first() {
    return first;
  }

  /** The steps that write states. */
  Part updates() {
    return updates;
  }

  List<CudaKernel> kernels() {
    return source.kernels();
  }

  CudaDevice device() {
    return device;
  }

  LoopProgram program() {
    return program;
  }

  /** How many steps from this one on are one kernel; 0 where it is none. */
  int together(Stmt first) {
    Code c = code.get(first);
    return c == null ? 0 : c.kernel.steps().size();
  }

  Code code(Stmt step) {
    Code c = code.get(step);
    if (c == null) {
      throw new AssertionError("a step of another program: " + step);
    }
    return c;
  }

  /** The traffic of each nest and sort in a run of the program. */
  synchronized FusionReport traffic() {
    FusionReport r = traffic;
    if (r == null) {
      r = FusionReport.of(program);
      traffic = r;
    }
    return r;
  }

  long constant(int buffer) {
    return address(constants.get(buffer));
  }

  private long address(Tensor t) {
    return device.address(program.name(), t);
  }

  /** The addresses of operands, of which there must be one for each of these buffers. */
  List<Long> addresses(String what, List<? extends Tensor> tensors, List<Integer> buffers) {
    if (tensors.size() != buffers.size()) {
      throw new LoweringException(
          "@%s: got %d %ss, expected %d"
              .formatted(program.name(), tensors.size(), what, buffers.size()));
    }
    List<Long> all = new ArrayList<>(tensors.size());
    for (int i = 0; i < tensors.size(); i++) {
      LoopBuffer b = program.buffers().get(buffers.get(i));
      if (!tensors.get(i).type().equals(b.type())) {
        throw new LoweringException(
            "@%s: %s %d has type %s, expected %s"
                .formatted(program.name(), what, i, tensors.get(i).type(), b.type()));
      }
      all.add(address(tensors.get(i)));
    }
    return all;
  }

  @Override
  public void run(
      List<? extends Tensor> inputs,
      List<? extends Tensor> outputs,
      Supplier<? extends List<? extends Tensor>> updates) {
    List<Long> in = addresses("input", inputs, program.inputs());
    List<Long> out = addresses("output", outputs, program.outputs());
    apart(in, out);
    Supplier<List<Long>> last = () -> addresses("output", updates.get(), program.outputs());
    runs.run(
        run -> {
          if (ProgramProfile.isRecording()) {
            try (RunCounts counts = profile.begin()) {
              run.run(in, out, last, Optional.of(counts));
            }
          } else {
            run.run(in, out, last, Optional.empty());
          }
        });
    Reference.reachabilityFence(inputs);
    Reference.reachabilityFence(outputs);
  }

  /** Each output has memory of its own, but for one that is written over its input. */
  private void apart(List<Long> inputs, List<Long> outputs) {
    Map<Long, String> written = new HashMap<>();
    for (int i = 0; i < inputs.size(); i++) {
      written.putIfAbsent(inputs.get(i), "input " + i);
    }
    for (int i = 0; i < outputs.size(); i++) {
      int over = program.inPlace(i).orElse(-1);
      if (over >= 0) {
        if (!outputs.get(i).equals(inputs.get(over))) {
          throw new LoweringException(
              "@%s: output %d is another tensor than input %d, which it is written over"
                  .formatted(program.name(), i, over));
        }
        continue;
      }
      String other = written.put(outputs.get(i), "output " + i);
      if (other != null) {
        throw new LoweringException(
            "@%s: output %d has the memory of %s, expected memory of its own"
                .formatted(program.name(), i, other));
      }
    }
  }

  @Override
  public String disassemble() {
    return source.text();
  }
}
