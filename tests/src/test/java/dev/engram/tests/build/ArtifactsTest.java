package dev.engram.tests.build;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The bill of materials lists every library that is published, and nothing else. */
class ArtifactsTest {
  private static final Path ROOT = Path.of(System.getProperty("engram.root"));
  private static final Pattern ARTIFACT = Pattern.compile("<artifactId>(engram[^<]*)</artifactId>");
  private static final String PARENT = "engram-parent";

  /** A program, against which nobody compiles. */
  private static final String COMMAND = "engram-cli";

  private static String pom(String folder) {
    try {
      return Files.readString(ROOT.resolve(folder).resolve("pom.xml"));
    } catch (IOException e) {
      throw new AssertionError(folder, e);
    }
  }

  private static Set<String> artifacts(String text) {
    return ARTIFACT.matcher(text).results().map(m -> m.group(1)).collect(Collectors.toSet());
  }

  /** The artifacts of modules with a descriptor, without those that are not published. */
  private static Set<String> published() throws IOException {
    try (Stream<Path> folders = Files.list(ROOT)) {
      return folders
          .filter(folder -> Files.exists(folder.resolve("src/main/java/module-info.java")))
          .map(folder -> pom(folder.getFileName().toString()))
          .filter(pom -> !pom.contains("<unpublished>true"))
          .map(ArtifactsTest::own)
          .collect(Collectors.toCollection(TreeSet::new));
    }
  }

  /** Returns the first match that is not the parent's. */
  private static String own(String pom) {
    Matcher own = ARTIFACT.matcher(pom);
    while (own.find()) {
      if (!own.group(1).equals(PARENT)) {
        return own.group(1);
      }
    }
    throw new AssertionError("no artifact in " + pom);
  }

  @Test
  void theBillOfMaterialsListsWhatIsPublished() throws IOException {
    Set<String> listed = new TreeSet<>(artifacts(pom("bom")));
    listed.remove("engram-bom");
    Set<String> libraries = new TreeSet<>(published());
    libraries.remove(COMMAND);
    assertEquals(libraries, listed);
  }

  @Test
  void theCheckOfWhatIsInstalledListsItToo() throws IOException {
    String line =
        Files.readAllLines(ROOT.resolve(".ci/run")).stream()
            .filter(l -> l.startsWith("jars='"))
            .findFirst()
            .orElseThrow();
    assertEquals(published(), new TreeSet<>(Set.of(line.replaceAll(".*='|'", "").split(" "))));
  }

  /**
   * The library depends on its modules, including the backend, so users need no other dependency.
   */
  @Test
  void oneArtifactIsEnough() {
    assertEquals(
        Set.of("engram", PARENT, "engram-core", "engram-backend-cpu"), artifacts(pom("library")));
    assertEquals(Set.of("engram", PARENT, "engram-examples"), artifacts(pom("examples")));
    // whose tests use the test kit
    assertEquals(
        Set.of("engram", PARENT, "engram-extensions", "engram-testkit"),
        artifacts(pom("extensions")));
  }
}
