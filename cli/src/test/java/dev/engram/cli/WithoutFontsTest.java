package dev.engram.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.cli.train.Results;
import dev.engram.cli.train.problem.Learning;
import dev.engram.cli.train.problem.SequenceTask;
import dev.engram.plot.LineChart;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The command in a JVM that finds no fonts, and which parts of AWT it loads. */
@EnabledOnOs(OS.LINUX)
class WithoutFontsTest {
  @TempDir Path folder;

  /** Prints the native libraries of AWT that are loaded after a batch of digits, then a chart. */
  static final class Loaded {
    private Loaded() {}

    public static void main(String[] args) throws IOException {
      System.setProperty("java.awt.headless", "true");
      SequenceTask digits = SequenceTask.named("digits").orElseThrow();
      SequenceTask.Settings settings =
          new SequenceTask.Settings(
              1, 2, 2, 4, 1, 0.01, List.of(Learning.D_RTRL), 7, Path.of("out"), 1);
      digits.problem().apply(settings).next();
      Results.files(settings.out(), digits.metrics());
      LineChart chart = new LineChart("t", "x", "y").add("a", new double[] {1, 2});
      System.out.println("before: " + awt());
      chart.write(LineChart.Format.PNG, new ByteArrayOutputStream());
      System.out.println("after: " + awt());
    }

    private static List<String> awt() throws IOException {
      return Files.readAllLines(Path.of("/proc/self/maps")).stream()
          .map(line -> line.replaceFirst(".*/", ""))
          .filter(name -> name.matches("lib(awt|font|freetype|lcms|javajpeg|mlib).*"))
          .distinct()
          .toList();
    }
  }

  private record Ended(int code, List<String> out, List<String> err) {}

  private Ended java(Map<String, String> environment, Class<?> main, String... words)
      throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                "--add-modules=jdk.incubator.vector",
                "-Duser.home=" + folder));
    command.add(main.getName());
    command.addAll(List.of(words));
    Path err = folder.resolve("err.txt");
    ProcessBuilder builder = new ProcessBuilder(command).redirectError(err.toFile());
    builder.environment().putAll(environment);
    Process process = builder.start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    int code = process.waitFor();
    return new Ended(code, out.lines().toList(), Files.readAllLines(err));
  }

  private Ended train(Map<String, String> environment, Path out) throws Exception {
    return java(
        environment,
        Main.class,
        ("train integrator --epochs 2 --steps 3 --batch 2 --hidden 4 --threads 1 --out " + out)
            .split(" "));
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(f -> f.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void theChartsAreLeftOutAndTheNumbersAreNot() throws Exception {
    Path config =
        Files.writeString(folder.resolve("fonts.conf"), "<?xml version=\"1.0\"?><fontconfig/>\n");
    Path out = folder.resolve("out");
    Ended ended = train(Map.of("FONTCONFIG_FILE", config.toString()), out);
    assertEquals(0, ended.code(), ended.err()::toString);
    assertEquals(List.of("losses.csv"), names(out));
    assertEquals(3, Files.readAllLines(out.resolve("losses.csv")).size());
    assertEquals("wrote " + out.resolve("losses.csv"), ended.out().getLast());
    List<String> said = ended.err().stream().filter(l -> l.startsWith("engram: ")).toList();
    assertEquals(1, said.size(), ended.err()::toString);
    assertTrue(
        said.getFirst().startsWith("engram: the charts are left out: this Java cannot draw letters")
            && said.getFirst().contains("; install fontconfig and a font"),
        said.getFirst());
  }

  /** No display is opened, even where one is named. */
  @Test
  void withFontsTheyAreThere() throws Exception {
    Path out = folder.resolve("out");
    Ended ended = train(Map.of("DISPLAY", ":987"), out);
    assertEquals(0, ended.code(), ended.err()::toString);
    assertEquals(
        List.of(
            "losses.csv", "losses.png", "losses.svg", "relative-error.png", "relative-error.svg"),
        names(out));
    assertEquals(List.of(), ended.err().stream().filter(l -> l.startsWith("engram: ")).toList());
  }

  @Test
  void nothingOfAwtIsLoadedBeforeAChartIsDrawn() throws Exception {
    Ended ended = java(Map.of(), Loaded.class);
    assertEquals(2, ended.out().size(), ended.err()::toString);
    assertEquals("before: []", ended.out().get(0));
    assertTrue(ended.out().get(1).contains("libawt"), ended.out().get(1));
  }
}
