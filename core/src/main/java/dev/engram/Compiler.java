package dev.engram;

import dev.engram.etrace.OnlineStep;
import dev.engram.ir.EngramException;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.Verification;
import dev.engram.ir.Verifier;
import dev.engram.ir.checks.Given;
import dev.engram.ir.interpret.Interpreter;
import dev.engram.ir.passes.Pass;
import dev.engram.ir.passes.PassVerifier;
import dev.engram.ir.passes.Pipeline;
import dev.engram.ir.runtime.Log;
import dev.engram.ir.runtime.PinnedTensors;
import dev.engram.ir.text.Printer;
import dev.engram.jit.LoweredCode;
import dev.engram.jit.Watchers;
import dev.engram.lower.Backend;
import dev.engram.lower.CompiledProgram;
import dev.engram.lower.Device;
import dev.engram.lower.FoundBackends;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.Lowering;
import dev.engram.lower.Update;
import dev.engram.lower.inspect.ProgramVerifier;
import dev.engram.lower.profile.CompileStage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Says how graphs are run: which passes simplify them, and which backend executes the result.
 *
 * @param backend {@code interpreter}, the reference semantics of the IR; {@code loops}, the loop
 *     interpreter; or the name of a {@link Backend} on the module path, such as {@code cpu}, or of
 *     one of its devices, such as {@code cuda:1}
 * @param passes the passes that simplify a graph
 * @param verified whether the graph is verified before and after every pass, and then the loops
 */
public record Compiler(String backend, Pipeline passes, boolean verified) {
  private static final String INTERPRETER = "interpreter";
  private static final String CPU = "cpu";
  private static final AtomicBoolean TOLD = new AtomicBoolean();

  /** Checks that the backend exists. */
  public Compiler {
    Given.given("Compiler", "backend", backend);
    Given.given("Compiler", "passes", passes);
    if (!backend.equals(INTERPRETER) && !found().containsKey(name(backend))) {
      throw new EngramException(
          "no backend %s, expected one of %s (%s); add the jar that provides it%s"
              .formatted(backend, backends(), SourceLocation.here(), Found.BACKENDS.hint()));
    }
  }

  /** Uses the standard passes; without windows of steps where {@code engram.windows} is off. */
  public Compiler(String backend) {
    this(backend, passes(Optional.ofNullable(System.getProperty("engram.windows"))));
  }

  /** Chooses the passes by the system property {@code engram.windows}. */
  static Pipeline passes(Optional<String> windows) {
    return switch (windows.orElse("on")) {
      case "on" -> Pipeline.standard();
      case "off" -> Pipeline.standard().without("windows");
      default ->
          throw new EngramException(
              "engram.windows is '%s', expected on or off (%s); leave it out for on"
                  .formatted(windows.get(), SourceLocation.here()));
    };
  }

  /** Uses these passes; verifies where {@code engram.verify} is set. */
  public Compiler(String backend, Pipeline passes) {
    this(backend, passes, Verification.on());
  }

  /** Adds a pass after the others. Its result is always verified. */
  public Compiler with(Pass pass) {
    Given.given("Compiler.with", "pass", pass);
    return new Compiler(backend, passes.with(pass), verified);
  }

  /** Returns a compiler that verifies: {@code engram.verify} for one compiler. */
  public Compiler verifying() {
    return new Compiler(backend, passes, true);
  }

  /** Names the backend, and the passes where they are not the standard ones. */
  @Override
  public String toString() {
    List<String> standard = names(Pipeline.standard());
    List<String> own = names(passes);
    if (passes.equals(Pipeline.standard())) {
      return backend;
    }
    List<String> without = standard.stream().filter(p -> !own.contains(p)).toList();
    boolean fewer = standard.stream().filter(own::contains).toList().equals(own);
    return backend + (fewer ? " without " + without : " after " + own);
  }

  private static List<String> names(Pipeline p) {
    return p.passes().stream().map(Pass::name).toList();
  }

  /** Found once. */
  private static final class Found {
    static final FoundBackends BACKENDS = FoundBackends.of(Compiler.class.getClassLoader());
  }

  private static Map<String, Backend> found() {
    return Found.BACKENDS.byName();
  }

  /** Returns the names of all backends that were found. */
  public static List<String> backends() {
    List<String> names = new ArrayList<>(found().keySet());
    names.add(INTERPRETER);
    return List.copyOf(names);
  }

  /**
   * Returns the names of all devices that are there, such as {@code cpu} and {@code cuda:0}, which
   * a compiler may be given. Looking for cards loads the libraries of their makers.
   */
  public static List<String> devices() {
    return found().values().stream().flatMap(b -> b.devices().stream()).map(Device::name).toList();
  }

  /**
   * Uses the backend that the system property {@code engram.backend} names; without it {@code cpu}
   * where that is found, else {@code interpreter}, which is logged once.
   */
  public static Compiler standard() {
    Optional<String> wanted = Optional.ofNullable(System.getProperty("engram.backend"));
    return new Compiler(chosen(wanted, backends(), Compiler::tellOfNone));
  }

  /**
   * Chooses a backend among those that were found.
   *
   * @param none called when no backend was asked for and {@code cpu} is missing
   */
  static String chosen(Optional<String> wanted, List<String> there, Runnable none) {
    if (wanted.isPresent()) {
      if (!there.contains(name(wanted.get()))) {
        throw new EngramException(
            ("engram.backend is '%s', expected one of %s (%s); add the jar that provides it, or"
                    + " leave out the system property%s")
                .formatted(wanted.get(), there, SourceLocation.here(), Found.BACKENDS.hint()));
      }
      return wanted.get();
    }
    if (there.contains(CPU)) {
      return CPU;
    }
    none.run();
    return INTERPRETER;
  }

  private static void tellOfNone() {
    if (!TOLD.getAndSet(true)) {
      Log.warning(
          "no backend cpu is there, so programs are interpreted, 10 to 40 times slower; add the"
              + " dependency dev.engram:engram-backend-cpu, or accept it with"
              + " -Dengram.backend=interpreter"
              + Found.BACKENDS.hint());
    }
  }

  /** Observes what a program compiles; see {@link #watch}. */
  public interface Watcher {
    /** Called when a function has been traced and is about to be compiled. */
    default void compiling(Graph traced) {
      Given.given("Watcher.compiling", "traced", traced);
    }

    /** The same, with the results that are next values of parameters. */
    default void compiling(Graph traced, List<Update> updates) {
      Given.all("Watcher.compiling", "updates", updates);
      compiling(traced);
    }

    /** Called when a learner has analysed its model and built its step. */
    default void prepared(OnlineStep step) {
      Given.given("Watcher.prepared", "step", step);
    }
  }

  /** Runs {@code program}; {@code watcher} observes what this thread compiles meanwhile. */
  public static void watch(Watcher watcher, Runnable program) {
    Given.given("Compiler.watch", "watcher", watcher);
    Given.given("Compiler.watch", "program", program);
    Watchers.watch(watcher, program);
  }

  /** Simplifies and compiles {@code g}. */
  public CompiledGraph compile(Graph g) {
    return compile(g, List.of());
  }

  /**
   * The same, with results that are next values of parameters written over these where that is
   * safe.
   */
  public CompiledGraph compile(Graph g, List<Update> updates) {
    Given.all("Compiler.compile", "updates", updates);
    Watchers.current().compiling(g, updates);
    Graph simplified = simplify(g);
    return backend.equals(INTERPRETER)
        ? new Interpreted(simplified)
        : compile(lower(simplified, updates));
  }

  /** Runs the passes on {@code g}. */
  Graph simplify(Graph g) {
    Graph sound = verified ? Verifier.verify(g) : g;
    return CompileStage.SIMPLIFY.of(
        g.name(), () -> isAlone() ? passes.run(sound, PassVerifier::after) : passes.run(sound));
  }

  /**
   * Lowers {@code g} to loops, without running any pass on it.
   *
   * @throws EngramException for the backend {@code interpreter}, which has no loops
   */
  public LoopProgram lower(Graph g) {
    return lower(g, List.of());
  }

  /**
   * The same, with results that are next values of parameters written over these where that is
   * safe.
   */
  public LoopProgram lower(Graph g, List<Update> updates) {
    Given.given("Compiler.lower", "g", g);
    Given.all("Compiler.lower", "updates", updates);
    requireLoops();
    LoopProgram program =
        CompileStage.LOWER.of(g.name(), () -> Lowering.lower(g, updates, code().lowering()));
    return isAlone() ? ProgramVerifier.verify(program) : program;
  }

  /**
   * True when this compiler has to verify; with the switch on, passes and lowering do so anyway.
   */
  private boolean isAlone() {
    return verified && !Verification.on();
  }

  /** Compiles a loop program. */
  public CompiledGraph compile(LoopProgram program) {
    Given.given("Compiler.compile", "program", program);
    requireLoops();
    Device device = device();
    CompiledProgram code = CompileStage.CODE.of(program.name(), () -> device.compile(program));
    return new LoweredCode(program, code, device);
  }

  /**
   * Looks for the device that programs will run on, which {@link #compile} does otherwise.
   *
   * @throws EngramException with the reason, where it is not there
   */
  public void requireDevice() {
    if (hasLoops()) {
      device();
    }
  }

  /** False for the interpreter, which runs graphs as they are. */
  public boolean hasLoops() {
    return !backend.equals(INTERPRETER);
  }

  /** The code of {@code program} in readable form; needs no device. */
  public String text(LoopProgram program) {
    Given.given("Compiler.text", "program", program);
    requireLoops();
    return code().text(program);
  }

  private Backend code() {
    return Objects.requireNonNull(found().get(name(backend)));
  }

  /** The part before the colon. */
  private static String name(String backend) {
    int colon = backend.indexOf(':');
    return colon < 0 ? backend : backend.substring(0, colon);
  }

  private Device device() {
    Backend all = code();
    if (!backend.contains(":")) {
      return all.device();
    }
    List<String> names = all.devices().stream().map(Device::name).toList();
    int at = names.indexOf(backend);
    if (at < 0) {
      throw new EngramException(
          "no device %s%s (%s)%s"
              .formatted(
                  backend,
                  names.isEmpty() ? "" : ", expected one of " + names,
                  SourceLocation.here(),
                  all.unavailable().map(why -> ": " + why).orElse("")));
    }
    return all.devices().get(at);
  }

  private void requireLoops() {
    if (!hasLoops()) {
      throw new EngramException(
          "the backend interpreter runs graphs as they are and has no loops ("
              + SourceLocation.here()
              + "); take another of "
              + found().keySet());
    }
  }

  /** Runs the graph on the interpreter. */
  private record Interpreted(Graph graph) implements CompiledGraph {
    @Override
    public List<HostTensor> runOnDevice(List<? extends Tensor> args) {
      try (PinnedTensors _ = PinnedTensors.of(args)) {
        return Interpreter.run(graph, args.stream().map(Tensor::host).toList());
      }
    }

    @Override
    public Optional<LoopProgram> loops() {
      return Optional.empty();
    }

    @Override
    public String disassemble() {
      return Printer.print(graph, Printer.Style.DUMP);
    }
  }
}
