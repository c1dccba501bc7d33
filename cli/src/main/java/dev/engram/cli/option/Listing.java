package dev.engram.cli.option;

import java.util.function.Predicate;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/**
 * Gives a command its subcommands.
 *
 * @param called tells the names that are among the words of the command line; the others stand for
 *     their names and headers alone
 */
public record Listing(CommandLine command, Predicate<String> called) {
  /** Adds a subcommand, which is made when it is called. */
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
