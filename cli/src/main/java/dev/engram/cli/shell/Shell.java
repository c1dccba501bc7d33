package dev.engram.cli.shell;

import dev.engram.cli.option.FilePaths;
import java.io.File;
import java.io.IOException;
import java.lang.module.ModuleDescriptor.Exports;
import java.lang.module.ModuleReference;
import java.lang.module.ResolvedModule;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import jdk.jshell.tool.JavaShellToolBuilder;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Opens JShell with Engram on its class path: {@code engram shell}. */
@Command(
    name = Shell.NAME,
    header = Shell.HEADER,
    description =
        "Opens JShell, the JDK's shell for Java, with Engram on its class path, its packages"
            + " imported and the Vector API enabled. Lines of files are entered before yours;"
            + " /exit ends it.")
public final class Shell implements Callable<Integer> {
  /** Its name on the command line. */
  public static final String NAME = "shell";

  /** Its line in the list of commands. */
  public static final String HEADER = "open JShell with Engram imported";

  private static final String VECTORS = "jdk.incubator.vector";

  /** Whose packages users import. */
  private static final Set<String> IMPORTED =
      Set.of("dev.engram.core", "dev.engram.etrace", "dev.engram.ir", "dev.engram.plot");

  @Parameters(
      paramLabel = "FILE",
      arity = "0..*",
      converter = FilePaths.OfFile.class,
      description = "files of snippets or commands of JShell")
  private List<Path> files = List.of();

  @Override
  public Integer call() throws Exception {
    checkModules();
    Path startup = Files.createTempFile("engram", ".jsh");
    try {
      Files.writeString(startup, imports());
      return JavaShellToolBuilder.builder()
          .interactiveTerminal(files.isEmpty())
          .start(words(startup));
    } finally {
      Files.delete(startup);
    }
  }

  private String[] words(Path startup) throws IOException {
    List<String> words =
        new ArrayList<>(
            List.of(
                "--class-path",
                classPath(),
                "--add-modules=" + VECTORS,
                "-R--add-modules=" + VECTORS,
                "--startup=DEFAULT",
                "--startup=" + startup));
    for (Path file : files) {
      words.add(file.toString());
    }
    return words.toArray(String[]::new);
  }

  /** The jars that this command runs from. */
  private static String classPath() {
    return modules()
        .flatMap(m -> m.location().stream())
        .filter(where -> where.getScheme().equals("file"))
        .map(where -> Path.of(where).toString())
        .collect(Collectors.joining(File.pathSeparator));
  }

  private static String imports() {
    return modules()
        .map(ModuleReference::descriptor)
        .filter(m -> IMPORTED.contains(m.name()))
        .flatMap(m -> m.exports().stream())
        .filter(e -> !e.isQualified())
        .map(Exports::source)
        .sorted()
        .map(p -> "import " + p + ".*;\n")
        .collect(Collectors.joining());
  }

  private static Stream<ModuleReference> modules() {
    return ModuleLayer.boot().configuration().modules().stream().map(ResolvedModule::reference);
  }

  private static void checkModules() throws IOException {
    if (!Shell.class.getModule().isNamed()) {
      throw new IOException(
          "the shell takes its jars from the module path, and Engram is on the class path; start"
              + " it with ./engram shell");
    }
  }
}
