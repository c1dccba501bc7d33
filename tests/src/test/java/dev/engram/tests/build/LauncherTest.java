package dev.engram.tests.build;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.lang.module.ModuleReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The launcher script drops one line of the JVM and hides nothing else. It runs here in a checkout
 * that is already built, with the modules of this one.
 */
class LauncherTest {
  private static final String NOTICE = "Using incubator modules";

  @TempDir Path root;

  /** The result of a run of the script. */
  private record Outcome(int code, String out, List<String> err) {}

  @BeforeEach
  void makeCheckout() throws IOException {
    Path script = Path.of(System.getProperty("engram.root"), "engram");
    Files.copy(script, root.resolve("engram"), StandardCopyOption.COPY_ATTRIBUTES);
    Files.createFile(root.resolve("pom.xml"));
    Files.createDirectory(root.resolve("bom"));
    Files.createDirectory(root.resolve("build-tools"));
    for (String module : ModuleArrows.FOLDERS) {
      Files.createDirectories(root.resolve(module).resolve("src/main/java"));
    }
    Path home = Files.createDirectories(root.resolve("cli/target/engram"));
    Path lib = Files.createDirectory(home.resolve("lib"));
    Path backend = Files.createDirectory(home.resolve("backend"));
    // Copies: the JVM finds no packages behind the link to a folder.
    for (ModuleReference module : ModuleArrows.ofTheCommand().findAll()) {
      Path at = Path.of(module.location().orElseThrow());
      String name = module.descriptor().name();
      Path to = name.equals("dev.engram.backend.cpu") ? backend : lib;
      copy(at, to.resolve(Files.isDirectory(at) ? name : name + ".jar"));
    }
    Files.writeString(home.resolve("jdk"), System.getProperty("java.home") + "\n");
    Path built = Files.createFile(home.resolve("built"));
    Files.setLastModifiedTime(built, FileTime.from(Instant.now().plusSeconds(3600)));
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> all = Files.walk(from)) {
      for (Path file : all.toList()) {
        Files.copy(file, to.resolve(from.relativize(file)));
      }
    }
  }

  private ProcessBuilder engram(String javaOptions, String... words) {
    List<String> command = new ArrayList<>(List.of(root.resolve("engram").toString()));
    command.addAll(List.of(words));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().put("ENGRAM_JAVA_OPTIONS", javaOptions);
    builder.redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
    return builder;
  }

  private Outcome run(String javaOptions, String... words) throws Exception {
    Path out = root.resolve("out.txt");
    Process p = engram(javaOptions, words).redirectOutput(out.toFile()).start();
    // Read to the end: the filter may print a last line after the JVM has ended.
    List<String> err = p.errorReader().lines().toList();
    return new Outcome(p.waitFor(), Files.readString(out), err);
  }

  @Test
  void anOrdinaryRunSaysNothingOnStandardError() throws Exception {
    Outcome version = run("", "--version");
    assertEquals(List.of(), version.err());
    assertEquals(0, version.code());
    assertTrue(version.out().startsWith("engram "), version.out());
    Outcome runs = run("", "help", "run");
    assertEquals(List.of(), runs.err());
    assertEquals(0, runs.code());
  }

  /** The JVM refuses an archive of other jars, such as those that Maven has made again. */
  @Test
  void archivesAreMadeAgainWhenJarsAre() throws Exception {
    Path home = root.resolve("cli/target/engram");
    assertEquals(0, run("", "run", "--help").code());
    assertTrue(Files.notExists(home.resolve("all.jsa")), "the test's own installation has none");
    FileTime before = FileTime.from(Instant.now().minusSeconds(3600));
    Files.setLastModifiedTime(home.resolve("jdk"), before);
    try (Stream<Path> jars = Files.list(home.resolve("lib"))) {
      for (Path jar : jars.filter(f -> f.toString().endsWith(".jar")).toList()) {
        Files.setLastModifiedTime(jar, FileTime.from(Instant.now().minusSeconds(60)));
      }
    }
    Outcome again = run("", "run", "--help");
    assertEquals(List.of(), again.err());
    assertTrue(Files.exists(home.resolve("help.aot")));
    assertTrue(Files.getLastModifiedTime(home.resolve("jdk")).compareTo(before) > 0);
  }

  /**
   * Commands that need no backend start without the CPU backend, in half the time, with the same
   * output.
   */
  @Test
  void helpIsTheSameWithoutTheBackend() throws Exception {
    Files.move(
        root.resolve("cli/target/engram/backend/dev.engram.backend.cpu"),
        root.resolve("elsewhere"));
    Map<String, String> light = new LinkedHashMap<>();
    for (String words :
        List.of("--help", "-V", "train --help", "train copying -h", "dump --help", "opt --help")) {
      Outcome help = run("", words.split(" "));
      assertEquals(List.of(), help.err());
      light.put(words, help.out());
    }
    Outcome without = run("", "run", "--help");
    Files.move(
        root.resolve("elsewhere"),
        root.resolve("cli/target/engram/backend/dev.engram.backend.cpu"));
    for (Map.Entry<String, String> help : light.entrySet()) {
      String words = help.getKey();
      assertEquals(help.getValue(), run("", words.split(" ")).out());
      if (!words.equals("-V")) {
        // These command lines start like all other commands.
        String[] other = ("help " + words.replaceAll(" ?-.*", "")).strip().split(" ");
        assertEquals(help.getValue(), run("", other).out(), words);
      }
    }
    // Control: this help names the backends, so it does not start without them.
    assertTrue(run("", "run", "--help").out().contains("cpu"));
    assertFalse(without.out().contains("cpu"), without.out());
  }

  /** The JVM takes one archive of classes, and refuses to start with options of two kinds. */
  @Test
  void aUsersOwnArchiveReplacesOurs() throws Exception {
    Path archive = Files.createFile(root.resolve("cli/target/engram/all.jsa"));
    Outcome own = run("-XX:AOTMode=off", "help", "run");
    assertEquals(List.of(), own.err());
    assertEquals(0, own.code());
    Outcome both = run("-XX:AOTMode=off -XX:SharedArchiveFile=" + archive, "help", "run");
    assertNotEquals(0, both.code());
  }

  /** The first build makes a folder in the folder of each module, which is newer afterwards. */
  @Test
  void theSecondStartBuildsNothing() throws Exception {
    age();
    Files.setLastModifiedTime(root.resolve("ir"), FileTime.from(Instant.now()));
    assertEquals(List.of(), run("", "--version").err());
  }

  @Test
  void newSourcesAreBuilt() throws Exception {
    age();
    Files.createFile(root.resolve("plot/src/main/java/New.java"));
    assertBuilds();
  }

  @Test
  void sourcesThatHaveGoneAreNoticed() throws Exception {
    Path gone = Files.createFile(root.resolve("ir/src/main/java/Gone.java"));
    age();
    Files.delete(gone);
    assertBuilds();
  }

  @Test
  void anotherPomIsBuilt() throws Exception {
    Path pom = Files.createFile(root.resolve("core/pom.xml"));
    age();
    Files.writeString(pom, "<project/>");
    assertBuilds();
  }

  /** Makes all existing files older than the build, and the build older than all later files. */
  private void age() throws IOException {
    try (Stream<Path> all = Files.walk(root)) {
      for (Path file : all.toList()) {
        Files.setLastModifiedTime(file, FileTime.from(Instant.now().minusSeconds(7200)));
      }
    }
    FileTime built = FileTime.from(Instant.now().minusSeconds(3600));
    Files.setLastModifiedTime(root.resolve("cli/target/engram/built"), built);
  }

  private void assertBuilds() throws Exception {
    Process p = engram("", "--version").redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
    try (BufferedReader err = p.errorReader()) {
      assertEquals("building Engram (sources changed)…", err.readLine());
      p.descendants().forEach(ProcessHandle::destroyForcibly);
      p.destroyForcibly().waitFor();
    }
  }

  /** Control for the first test: this JVM does warn about the module. */
  @Test
  void withoutTheScriptThereIsTheLine() throws Exception {
    Process p =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules=jdk.incubator.vector",
                "-version")
            .start();
    assertTrue(p.errorReader().lines().anyMatch(l -> l.contains(NOTICE)));
    assertEquals(0, p.waitFor());
  }

  @Test
  void aJvmThatCannotStartSaysWhy() throws Exception {
    Files.delete(root.resolve("cli/target/engram/lib/dev.engram.core/module-info.class"));
    for (String words : List.of("--version", "help run")) {
      Outcome broken = run("", words.split(" "));
      assertEquals(1, broken.code());
      assertTrue(
          broken.err().stream().anyMatch(l -> l.contains("Module dev.engram.core not found")),
          () -> broken.err().toString());
      assertFalse(broken.err().stream().anyMatch(l -> l.contains(NOTICE)));
    }
  }

  @Test
  void otherWarningsOfTheJvmAreSeen() throws Exception {
    for (String words : List.of("--version", "help run")) {
      Outcome warned = run("--add-opens=no.such/module=ALL-UNNAMED", words.split(" "));
      assertEquals(
          List.of("WARNING: Unknown module: no.such specified to --add-opens"), warned.err());
      assertEquals(0, warned.code());
    }
  }

  /** A crash: a segmentation fault signal makes the JVM crash. */
  @Test
  void aJvmThatCrashesSaysSo() throws Exception {
    Process p = training("-XX:-CreateCoredumpOnCrash -XX:ErrorFile=" + root.resolve("crash.log"));
    new ProcessBuilder("kill", "-SEGV", Long.toString(p.pid())).start().waitFor();
    // The JVM reports a crash on standard output.
    List<String> report = p.inputReader().lines().toList();
    assertEquals(1, p.waitFor()); // 134 where it leaves a core
    assertTrue(
        report.stream().anyMatch(l -> l.contains("A fatal error has been detected")),
        report::toString);
  }

  @Test
  void errorsOfTheCommandAndItsExitCodesComeThrough() throws Exception {
    Outcome usage = run("", "run", "--nix");
    assertEquals(
        List.of(
            "engram: unknown option --nix",
            "usage: engram run [OPTIONS] FILE.ir (`engram run --help` describes it)"),
        usage.err());
    assertEquals(2, usage.code());
    assertEquals("", usage.out());
    assertEquals(1, run("", "explain", "no.such.Model").code());
  }

  @Test
  void whoReadsOneLineOfManyIsNoFailure() throws Exception {
    ProcessBuilder builder = engram("");
    builder.command("bash", "-c", "\"$0\" --help | head -1; exit ${PIPESTATUS[0]}", "./engram");
    Process p = builder.directory(root.toFile()).redirectErrorStream(true).start();
    assertEquals(
        "usage: engram [OPTIONS] [COMMAND]", String.join("\n", p.inputReader().lines().toList()));
    assertEquals(0, p.waitFor());
  }

  /** A command that has started, and runs for a long time. */
  private Process training(String javaOptions) throws IOException {
    Process p =
        engram(javaOptions, "train", "text", "--epochs", "100000", "--hidden", "4", "--batch", "1")
            .directory(root.toFile())
            .start();
    BufferedReader out = p.inputReader();
    String line = out.readLine();
    assertTrue(line != null && line.startsWith("text: GRU "), () -> "began with " + line);
    return p;
  }

  /** The script's process becomes the command's: a signal ends it, and no process stays behind. */
  @Test
  void aSignalEndsIt() throws Exception {
    Process p = training("");
    p.destroy();
    assertTrue(p.waitFor(60, TimeUnit.SECONDS));
    assertEquals(143, p.exitValue());
    assertEquals(0, p.descendants().count());
  }
}
