package dev.engram.cli;

import dev.engram.cli.terminal.Unexpected;
import dev.engram.cli.train.problem.Requirements;
import java.io.IOException;
import java.io.PrintStream;
import java.util.Collection;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.ParseResult;

/** Reports in one line why a valid command failed. */
final class Failures implements IExecutionExceptionHandler {
  private final PrintStream err;

  Failures(PrintStream err) {
    this.err = err;
  }

  @Override
  public int handleExecutionException(Exception e, CommandLine called, ParseResult words) {
    return report(e, called);
  }

  /** Prints the line and returns the exit code. */
  int report(Throwable e, CommandLine called) {
    Collection<String> options = called.getCommandSpec().optionsMap().keySet();
    if (e instanceof IOException) {
      err.println("engram: " + e.getMessage());
    } else if (e instanceof OutOfMemoryError) {
      err.println("engram: out of memory (" + e.getMessage() + "); " + smaller(options));
    } else {
      err.println(
          isSize(e)
              ? "engram: a size is too large (" + Unexpected.line(e) + "); " + smaller(options)
              : "engram: unexpected " + Unexpected.line(e));
      trace(e);
    }
    return Main.FAILED;
  }

  /** True for a product of lengths that overflowed, and not for a division by zero. */
  private static boolean isSize(Throwable e) {
    return e instanceof NegativeArraySizeException
        || (e instanceof ArithmeticException
            && e.getMessage() != null
            && e.getMessage().endsWith(" overflow"));
  }

  /** Says how a command with these options can be made to need less memory. */
  private static String smaller(Collection<String> options) {
    String names = Requirements.smaller(options);
    return names.isEmpty()
        ? "make the tensors smaller, or give the JVM more memory: ENGRAM_JAVA_OPTIONS=-Xmx…"
        : "lower " + names;
  }

  private void trace(Throwable e) {
    if (Boolean.getBoolean("engram.trace")) {
      e.printStackTrace(err);
    } else {
      err.println("(ENGRAM_JAVA_OPTIONS=-Dengram.trace=true prints the stack trace)");
    }
  }
}
