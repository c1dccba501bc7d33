package dev.engram.tests.random;

import dev.engram.backend.cpu.CpuBackend;
import dev.engram.backend.cpu.CpuOptions;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.interpret.Interpreter;
import dev.engram.ir.passes.Pipeline;
import dev.engram.lower.Backend;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.Lowering;
import dev.engram.lower.LoweringOptions;
import dev.engram.lower.RunOperands;
import dev.engram.lower.Update;
import dev.engram.lower.inspect.ProgramVerifier;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.ServiceLoader;
import java.util.Set;

/** Ways to run a graph, all of which must agree. */
public final class Ways {
  /** Backends that must be there. */
  public static final List<String> BACKENDS = List.of("loops", "cpu");

  private Ways() {}

  /** A way to run a graph. */
  @FunctionalInterface
  public interface Way {
    List<HostTensor> run(Graph g, List<HostTensor> args);
  }

  public static Way interpreter() {
    return Interpreter::run;
  }

  /** One thread, no vectors. */
  public static Backend scalarCpu() {
    return new CpuBackend(new CpuOptions(1, CpuOptions.Vectors.OFF));
  }

  /** Two threads, and vectors from the first call on, as wide as the settings say. */
  public static Backend vectorCpu() {
    CpuOptions.Vectors set = CpuOptions.ofProperties().vectors();
    boolean forced = set != CpuOptions.Vectors.AUTO && set != CpuOptions.Vectors.OFF;
    return new CpuBackend(new CpuOptions(2, forced ? set : CpuOptions.Vectors.FORCE));
  }

  public static List<Backend> backends() {
    return BACKENDS.stream().map(Ways::backend).toList();
  }

  public static Backend backend(String name) {
    return ServiceLoader.load(Backend.class).stream()
        .map(ServiceLoader.Provider::get)
        .filter(b -> b.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new AssertionError("there is no backend `" + name + "`"));
  }

  /** Lowered without simplification, verified, and run. */
  public static Way lowered(Backend backend) {
    return (g, args) -> execute(backend, ProgramVerifier.verify(Lowering.lower(g)), args);
  }

  /**
   * As users run it: simplified first, and with results written over parameters of their types
   * where that is safe, as a step does with its states.
   */
  public static Way compiled(Backend backend) {
    Way inPlace = inPlace(backend);
    return (g, args) -> inPlace.run(Pipeline.standard().run(g), args);
  }

  /**
   * Lowered, with results written over parameters of their types where that is safe, and with
   * loops, however small, in up to three shares.
   */
  public static Way inPlace(Backend backend) {
    LoweringOptions options = LoweringOptions.standard().withShares(3, 1, 1);
    return (g, args) ->
        execute(backend, ProgramVerifier.verify(Lowering.lower(g, updates(g), options)), args);
  }

  /** Each parameter and the first result of its type that is no other's. */
  public static List<Update> updates(Graph g) {
    List<Update> all = new ArrayList<>();
    Set<Integer> taken = new HashSet<>();
    for (int i = 0; i < g.paramTypes().size(); i++) {
      for (int k = 0; k < g.outTypes().size(); k++) {
        if (g.outTypes().get(k).equals(g.paramTypes().get(i)) && taken.add(k)) {
          all.add(new Update(i, k));
          break;
        }
      }
    }
    return all;
  }

  public static List<HostTensor> execute(
      Backend backend, LoopProgram program, List<HostTensor> args) {
    return RunOperands.run(backend, program, args);
  }
}
