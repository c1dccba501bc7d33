package dev.engram.tests.build;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code bench/gpu/run}, with a JVM in the package that does what it is told to. */
class CardScriptsTest {
  private static final Path GPU = Path.of(System.getProperty("engram.root"), "bench", "gpu");

  @TempDir Path folder;
  private Path script;

  private record Outcome(int code, String out, String err) {}

  @BeforeEach
  void copy() throws IOException {
    script = Files.createDirectories(folder.resolve("bench/gpu")).resolve("run");
    Files.copy(GPU.resolve("run"), script);
  }

  private Outcome bash(Map<String, String> environment, String... words) throws Exception {
    List<String> command = new ArrayList<>(List.of("bash"));
    command.addAll(List.of(words));
    Path out = folder.resolve("out.txt");
    Path err = folder.resolve("err.txt");
    ProcessBuilder b = new ProcessBuilder(command).directory(folder.toFile());
    b.environment().putAll(environment);
    int code = b.redirectOutput(out.toFile()).redirectError(err.toFile()).start().waitFor();
    return new Outcome(code, Files.readString(out), Files.readString(err));
  }

  private Path program(String path, String text) throws IOException {
    Path file = folder.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, "#!/bin/bash\n" + text);
    assertTrue(file.toFile().setExecutable(true));
    return file;
  }

  /** Packs a JVM that is this script. */
  private void pack(String java) throws Exception {
    program("card/jvm/bin/java", java);
    Files.writeString(folder.resolve("card/commit"), "abc, Do it\n");
    Outcome tar =
        bash(
            Map.of(),
            "-c",
            "mkdir -p bench/gpu/target && tar -C card -czf bench/gpu/target/card.tar.gz .");
    assertEquals(0, tar.code, tar.err);
  }

  private Outcome run(String... words) throws Exception {
    List<String> all = new ArrayList<>(List.of(script.toString()));
    all.addAll(List.of(words));
    return bash(Map.of("ENGRAM_GPU_PYTHON", "no-python"), all.toArray(String[]::new));
  }

  @Test
  void bothAreScripts() throws Exception {
    for (String name : List.of("run", "pack")) {
      Outcome parsed = bash(Map.of(), "-n", GPU.resolve(name).toString());
      assertEquals(new Outcome(0, "", ""), parsed);
      assertTrue(Files.isExecutable(GPU.resolve(name)), name);
    }
  }

  @Test
  void whatIsMissingIsSaid() throws Exception {
    Outcome nothing = run();
    assertEquals(2, nothing.code);
    assertTrue(nothing.err.startsWith("bench/gpu/run: nothing is packed: run bench/gpu/pack"));
    pack("exit 0");
    assertEquals(
        new Outcome(2, "", "bench/gpu/run: unknown part nix; bench/gpu/run --help lists them\n"),
        run("results", "golden", "nix"));
    Outcome help = run("--help");
    assertEquals(0, help.code);
    assertTrue(help.out.contains("golden      the golden files"), help.out);
  }

  @Test
  void everyPartRunsAndLeavesAFile() throws Exception {
    pack(
        """
        echo 'WARNING: Using incubator modules: jdk.incubator.vector' >&2
        case "$*" in
        *golden*) echo 'three differ'; exit 1 ;;
        *random*) [ -e "$(dirname "$0")/again" ] || { touch "$(dirname "$0")/again"; echo 'next: 7'; exit 3; }; echo "${@: -2}" ;;
        *) echo fine ;;
        esac
        """);
    Outcome all = run("results", "doctor", "golden", "random", "micro");
    assertEquals(1, all.code, all.toString());
    String[] lines = all.out.split("\\n");
    List<String> table = List.of(lines).subList(lines.length - 5, lines.length);
    assertTrue(table.get(0).matches("doctor +ok +\\d+  fine"), all.out);
    assertTrue(table.get(1).matches("golden +FAILED +\\d+  three differ"), all.out);
    assertTrue(table.get(2).matches("random +FAILED +\\d+  the card was lost 1 times"), all.out);
    assertTrue(table.get(3).matches("micro +ok +\\d+  .*"), all.out);
    assertEquals(
        "next: 7\n7 300\nthe card was lost 1 times\n",
        Files.readString(folder.resolve("results/random.txt")));
    assertFalse(all.out.contains("incubator"), all.out);
    assertEquals(0, run("results", "doctor").code);
  }

  @Test
  void aPartThatHangsIsEnded() throws Exception {
    pack("echo begun; sleep 600");
    Outcome hung =
        bash(
            Map.of("ENGRAM_GPU_SECONDS", "4", "ENGRAM_GPU_PYTHON", "no-python"),
            script.toString(),
            "results",
            "golden",
            "doctor");
    assertEquals(1, hung.code, hung.toString());
    assertTrue(hung.out.matches("(?s).*golden +OUT OF TIME +\\d+  begun\\n.*"), hung.out);
    assertTrue(
        hung.out.matches("(?s).*doctor +OUT OF TIME +\\d+  no time was left\\n.*"), hung.out);
  }

  @Test
  void librariesOfPythonPackagesAreFound() throws Exception {
    Path lib = Files.createDirectories(folder.resolve("site/nvidia/cu13/lib"));
    Files.createFile(lib.resolve("libnvrtc.so.13"));
    // Stands in for a Python that lists what it finds.
    Path python = program("bin/python", "echo /nowhere; echo " + lib);
    Outcome found =
        bash(
            Map.of("ENGRAM_GPU_PYTHON", python.toString(), "LD_LIBRARY_PATH", "/first"),
            "-c",
            "source "
                + script
                + "; python_folders | folder_with libnvrtc.so.13; find_libraries;"
                + " echo \"$LD_LIBRARY_PATH\"");
    assertEquals(0, found.code, found.err);
    assertEquals(lib.toString(), found.out.lines().findFirst().orElseThrow());
    assertTrue(found.out.contains("libnvrtc.so.13     /"), found.out);
    assertTrue(found.out.lines().toList().getLast().startsWith("/first:/"), found.out);
  }
}
