package dev.engram.tests.build;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the check of a release finds, in a small repository with planted faults. {@code .ci/run}
 * stages and checks the whole project.
 */
class CentralTest {
  private static final Path ROOT = Path.of(System.getProperty("engram.root"));
  private static final String HEAD = "<project xmlns=\"http://maven.apache.org/POM/4.0.0\">\n";
  private static final String WHAT = "<name>A</name>\n<description>B.</description>\n";
  private static final String BOM =
      HEAD
          + """
            <artifactId>engram-bom</artifactId>
            <version>1.0</version>
            <packaging>pom</packaging>
          """
          + WHAT
          + """
            <licenses>
              <license>
                <name>C</name>
                <url>https://example.org/c</url>
              </license>
            </licenses>
            <dependencyManagement>
              <dependencies>
                <dependency>
                  <artifactId>engram-ir</artifactId>
                  <version>${project.version}</version>
                </dependency>
              </dependencies>
            </dependencyManagement>
          </project>
          """;

  @TempDir Path folder;

  /** What a program says, after its exit code. */
  private static List<String> central(String... words) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add(ROOT.resolve("build-tools/Central.java").toString());
    command.addAll(List.of(words));
    Process p = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return Stream.concat(Stream.of("exit " + p.waitFor()), said.lines()).toList();
  }

  private static String child(String name, String parent, String more) {
    return HEAD
        + "<parent><artifactId>%s</artifactId><version>1.0</version></parent>\n".formatted(parent)
        + "<artifactId>%s</artifactId>\n".formatted(name)
        + WHAT
        + more
        + "</project>\n";
  }

  private static final String PACKAGING = "<packaging>pom</packaging>\n";

  private Path file(String artifact, String end) {
    return folder.resolve("staged/dev/engram/%s/1.0/%s-1.0%s".formatted(artifact, artifact, end));
  }

  private void write(Path file, byte[] bytes) throws IOException {
    Files.createDirectories(file.getParent());
    Files.write(file, bytes);
    sum(file, "md5", "MD5");
    sum(file, "sha1", "SHA-1");
  }

  private static void sum(Path file, String end, String algorithm) throws IOException {
    try {
      byte[] digest = MessageDigest.getInstance(algorithm).digest(Files.readAllBytes(file));
      Files.writeString(Path.of(file + "." + end), HexFormat.of().formatHex(digest));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  private void text(String artifact, String pom) throws IOException {
    write(file(artifact, ".pom"), pom.getBytes(StandardCharsets.UTF_8));
  }

  private void jar(String kind) throws IOException {
    Path made = folder.resolve("made.jar");
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(made))) {
      zip.putNextEntry(new ZipEntry("A.class"));
    }
    write(file("engram-ir", kind + ".jar"), Files.readAllBytes(made));
  }

  /** A repository in which nothing is missing. */
  private Path staged() throws Exception {
    Path checkout = Files.createDirectories(folder.resolve("checkout/bom"));
    Files.writeString(checkout.resolve("pom.xml"), BOM.replace("1.0", "1.0-SNAPSHOT"));
    List<String> said =
        central(
            "describe",
            checkout.getParent().toString(),
            "1.0",
            "https://example.org",
            "https://example.org/a.git",
            "A & B <ab@example.org>");
    assertEquals(List.of("exit 0"), said);
    text("engram-bom", Files.readString(checkout.resolve("pom.xml")));
    text("engram-parent", child("engram-parent", "engram-bom", PACKAGING));
    text("engram-ir", child("engram-ir", "engram-parent", ""));
    jar("");
    jar("-sources");
    jar("-javadoc");
    return folder.resolve("staged");
  }

  private void finds(String problem) throws Exception {
    List<String> said = central("check", folder.resolve("staged").toString());
    assertEquals(List.of("exit 1", "central: " + problem), said);
    assertTrue(Files.notExists(folder.resolve("staged.zip")));
  }

  @Test
  void whatIsWholeIsPacked() throws Exception {
    Path staged = staged();
    Files.writeString(staged.resolve("dev/engram/engram-ir/maven-metadata.xml"), "<a/>");
    List<String> said = central("check", staged.toString());
    assertEquals(
        List.of("exit 0", "central: 3 artifacts, 6 files, 0 of them signed: staged.zip"),
        said.subList(0, 2));
    try (ZipFile zip = new ZipFile(folder.resolve("staged.zip").toFile())) {
      assertEquals(18, zip.size());
      assertTrue(zip.getEntry("dev/engram/engram-ir/1.0/engram-ir-1.0-sources.jar.sha1") != null);
    }
    for (String end : List.of(".pom", ".jar", "-sources.jar", "-javadoc.jar")) {
      Files.writeString(Path.of(file("engram-ir", end) + ".asc"), "signed");
    }
    assertTrue(central("check", staged.toString()).get(1).contains("6 files, 4 of them signed"));
  }

  @Test
  void aMissingJarIsFound() throws Exception {
    staged();
    Files.delete(file("engram-ir", "-javadoc.jar"));
    finds("engram-ir has no engram-ir-1.0-javadoc.jar");
  }

  @Test
  void missingAndWrongChecksumsAreFound() throws Exception {
    staged();
    Path md5 = Path.of(file("engram-ir", ".jar") + ".md5");
    Files.delete(md5);
    finds("engram-ir-1.0.jar has no md5");
    Files.writeString(md5, "0".repeat(32));
    finds("engram-ir-1.0.jar has another md5 than its file says");
  }

  @Test
  void whatTheSourcesLeaveOpenIsFound() throws Exception {
    staged();
    text("engram-bom", BOM);
    List<String> said = central("check", folder.resolve("staged").toString());
    assertEquals("exit 1", said.getFirst());
    for (String field : List.of("url", "developers/developer/name", "scm/connection")) {
      String problem = "central: engram-ir has no " + field + "; fill it in with Central describe";
      assertTrue(said.contains(problem), said::toString);
    }
  }

  @Test
  void descriptionsAreOfEachModule() throws Exception {
    staged();
    text("engram-ir", child("engram-ir", "engram-parent", "").replaceAll("<desc.*>\n", ""));
    finds("engram-ir has no description; fill it in with Central describe");
  }

  @Test
  void snapshotsAreFound() throws Exception {
    staged();
    String depends =
        "<dependencies><dependency><artifactId>x</artifactId><version>1-SNAPSHOT</version></dependency></dependencies>\n";
    text("engram-ir", child("engram-ir", "engram-parent", depends));
    finds("engram-ir depends on x 1-SNAPSHOT");
  }

  @Test
  void theBillOfMaterialsListsWhatIsStaged() throws Exception {
    staged();
    text("engram-x", child("engram-x", "engram-parent", PACKAGING));
    finds("engram-bom lists [engram-ir], staged are [engram-ir, engram-x]");
  }

  @Test
  void aReleaseHasAVersionAndADeveloper() throws Exception {
    String[] words = {"describe", folder.toString(), "1.0-SNAPSHOT", "a", "b", "C <d>"};
    assertEquals("exit 2", central(words).getFirst());
    words[2] = "1.0";
    words[5] = "C";
    assertEquals("exit 2", central(words).getFirst());
  }

  @Test
  void twoVersionsAreFound() throws Exception {
    staged();
    Path other = folder.resolve("staged/dev/engram/engram-ir/0.9/engram-ir-0.9.pom");
    String pom = child("engram-ir", "engram-parent", "<version>0.9</version>\n");
    write(other, pom.getBytes(StandardCharsets.UTF_8));
    List<String> said = central("check", folder.resolve("staged").toString());
    assertTrue(said.contains("central: engram-ir is there twice: 0.9 and 1.0"), said::toString);
  }

  @Test
  void theBillOfMaterialsListsTheSameVersion() throws Exception {
    Path bom = staged().resolve("dev/engram/engram-bom/1.0/engram-bom-1.0.pom");
    String listed = "<artifactId>engram-ir</artifactId>";
    text("engram-bom", Files.readString(bom).replace(listed, listed + "\n<version>9.9</version>"));
    finds("engram-bom lists engram-ir as 9.9");
  }
}
