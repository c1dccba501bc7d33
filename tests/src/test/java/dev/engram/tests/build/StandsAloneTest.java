package dev.engram.tests.build;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * No file of the checkout refers to a file outside. ({@code .ci/run} shows that none is needed: it
 * runs everything in a clone that is alone in its folder.)
 */
class StandsAloneTest {
  private static final Path ROOT =
      Path.of(System.getProperty("engram.root")).toAbsolutePath().normalize();
  private static final Set<String> TEXTS =
      Set.of("java", "xml", "md", "py", "json", "csv", "config", "ir", "rules", "txt", "run");

  /** A relative path that starts with steps upwards. */
  private static final Pattern UPWARDS = Pattern.compile("(?<![\\w.])(\\.\\./)+[\\w./-]*");

  /**
   * Paths that may not exist on another machine or for another user, such as a home given to a JVM.
   */
  private static final Pattern ELSEWHERE =
      Pattern.compile(
          "(?<!-D)user\\.home|(?<![\\w.:/-])/(home|root|mnt|media|srv|work|Users)/[\\w.-]+");

  /** Where users' compiled kernels are kept; no build and no test goes there. */
  private static final List<String> CACHE =
      List.of("backend-cuda/src/main/java/dev/engram/backend/cuda/CudaOptions.java: user.home");

  @Test
  void noPathLeavesTheCheckout() throws IOException {
    List<String> found = new ArrayList<>();
    int files = 0;
    try (Stream<Path> all = Files.walk(ROOT)) {
      for (Path file : all.filter(StandsAloneTest::isOurs).sorted().toList()) {
        files++;
        for (String path : leaving(file, Files.readString(file))) {
          found.add(ROOT.relativize(file) + ": " + path);
        }
      }
    }
    assertEquals(CACHE, found);
    assertTrue(files > 500, "read only " + files + " files");
  }

  @Test
  void pathsThatLeaveAreFound() {
    Path document = ROOT.resolve("docs/a.md");
    assertEquals(List.of(), leaving(document, "[a](../README.md) and [b](../ir/../golden)"));
    assertEquals(List.of("../../golden"), leaving(document, "[a](../../golden)"));
    Path source = ROOT.resolve("core/src/test/java/dev/engram/A.java");
    assertEquals(List.of(), leaving(source, "Path.of(\"../golden/a.json\")"));
    assertEquals(List.of("../../golden"), leaving(source, "Path.of(\"../../golden\")"));
    String home = "/ho" + "me/someone";
    assertEquals(List.of(home), leaving(source, "Path.of(\"" + home + "\")"));
    assertEquals(List.of("user" + ".home"), leaving(source, "getProperty(\"user" + ".home\")"));
    assertEquals(List.of(), leaving(source, "\"-Duser" + ".home=\" + folder"));
  }

  /**
   * Returns the paths in {@code text} that lead out of the checkout from where {@code file} is
   * used.
   */
  private static List<String> leaving(Path file, String text) {
    List<String> found = new ArrayList<>();
    // Code runs in the folder of its module; links and scripts are relative to their own folder.
    Path from =
        file.toString().endsWith(".java")
            ? ROOT.resolve(ROOT.relativize(file).getName(0))
            : file.getParent();
    Matcher up = UPWARDS.matcher(text);
    while (up.find()) {
      if (!from.resolve(up.group()).normalize().startsWith(ROOT)) {
        found.add(up.group());
      }
    }
    Matcher far = ELSEWHERE.matcher(text);
    while (far.find()) {
      found.add(far.group());
    }
    return found;
  }

  private static boolean isOurs(Path file) {
    Path path = ROOT.relativize(file);
    String name = file.getFileName().toString();
    boolean ours = !name.equals("StandsAloneTest.java");
    for (Path part : path) {
      ours &= !Set.of("target", "out", ".git", ".idea", ".vscode").contains(part.toString());
    }
    String end = name.substring(name.lastIndexOf('.') + 1);
    return ours && (TEXTS.contains(end) || name.equals("engram")) && Files.isRegularFile(file);
  }
}
