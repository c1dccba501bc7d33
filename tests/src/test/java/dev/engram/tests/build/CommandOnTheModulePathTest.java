package dev.engram.tests.build;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The command as its launcher starts it: on the module path, where packages are only open if a
 * descriptor opens them. All other tests run on the class path, where everything is open.
 */
class CommandOnTheModulePathTest {
  private static final String NOTICE = "WARNING: Using incubator modules: jdk.incubator.vector";

  @TempDir Path folder;

  @Test
  void trainsTheCopyingTask() throws Exception {
    Path out = folder.resolve("out");
    List<String> errors =
        engram(
            "train copying --epochs 2 --lag 1 --batch 2 --hidden 4 --out".split(" "),
            out.toString());
    assertTrue(errors.stream().noneMatch(line -> line.startsWith("WARNING:")), errors::toString);
    try (Stream<Path> files = Files.list(out)) {
      assertEquals(
          List.of("csv", "png", "svg"),
          files.map(f -> f.toString().replaceFirst(".*\\.", "")).sorted().toList());
    }
  }

  @Test
  void profilesTheCopyingTask() throws Exception {
    List<String> errors =
        engram("profile --batch 2 --lag 1 --hidden 4 --seconds 0.1 --runs 2".split(" "));
    assertEquals(List.of(), errors);
    List<String> out = Files.readAllLines(folder.resolve("out.txt"));
    assertTrue(
        out.stream().anyMatch(line -> line.startsWith("@jit on cpu: 2 runs of ")), out::toString);
    assertTrue(out.getLast().endsWith("total"), out::toString);
  }

  @Test
  void opensAShell() throws Exception {
    Path file =
        Files.writeString(
            folder.resolve("snippets.jsh"),
            """
            Tensor a = HostTensor.of(new float[] {1, 2, 3}, 3);
            Tensor cubed(Tensor x) {
              return x.pow(3).sum();
            }
            System.out.println(Engram.grad((Tensor x) -> cubed(x)).apply(a));
            System.out.println(new LineChart("a", "b", "c").add("d", new double[] {1}).image().getWidth());
            System.out.println(new Linear(3, 2, RandomKey.of(0)).update(a).type());
            /exit
            """);
    assertEquals(List.of(), engram(new String[] {"shell"}, file.toString()));
    List<String> out = Files.readAllLines(folder.resolve("out.txt"));
    assertEquals(List.of("f32[3] [3.0, 12.0, 27.0]", "1000", "f32[2]"), out);
  }

  /** Runs the command in a separate JVM and returns its error lines without the JVM's warning. */
  private List<String> engram(String[] words, String... more)
      throws IOException, InterruptedException {
    Path err = folder.resolve("err.txt");
    Path out = folder.resolve("out.txt");
    List<String> jvm =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--module-path=" + modulePath(),
            "--add-modules=jdk.incubator.vector",
            "--module",
            "dev.engram.cli/dev.engram.cli.Launch");
    List<String> command =
        Stream.of(jvm.stream(), Stream.of(words), Stream.of(more)).flatMap(s -> s).toList();
    int code =
        new ProcessBuilder(command)
            .redirectError(err.toFile())
            .redirectOutput(out.toFile())
            .start()
            .waitFor();
    List<String> errors = Files.readAllLines(err);
    assertEquals(0, code, () -> String.join("\n", errors));
    return errors.stream().filter(line -> !line.equals(NOTICE)).toList();
  }

  private static String modulePath() {
    return ModuleArrows.ofTheCommand().findAll().stream()
        .map(module -> Path.of(module.location().orElseThrow()).toString())
        .collect(Collectors.joining(File.pathSeparator));
  }
}
