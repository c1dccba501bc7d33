package dev.engram.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.cli.terminal.Streams;
import dev.engram.cli.train.problem.SequenceTask;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** Properties of every command, checked on all of them. */
class CommandsTest {
  @TempDir Path folder;

  private static CommandLine engram() {
    // `help` needs all commands.
    return new Main(new Streams().terminal(false, 80)).command("help");
  }

  /** Each command with those above it. */
  private static List<CommandLine> all() {
    List<CommandLine> out = new ArrayList<>();
    add(engram(), out);
    return out;
  }

  private static void add(CommandLine command, List<CommandLine> out) {
    out.add(command);
    command.getSubcommands().values().forEach(c -> add(c, out));
  }

  /** The words that call a command, such as {@code train match}. */
  private static List<String> words(CommandLine command, String... more) {
    List<String> words =
        new ArrayList<>(List.of(command.getCommandSpec().qualifiedName().split(" ")));
    words.removeFirst();
    words.addAll(List.of(more));
    return words;
  }

  private static Streams run(int code, List<String> words) {
    Streams streams = new Streams();
    int got = new Main(streams.terminal(false, 80)).run(words.toArray(String[]::new));
    assertEquals(code, got, () -> words + ": " + streams.err());
    return streams;
  }

  /** The help of all commands, compared with a file; {@code -Dengram.bless=true} rewrites it. */
  @Test
  void helpIsAsItIsWrittenDown() throws Exception {
    StringBuilder got = new StringBuilder();
    for (CommandLine command : all()) {
      Streams streams = run(Main.OK, words(command, "--help"));
      assertEquals("", streams.err());
      got.append("$ ").append(command.getCommandSpec().qualifiedName()).append(" --help\n");
      got.append(streams.out()).append('\n');
    }
    Path file =
        Path.of(
            System.getProperty("engram.root"), "cli/src/test/resources/dev/engram/cli/help.txt");
    if (Boolean.getBoolean("engram.bless") && !"true".equals(System.getenv("CI"))) {
      Files.createDirectories(file.getParent());
      Files.writeString(file, got);
    }
    assertEquals(Files.readString(file), got.toString(), "-Dengram.bless=true rewrites it");
  }

  @Test
  void helpOfACommandIsHelpFirst() {
    for (CommandLine command : all()) {
      List<String> words = words(command);
      words.addFirst("help");
      String help = run(Main.OK, words(command, "--help")).out();
      assertEquals(help, run(Main.OK, words).out());
    }
    String err = run(Main.USAGE, List.of("help", "train", "nix")).err();
    assertTrue(err.startsWith("engram: there is no command `engram train nix`\n"), err);
  }

  /** A command is listed in the same way whether it is called or not. */
  @Test
  void theListsAreTheSameForAnyWords() {
    for (String words : List.of("--help", "train --help", "dump --nix --help", "train copying")) {
      Streams streams = new Streams();
      CommandLine some = new Main(streams.terminal(false, 80)).command(words.split(" "));
      assertEquals(engram().getUsageMessage(), some.getUsageMessage());
      assertEquals(
          engram().getSubcommands().get("train").getSubcommands().keySet().size(),
          SequenceTask.all().size());
    }
  }

  @Test
  void anOptionThatNoCommandHasIsUnknownToEach() {
    for (CommandLine command : all()) {
      String err = run(Main.USAGE, words(command, "--qqqqqqqqqqqq")).err();
      assertTrue(err.startsWith("engram: unknown option --qqqqqqqqqqqq\nusage: engram"), err);
      String name = command.getCommandSpec().qualifiedName();
      assertTrue(err.endsWith("(`" + name + " --help` describes it)\n"), err);
    }
  }

  /** With an extra letter: the intended option is suggested. */
  @Test
  void aMistypedOptionOfAnyCommandIsFound() {
    int options = 0;
    for (CommandLine command : all()) {
      for (OptionSpec option : command.getCommandSpec().options()) {
        String name = option.longestName();
        String typed = name + name.charAt(name.length() - 1);
        String err = run(Main.USAGE, words(command, typed)).err();
        assertTrue(
            err.startsWith("engram: unknown option " + typed + "; did you mean `" + name + "`?\n"),
            err);
        options++;
      }
    }
    assertTrue(options > 100, "options: " + options);
  }

  @Test
  void everyValueThatAnOptionNeedsIsAskedFor() {
    for (CommandLine command : all()) {
      for (OptionSpec option : command.getCommandSpec().options()) {
        if (option.arity().max() > 0) {
          String name = option.longestName();
          String err = run(Main.USAGE, words(command, name)).err();
          assertTrue(err.startsWith("engram: " + name + " needs a value: " + name + " "), err);
        } else if (!option.usageHelp() && !option.versionHelp()) {
          String name = option.longestName();
          String err = run(Main.USAGE, words(command, name + "=x")).err();
          assertTrue(err.startsWith("engram: " + name + " takes no value, got 'x'"), err);
        }
      }
    }
  }

  // ---- completion

  private static String bash(int code, String script) throws Exception {
    Process p = new ProcessBuilder("bash", "-s").redirectErrorStream(true).start();
    try (var in = p.getOutputStream()) {
      in.write(script.getBytes(StandardCharsets.UTF_8));
    }
    String out = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(code, p.waitFor(), out);
    return out;
  }

  private static int parsed(Path script) throws Exception {
    return new ProcessBuilder("bash", "-n", script.toString()).inheritIO().start().waitFor();
  }

  @Test
  void theCompletionScriptIsOneOfBash() throws Exception {
    Path script = Files.writeString(folder.resolve("script"), completion());
    assertEquals(0, parsed(script));
    Files.writeString(script, completion().replaceFirst("\nfi\n", "\n"));
    assertNotEquals(0, parsed(script), "a script without one of its ends is none");
  }

  private static String completion() {
    return run(Main.OK, List.of("completion")).out();
  }

  /** The shell's completions for these words, the last of which is incomplete. */
  private static List<String> offered(String line) throws Exception {
    String[] words = line.split(" ", -1);
    return bash(
            0,
            completion()
                + "\nCOMP_WORDS=("
                + line
                + (line.endsWith(" ") ? " ''" : "")
                + ")\nCOMP_CWORD="
                + (words.length - 1)
                + "\n_complete_engram >/dev/null 2>&1\nprintf '%s\\n' \"${COMPREPLY[@]}\"\n")
        .lines()
        .map(String::strip)
        .toList();
  }

  @Test
  void bashCompletesCommandsOptionsAndValues() throws Exception {
    assertEquals(List.of("dump"), offered("engram du"));
    assertEquals(List.of("copying"), offered("engram train co"));
    assertEquals(List.of("--epochs"), offered("engram train text --ep"));
    assertTrue(offered("engram dump --stage ").contains("bytecode"));
    assertFalse(offered("engram train text --ep").contains("--batch"));
  }
}
