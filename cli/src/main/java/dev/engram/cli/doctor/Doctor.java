package dev.engram.cli.doctor;

import dev.engram.Compiler;
import dev.engram.cli.option.JsonOption;
import dev.engram.cli.option.Words;
import dev.engram.cli.terminal.Terminal;
import dev.engram.lower.FoundBackends;
import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** Says whether this installation works: {@code engram doctor}. */
@Command(
    name = Doctor.NAME,
    header = Doctor.HEADER,
    description =
        "Checks that this installation works, and describes it for a bug report: versions, memory,"
            + " flags of the JVM that are missing, and each backend with its devices, on each of"
            + " which a small program has to agree with the interpreter.")
public final class Doctor implements Callable<Integer> {
  /** Its name on the command line. */
  public static final String NAME = "doctor";

  /** Its line in the list of commands. */
  public static final String HEADER = "check that this installation works, and describe it";

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--backend",
      order = 12,
      paramLabel = "NAME",
      completionCandidates = Names.class,
      description = {"check only this backend, one of these:", "${COMPLETION-CANDIDATES}"})
  private Optional<String> backend = Optional.empty();

  @Mixin private final JsonOption json = new JsonOption();

  private final Terminal terminal;
  private final Supplier<FoundBackends> backends;

  public Doctor(Terminal terminal) {
    this(terminal, Doctor::found);
  }

  /** Checks these backends. */
  public Doctor(Terminal terminal, Supplier<FoundBackends> backends) {
    this.terminal = terminal;
    this.backends = backends;
  }

  private static FoundBackends found() {
    return FoundBackends.of(Compiler.class.getClassLoader());
  }

  private static List<String> names(FoundBackends found) {
    return found.byName().keySet().stream().sorted().toList();
  }

  private static final class Names implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return names(found()).iterator();
    }
  }

  @Override
  public Integer call() throws IOException {
    FoundBackends found = backends.get();
    backend.ifPresent(name -> check(name, found));
    Diagnosis diagnosis = Diagnosis.of(found, backend);
    if (json.isGiven()) {
      terminal.out().println(DiagnosisJson.of(diagnosis));
    } else {
      terminal.out().print(DiagnosisText.of(diagnosis));
    }
    if (!diagnosis.problems().isEmpty()) {
      throw new IOException("doctor found " + diagnosis.counted());
    }
    return ExitCode.OK;
  }

  private void check(String name, FoundBackends found) {
    try {
      Words.oneOf(names(found), name);
    } catch (TypeConversionException e) {
      throw new ParameterException(
          spec.commandLine(), "--backend " + e.getMessage() + found.hint(), e);
    }
  }
}
