package dev.engram.tests.notebook;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The script for JBang, entered in JShell: without the flag of the Vector API it works too. */
class ScriptTest {
  private static final Path ROOT = Path.of(System.getProperty("engram.root"));
  private static final Path SCRIPT = ROOT.resolve("examples/scripts/OnlineGru.java");
  private static final String FLAG = "--add-modules=jdk.incubator.vector";

  @Test
  void learnsWithoutTheFlagAndNamesItOnce() throws IOException {
    try (Shell shell = new Shell(NotebookTest.classPath())) {
      assertEquals("", shell.run(Files.readString(SCRIPT)).failure().orElse(""));
      Shell.Result run = shell.run("main()");
      assertEquals("", run.failure().orElse(""));
      List<Double> losses =
          run.printed()
              .lines()
              .map(line -> Double.parseDouble(line.replaceAll(".*mean loss ", "")))
              .toList();
      assertEquals(4, losses.size(), run::printed);
      assertTrue(losses.getFirst() > 0.5 && losses.getLast() < 0.05, losses::toString);
      assertEquals(
          1, shell.warnings().lines().filter(l -> l.contains(FLAG)).count(), shell::warnings);
    }
  }

  @Test
  void withTheFlagNothingIsToSay() throws IOException {
    try (Shell shell = new Shell(NotebookTest.classPath(), FLAG)) {
      shell.run(Files.readString(SCRIPT).replace("2000", "3"));
      assertEquals("", shell.run("main()").failure().orElse(""));
      assertEquals(List.of(), shell.warnings().lines().filter(l -> l.contains(FLAG)).toList());
    }
  }

  /** JBang, java and JShell read the same file; the flag it asks for is that of the documents. */
  @Test
  void itsHeadNamesTheArtifactAndTheFlag() throws IOException {
    List<String> head = Files.readAllLines(SCRIPT).subList(0, 4);
    assertEquals("//JAVA 25+", head.get(1));
    String bom = Files.readString(ROOT.resolve("bom/pom.xml"));
    String version = bom.replaceFirst("(?s).*?<version>([^<]*)</version>.*", "$1");
    assertEquals("//DEPS dev.engram:engram:" + version, head.get(2));
    assertEquals("//RUNTIME_OPTIONS " + FLAG, head.get(3));
  }
}
