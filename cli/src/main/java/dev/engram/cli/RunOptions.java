package dev.engram.cli;

import dev.engram.Compiler;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What {@code engram run} was asked to do.
 *
 * @param graph the one to run; without it the file's run lines, or its first graph
 * @param inputs as text, one for each parameter
 * @param ops from outside, as {@link UserCode#OPS} says
 */
record RunOptions(
    Path file,
    Optional<String> graph,
    Optional<String> inputs,
    String backend,
    List<Path> classPath,
    List<String> ops,
    long seed) {
  private static final Option<Optional<String>> GRAPH =
      new Option<>("--graph", "NAME", OptionType.some(), Optional.empty(), "the graph to run");
  private static final Option<Optional<String>> INPUTS =
      new Option<>(
          "--inputs",
          "VALUES",
          OptionType.some(),
          Optional.empty(),
          "one for each parameter, such as '[1, 2], 0.5'");
  static final Option<String> BACKEND =
      new Option<>(
          "--backend",
          "NAME",
          text -> text,
          Compiler.standard().backend(),
          String.join(", ", Compiler.backends())
              + ", or one of --class-path"
              + " (default "
              + Compiler.standard().backend()
              + ")");

  private static final OptionType<String> KNOWN = OptionType.named(Compiler.backends());

  static final Syntax SYNTAX =
      new Syntax(
          "engram run FILE.ir [OPTIONS]",
          """
          Runs graphs of a file. With --inputs, the graph on these. Without, every line
          `// run: @f(inputs) == results` of the file is checked; a file that has none runs its
          first graph on random inputs.\
          """,
          List.of(INPUTS, GRAPH, BACKEND, UserCode.CLASS_PATH, UserCode.OPS, OptOptions.SEED));

  static RunOptions parse(List<String> words) throws UsageException {
    Syntax.Arguments given = SYNTAX.parse(words);
    // Those of the user are known when the classes are.
    if (!given.given(UserCode.CLASS_PATH)) {
      Syntax.read(BACKEND, KNOWN, given.get(BACKEND));
    }
    return new RunOptions(
        GraphFile.path(given.only("engram run needs one file of graphs")),
        given.get(GRAPH).map(g -> g.replaceFirst("^@", "")),
        given.get(INPUTS),
        given.get(BACKEND),
        given.get(UserCode.CLASS_PATH),
        given.get(UserCode.OPS),
        given.get(OptOptions.SEED));
  }
}
