package dev.engram.tests.notebook;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import jdk.jshell.Diag;
import jdk.jshell.EvalException;
import jdk.jshell.JShell;
import jdk.jshell.JShellException;
import jdk.jshell.Snippet;
import jdk.jshell.SnippetEvent;
import jdk.jshell.SourceCodeAnalysis.CompletionInfo;
import jdk.jshell.VarSnippet;

/**
 * JShell as the kernels of notebooks use it: in a JVM of its own, cell by cell, each of several
 * snippets.
 */
final class Shell implements AutoCloseable {
  /** What a kernel imports at its start: that of the tool {@code jshell}. */
  private static final List<String> STARTUP =
      List.of(
          "import java.io.*;",
          "import java.math.*;",
          "import java.net.*;",
          "import java.nio.file.*;",
          "import java.util.*;",
          "import java.util.concurrent.*;",
          "import java.util.function.*;",
          "import java.util.prefs.*;",
          "import java.util.regex.*;",
          "import java.util.stream.*;",
          """
          void picture$(Object value) throws Exception {
            if (value instanceof java.awt.image.RenderedImage image) {
              ByteArrayOutputStream out = new ByteArrayOutputStream();
              javax.imageio.ImageIO.write(image, "png", out);
              System.out.print(Base64.getEncoder().encodeToString(out.toByteArray()));
            }
          }
          """);

  private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
  private final ByteArrayOutputStream warned = new ByteArrayOutputStream();
  private final JShell shell;

  /**
   * What a cell did.
   *
   * @param printed to standard output
   * @param value of its last snippet as text, empty for none
   * @param picture the value as a PNG file in Base64, if it is a picture
   * @param failure the message of what was thrown, or of the compiler
   */
  record Result(String printed, String value, Optional<String> picture, Optional<String> failure) {}

  /**
   * @param flags of the JVM that runs the snippets
   */
  Shell(String classPath, String... flags) {
    PrintStream out = new PrintStream(printed, true, StandardCharsets.UTF_8);
    shell =
        JShell.builder()
            .out(out)
            .err(new PrintStream(warned, true, StandardCharsets.UTF_8))
            .remoteVMOptions(flags)
            .compilerOptions("-classpath", classPath)
            .build();
    shell.addToClasspath(classPath);
    for (String line : STARTUP) {
      run(line).failure().ifPresent(Shell::fail);
    }
  }

  private static void fail(String message) {
    throw new AssertionError(message);
  }

  /** Runs a cell up to its end or the first snippet that fails. */
  Result run(String cell) {
    printed.reset();
    String rest = cell.strip();
    Optional<String> failure = Optional.empty();
    Optional<SnippetEvent> last = Optional.empty();
    while (!rest.isBlank() && failure.isEmpty()) {
      CompletionInfo info = shell.sourceCodeAnalysis().analyzeCompletion(rest);
      String source = info.source() == null ? rest : info.source();
      rest = info.source() == null ? "" : info.remaining();
      for (SnippetEvent e : shell.eval(source)) {
        if (e.causeSnippet() == null) {
          last = Optional.of(e);
          failure = failure.or(() -> failure(e));
        }
      }
    }
    String text = printed.toString(StandardCharsets.UTF_8);
    return new Result(text, last.map(Shell::value).orElse(""), picture(last), failure);
  }

  private static String value(SnippetEvent e) {
    return e.value() == null ? "" : e.value();
  }

  /** The value of an expression has a variable. What is long comes whole only when printed. */
  private Optional<String> picture(Optional<SnippetEvent> last) {
    printed.reset();
    last.map(SnippetEvent::snippet)
        .filter(s -> s instanceof VarSnippet v && v.subKind().isExecutable())
        .ifPresent(s -> shell.eval("picture$(" + ((VarSnippet) s).name() + ");"));
    return Optional.of(printed.toString(StandardCharsets.UTF_8)).filter(p -> !p.isEmpty());
  }

  private Optional<String> failure(SnippetEvent e) {
    JShellException thrown = e.exception();
    if (thrown instanceof EvalException x) {
      return Optional.of(x.getExceptionClassName() + ": " + x.getMessage());
    }
    if (thrown != null) {
      return Optional.of(thrown.toString());
    }
    if (e.status() == Snippet.Status.REJECTED) {
      return Optional.of(
          shell.diagnostics(e.snippet()).map((Diag d) -> d.getMessage(null)).toList().toString()
              + " in "
              + e.snippet().source());
    }
    return Optional.empty();
  }

  /** What was printed to standard error so far. */
  String warnings() {
    return warned.toString(StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    shell.close();
  }
}
