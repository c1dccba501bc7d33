package dev.engram.cli;

import dev.engram.cli.text.Passes;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * What {@code engram opt} was asked to do.
 *
 * @param passes names of {@link Passes} or of classes with a method {@code static Graph run(Graph)}
 * @param bisect look for the first pass that changes what a graph computes
 * @param ops from outside, as {@link UserCode#OPS} says
 * @param seed of the inputs, where the file gives none
 */
record OptOptions(
    Path file,
    List<String> passes,
    boolean bisect,
    Print print,
    List<Path> classPath,
    List<String> ops,
    long seed) {
  private static final List<String> MEANS_ANOTHER_FUNCTION = List.of("jvp", "vjp", "batch");

  static final Option<String> PASSES =
      new Option<>(
          "--passes", "A,B,C", text -> text, "", "the passes, in this order (default standard)");
  private static final Option<Boolean> BISECT =
      Option.flag("--bisect", "find the first pass after which the results change");
  static final Option<Long> SEED =
      new Option<>(
          "--seed",
          "N",
          OptionType.integer(Long.MIN_VALUE, Long.MAX_VALUE),
          0L,
          "seed of random inputs (default 0)");

  static final Syntax SYNTAX =
      new Syntax(
          "engram opt FILE.ir [OPTIONS]",
          """
          Runs passes on the graphs of a file and prints what they make of them. Passes:
          """
              + wrapped(Passes.all().keySet().stream().toList())
              + """
              , or classes with a method
              `public static Graph run(Graph g)`. With --bisect nothing is printed but the first pass
              after which the interpreter gives other results, with the graph before and after it. Inputs
              are those of the file's first `// run:` line of the graph, else random.\
              """,
          List.of(PASSES, BISECT, Print.FORM, Print.GREP, UserCode.CLASS_PATH, UserCode.OPS, SEED));

  private static String wrapped(List<String> names) {
    return String.join(", ", names).replaceAll("(.{60,80}?, )", "$1\n").stripTrailing();
  }

  static OptOptions parse(List<String> words) throws UsageException {
    Syntax.Arguments given = SYNTAX.parse(words);
    Path file = GraphFile.path(given.only("engram opt needs one file of graphs"));
    List<String> passes =
        given.given(PASSES)
            ? Arrays.stream(given.get(PASSES).split(",", -1)).map(String::strip).toList()
            : List.of();
    boolean bisect = given.get(BISECT);
    for (String name : passes) {
      if (!name.contains(".") && !Passes.all().containsKey(name)) {
        throw new UsageException(
            "--passes names '"
                + OptionType.shown(name)
                + "', expected some of "
                + String.join(", ", Passes.all().keySet())
                + ", or a class"
                + Spelling.hint(name, Passes.all().keySet()));
      }
      if (bisect && MEANS_ANOTHER_FUNCTION.contains(name)) {
        throw new UsageException(
            "--bisect compares results, and " + name + " makes a graph with other results");
      }
    }
    return new OptOptions(
        file,
        passes,
        bisect,
        Print.from(given),
        given.get(UserCode.CLASS_PATH),
        given.get(UserCode.OPS),
        given.get(SEED));
  }
}
