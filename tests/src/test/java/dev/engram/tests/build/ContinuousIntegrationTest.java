package dev.engram.tests.build;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.spi.ToolProvider;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code .ci/run} checks what it claims: each of its checks passes for an intact input, and fails
 * otherwise.
 */
class ContinuousIntegrationTest {
  private static final Path ROOT =
      Path.of(System.getProperty("engram.root")).toAbsolutePath().normalize();

  @TempDir Path folder;

  private record Outcome(int code, String out, String err) {}

  @BeforeEach
  void scratch() throws IOException {
    Files.createDirectories(folder.resolve("scratch"));
  }

  private Outcome bash(String... words) throws Exception {
    List<String> command = new ArrayList<>(List.of("bash"));
    command.addAll(List.of(words));
    Path out = folder.resolve("out.txt");
    Path err = folder.resolve("err.txt");
    int code =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start()
            .waitFor();
    return new Outcome(code, Files.readString(out), Files.readString(err));
  }

  /** Calls a function of the script in {@code folder}. */
  private Outcome function(String settings, String name) throws Exception {
    return bash(
        "-c",
        "source %s/.ci/run; scratch=scratch; jdk=%s; %s; %s"
            .formatted(ROOT, System.getProperty("java.home"), settings, name));
  }

  private void refused(String reason, Outcome outcome) {
    assertEquals(1, outcome.code(), outcome.toString());
    assertTrue(outcome.err().contains(".ci/run: " + reason), outcome.toString());
  }

  private Path write(String file, String text) throws IOException {
    Path path = folder.resolve(file);
    Files.createDirectories(path.getParent());
    return Files.writeString(path, text);
  }

  @Test
  void argumentsThatMeanNothingAreRefused() throws Exception {
    String script = ROOT.resolve(".ci/run").toString();
    for (String word : List.of("--empty", "all", "", "-x")) {
      Outcome outcome = bash(script, "--empty-repository", word);
      assertEquals(2, outcome.code(), word);
      assertEquals("", outcome.out());
      assertTrue(
          outcome.err().startsWith(".ci/run: unknown argument " + word + "\nusage: .ci/run ["),
          outcome.err());
    }
    Outcome help = bash(script, "--help");
    assertEquals(0, help.code());
    assertTrue(help.out().startsWith("usage: .ci/run ["), help.out());
  }

  @Test
  void everyCommandOfTheReadmeIsRun() throws Exception {
    Outcome ours = function("pristine=" + ROOT, "check_commands");
    assertEquals(0, ours.code(), ours.toString());
    String readme = Files.readString(ROOT.resolve("README.md"));
    for (String more : List.of("\n    ./engram nix\n", "\nCall `mvn nix` now.\n")) {
      write("README.md", readme + more);
      refused("the README has other commands", function("pristine=.", "check_commands"));
    }
    write(
        "README.md", readme.replace("    mvn -B -ntp verify\n", "").replace("`mvn -B -ntp v", "`"));
    refused("the README has other commands", function("pristine=.", "check_commands"));
    // Text in a fence is a program, or the output of one.
    write("README.md", readme + "\n```\n    ./engram nix\n```\n");
    assertEquals(0, function("pristine=.", "check_commands").code());
  }

  private void report(String name, int tests, int skipped) throws IOException {
    write(
        "m/target/surefire-reports/TEST-a." + name + ".xml",
        """
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuite version="3.0.2" name="a.%s" time="0.0" tests="%d" errors="0" skipped="%d" failures="0">
        </testsuite>
        """
            .formatted(name, tests, skipped));
  }

  @Test
  void everyTestClassMustHaveRun() throws Exception {
    write("m/src/test/java/a/OneTest.java", "class OneTest { @Test void f() {} }");
    write("m/src/test/java/a/TwoProperties.java", "class TwoProperties { @Property void f() {} }");
    write("m/src/test/java/a/Samples.java", "class Samples { }");
    refused("a.OneTest of m has no report", function(":", "check_tests"));
    report("OneTest", 3, 1);
    refused("a.TwoProperties of m has no report", function(":", "check_tests"));
    report("TwoProperties", 0, 0);
    refused("no test of a.TwoProperties ran", function(":", "check_tests"));
    report("TwoProperties", 5, 5);
    refused("no test of a.TwoProperties ran", function(":", "check_tests"));
    report("TwoProperties", 5, 0);
    Outcome all = function(":", "check_tests");
    assertEquals(0, all.code(), all.toString());
    assertEquals("     7 tests ran in m\n     7 tests ran in all\n", all.out());
    Files.createDirectories(folder.resolve("n/src/test/java"));
    refused("no test of n ran", function(":", "check_tests"));
  }

  @Test
  void aModuleWithoutTestsAtAllIsNone() throws Exception {
    assertEquals(1, function(":", "check_tests").code());
  }

  private static void tool(String name, String... words) {
    StringWriter text = new StringWriter();
    PrintWriter to = new PrintWriter(text);
    int code = ToolProvider.findFirst(name).orElseThrow().run(to, to, words);
    assertEquals(0, code, text::toString);
  }

  private void jar(String suffix, String content) throws IOException {
    Path file = folder.resolve("r/dev/engram/engram-m/0.1/engram-m-0.1-SNAPSHOT" + suffix + ".jar");
    Files.createDirectories(file.getParent());
    tool("jar", "--create", "--file=" + file, "-C", folder.resolve(content).toString(), ".");
  }

  private Outcome installed() throws Exception {
    return function("jars=engram-m; poms=; repository=r", "check_installed");
  }

  @Test
  void jarsAreLookedInto() throws Exception {
    Path descriptor = write("src/module-info.java", "module m {\n  exports a;\n}\n");
    Path code = write("src/a/A.java", "package a;\n/** One. */\npublic class A { class B {} }\n");
    String classes = folder.resolve("classes").toString();
    String pages = folder.resolve("pages").toString();
    tool("javac", "-d", classes, descriptor.toString(), code.toString());
    tool(
        "javadoc",
        "-quiet",
        "-d",
        pages,
        "--module-source-path",
        "m=" + folder.resolve("src"),
        "--module",
        "m");
    String pom =
        "<project>\n"
            + "  <parent>b</parent>\n"
            + "  <name>m</name>\n"
            + "  <description>d</description>\n"
            + "</project>\n";
    jar("", "classes");
    jar("-sources", "src");
    Path described = write("r/dev/engram/engram-m/0.1/engram-m-0.1-SNAPSHOT.pom", pom);
    refused("other files were installed", installed());
    jar("-javadoc", "pages");
    Outcome whole = installed();
    assertEquals(new Outcome(0, "", ""), whole);

    // Each part missing, all names right.
    String at = "r/dev/engram/engram-m/0.1/engram-m-0.1-SNAPSHOT.pom has no ";
    for (String field : List.of("name", "description")) {
      Files.writeString(described, pom.replace("<" + field + ">", "<x>"));
      refused(at + field, installed());
    }
    Files.writeString(described, pom.replace("<parent>", "<x>"));
    refused(at + "license", installed());
    Files.writeString(described, pom);
    Path nothing = write("nothing/readme.txt", "");
    jar("-sources", "nothing");
    refused("r/dev/engram/engram-m/0.1/engram-m-0.1-SNAPSHOT-sources.jar has other", installed());
    jar("-sources", "src");
    jar("-javadoc", "nothing");
    refused(
        "r/dev/engram/engram-m/0.1/engram-m-0.1-SNAPSHOT-javadoc.jar has no index", installed());
    Files.copy(folder.resolve("pages/index.html"), nothing.resolveSibling("index.html"));
    jar("-javadoc", "nothing");
    refused(
        "r/dev/engram/engram-m/0.1/engram-m-0.1-SNAPSHOT-javadoc.jar has no page of a",
        installed());
    jar("-javadoc", "pages");
    jar("", "nothing");
    refused("r/dev/engram/engram-m/0.1/engram-m-0.1-SNAPSHOT.jar has no module", installed());
    Path empty = write("empty/module-info.java", "module m {}\n");
    tool("javac", "-d", empty.getParent().toString(), empty.toString());
    jar("", "empty");
    refused("r/dev/engram/engram-m/0.1/engram-m-0.1-SNAPSHOT.jar has no class", installed());
    jar("", "classes");
    write("src/a/C.java", "package a;\nclass C {}\n");
    jar("-sources", "src");
    refused("r/dev/engram/engram-m/0.1/engram-m-0.1-SNAPSHOT-sources.jar has other", installed());
  }

  @Test
  void theThirdCommandOfTheReadmeIsRunWithTheJdk() throws Exception {
    Path java = write("jdk/bin/java", "#!/bin/sh\necho \"$@\"\necho 'step 200, loss 0.01'\n");
    assertTrue(java.toFile().setExecutable(true));
    write("README.md", Files.readString(ROOT.resolve("README.md")));
    Outcome run = function("jdk=$PWD/jdk", "first_steps");
    assertEquals(0, run.code(), run.toString());
    assertEquals(
        "-p examples/target/lib -m dev.engram.examples/dev.engram.examples.FirstSteps",
        run.out().lines().findFirst().orElseThrow());
    Files.write(java, "#!/bin/sh\necho step 200, loss 1.5\n".getBytes(StandardCharsets.UTF_8));
    refused("the example did not learn", function("jdk=$PWD/jdk", "first_steps"));
  }
}
