package dev.engram.cli;

import dev.engram.cli.option.Words;
import dev.engram.ir.checks.DidYouMean;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.TypeConversionException;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * Reports an invalid command line: one line that says what is wrong, then the usage of the command
 * that was called.
 */
final class UsageErrors implements IParameterExceptionHandler {
  private final PrintStream err;

  UsageErrors(PrintStream err) {
    this.err = err;
  }

  @Override
  public int handleParseException(ParameterException e, String[] words) {
    CommandLine called = e.getCommandLine();
    List<String> all = Arrays.asList(words);
    if (all.contains("--help") || all.contains("-h")) {
      called.usage(called.getOut());
      return Main.OK;
    }
    err.println("engram: " + message(e, all));
    err.println(
        "usage: "
            + called.getHelp().synopsis(0).strip()
            + " (`"
            + called.getCommandSpec().qualifiedName()
            + " --help` describes it)");
    return Main.USAGE;
  }

  private static String message(ParameterException e, List<String> words) {
    CommandLine called = e.getCommandLine();
    // An unknown option comes first: its value is taken for a word, which causes further errors.
    List<String> unmatched =
        e instanceof UnmatchedArgumentException u
            ? u.getUnmatched()
            : called.getUnmatchedArguments();
    if (!unmatched.isEmpty()) {
      return unknown(called, unmatched.getFirst(), words);
    }
    if (e instanceof MissingParameterException m) {
      return missing(called, m.getMissing().getFirst());
    }
    if (e.getArgSpec() instanceof OptionSpec o && o.arity().max() == 0) {
      return o.longestName() + " takes no value, got '" + Words.shown(e.getValue()) + "'";
    }
    if (e.getCause() instanceof TypeConversionException c && e.getArgSpec() != null) {
      return e.getArgSpec() instanceof OptionSpec o
          ? o.longestName() + " " + c.getMessage()
          : String.valueOf(c.getMessage());
    }
    return String.valueOf(e.getMessage());
  }

  private static String unknown(CommandLine called, String word, List<String> words) {
    List<String> commands = List.copyOf(called.getSubcommands().keySet());
    String name = called.getCommandName();
    if (word.startsWith("-") && word.length() > 1) {
      Optional<String> later = words.stream().filter(commands::contains).findFirst();
      return later.isPresent()
          ? "the options of a task come after it: "
              + called.getCommandSpec().qualifiedName()
              + " "
              + later.get()
              + " [OPTIONS]"
          : "unknown option " + option(called, word);
    }
    if (commands.isEmpty()) {
      String takes = takes(called);
      return "unexpected word '"
          + Words.shown(word)
          + "'"
          + (takes.isEmpty() ? "" : ", expected at most one " + takes);
    }
    return "unknown "
        + (name.equals("engram") ? "command" : "task")
        + " '"
        + Words.shown(word)
        + "', expected one of "
        + String.join(", ", commands)
        + DidYouMean.hint(word, commands);
  }

  private static String takes(CommandLine called) {
    return String.join(
        ", ",
        called.getCommandSpec().positionalParameters().stream().map(ArgSpec::paramLabel).toList());
  }

  /** Names the option, with a suggestion: two edits away, or the only one with this prefix. */
  private static String option(CommandLine called, String word) {
    String typed = word.replaceFirst("=.*", "");
    String dashed = "--" + typed.replaceFirst("^-+", "");
    List<String> names = new ArrayList<>();
    called.getCommandSpec().options().forEach(o -> names.addAll(List.of(o.names())));
    names.removeIf(n -> !n.startsWith("--"));
    String hint = DidYouMean.hint(dashed, names);
    List<String> begun = names.stream().filter(n -> n.startsWith(dashed)).toList();
    if (hint.isEmpty() && begun.size() == 1 && dashed.length() > 2) {
      hint = "; did you mean `" + begun.getFirst() + "`?";
    }
    return Words.shown(typed) + hint;
  }

  private static String missing(CommandLine called, ArgSpec missing) {
    return missing instanceof OptionSpec o
        ? o.longestName() + " needs a value: " + o.longestName() + " " + o.paramLabel()
        : called.getCommandSpec().qualifiedName() + " needs a " + missing.paramLabel();
  }
}
