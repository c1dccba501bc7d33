package dev.engram.plot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Charts in a separate JVM whose fonts are hidden in various ways. */
@EnabledOnOs(OS.LINUX)
class WithoutFontsTest {
  @TempDir Path folder;

  /** Draws a chart, and prints the digest of the picture or the reason why there is none. */
  static final class Draw {
    private Draw() {}

    public static void main(String[] args) throws IOException, NoSuchAlgorithmException {
      LineChart chart = new LineChart("t", "x", "y").add("a", new double[] {1, 3, 2}).level("b", 2);
      try {
        for (LineChart.Format format : LineChart.Format.values()) {
          byte[] bytes = Drawing.bytes(chart, format);
          System.out.println(
              HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes)));
        }
      } catch (UncheckedIOException e) {
        System.out.println(e.getCause().getClass().getSimpleName());
        System.out.println(e.getCause().getMessage());
      }
    }
  }

  private List<String> draw(Map<String, String> environment, String... flags)
      throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                // Java caches in the user's folder which fonts it has found.
                "-Duser.home=" + folder));
    command.addAll(List.of(flags));
    command.add(Draw.class.getName());
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(environment);
    Process process = builder.start();
    List<String> lines =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
            .lines()
            .toList();
    assertEquals(0, process.waitFor(), lines::toString);
    return lines;
  }

  private Path file(String name, String content) throws IOException {
    return Files.writeString(folder.resolve(name), content);
  }

  private static void isRefused(List<String> lines, String reason, String fix) {
    assertEquals(2, lines.size(), lines::toString);
    assertEquals("NoPictureException", lines.get(0));
    assertTrue(lines.get(1).contains(reason), lines.get(1));
    assertTrue(lines.get(1).contains(fix), lines.get(1));
  }

  @Test
  void whereFontsAreTwoProcessesDrawTheSame() throws Exception {
    List<String> once = draw(Map.of(), "-Djava.awt.headless=true");
    assertTrue(once.stream().allMatch(l -> l.matches("[0-9a-f]{64}")), once::toString);
    assertEquals(once, draw(Map.of(), "-Djava.awt.headless=true"));
  }

  @Test
  void withoutAFontItSaysWhatToInstall() throws Exception {
    Path none = file("fonts.conf", "<?xml version=\"1.0\"?>\n<fontconfig></fontconfig>\n");
    isRefused(
        draw(Map.of("FONTCONFIG_FILE", none.toString()), "-Djava.awt.headless=true"),
        "this Java cannot draw letters (",
        "install fontconfig and a font");
  }

  @Test
  void withAnEmptyListOfFontsItSaysWhatToInstall() throws Exception {
    Path none = file("fonts.properties", "");
    isRefused(
        draw(Map.of(), "-Djava.awt.headless=true", "-Dsun.awt.fontconfig=" + none),
        "this Java cannot draw letters (",
        "install fontconfig and a font");
  }

  @Test
  void withADisplayThatIsNotThereItSaysHowToDoWithout() throws Exception {
    isRefused(
        draw(Map.of("DISPLAY", ":987"), "-Djava.awt.headless=false"),
        "this Java cannot draw without a display (",
        "-Djava.awt.headless=true");
  }
}
