package dev.engram.cli.inspect;

import dev.engram.Compiler;
import dev.engram.cli.option.Words;
import dev.engram.ir.EngramException;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.passes.Pipeline;
import dev.engram.lower.Backend;
import dev.engram.lower.CompiledProgram;
import dev.engram.lower.Device;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.Lowering;
import dev.engram.lower.RunOperands;
import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.TypeConversionException;

/** The option for the backend that runs graphs. */
final class BackendOption {
  @Option(
      names = "--backend",
      order = 12,
      paramLabel = "NAME",
      completionCandidates = Backends.class,
      description = {
        "a backend from --class-path, or one of these (default ${DEFAULT-VALUE}):",
        "${COMPLETION-CANDIDATES}"
      })
  private String backend = Compiler.standard().backend();

  private static final class Backends implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return Compiler.backends().iterator();
    }
  }

  /** Turns graphs into code. */
  @FunctionalInterface
  interface GraphCompiler {
    Code compile(Graph g);
  }

  /** Takes one tensor for each parameter of a graph, returns one for each result. */
  @FunctionalInterface
  interface Code {
    List<HostTensor> run(List<HostTensor> arguments);
  }

  String backend() {
    return backend;
  }

  /**
   * Checks the name before anything is read. Backends of the user are known only after the class
   * path has been read.
   */
  void check(CommandLine command) {
    if (command.getParseResult().hasMatchedOption("--class-path")) {
      return;
    }
    try {
      Words.oneOf(Compiler.backends(), backend);
    } catch (TypeConversionException e) {
      throw new ParameterException(command, "--backend " + e.getMessage(), e);
    }
  }

  /**
   * Returns the compiler of this backend.
   *
   * @throws IOException when there is no such backend, or it has no device
   */
  GraphCompiler compiler(UserCode code) throws IOException {
    try {
      if (Compiler.backends().contains(backend)) {
        Compiler compiler = new Compiler(backend);
        compiler.requireDevice();
        return g -> compiler.compile(g)::run;
      }
      Backend users = code.backend(backend);
      Device device = users.device();
      return g -> {
        LoopProgram program =
            Lowering.lower(Pipeline.standard().run(g), List.of(), users.lowering());
        CompiledProgram compiled = device.compile(program);
        return in -> RunOperands.of(program, device, in).run(compiled);
      };
    } catch (EngramException e) {
      throw new IOException(e.getMessage(), e);
    }
  }
}
