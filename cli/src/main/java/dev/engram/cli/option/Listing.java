package dev.engram.cli.option;

import java.util.function.Predicate;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/**
 * Gives a command its subcommands.
 *
 * @param called true for names that occur in the command line; other subcommands are listed with
 *     name and header only
 */
public record Listing(CommandLine command, Predicate<String> called) {
  /** Adds a subcommand, which is constructed only if it is called. */
  public Listing add(String name, String header, Supplier<CommandLine> made) {
    if (called.test(name)) {
      command.addSubcommand(name, made.get());
    } else {
      CommandSpec listed = CommandSpec.create().name(name);
      listed.usageMessage().header(header);
      command.addSubcommand(name, new CommandLine(listed));
    }
    return this;
  }
}
