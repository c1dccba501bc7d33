package dev.engram.cli.option;

import picocli.CommandLine.Option;

/** The option {@code --json} of commands that print results. */
public final class JsonOption {
  @Option(
      names = "--json",
      order = 200,
      description = "print one JSON object on standard output, for scripts")
  private boolean given;

  /** True when results are for scripts. */
  public boolean isGiven() {
    return given;
  }
}
