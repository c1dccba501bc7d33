package dev.engram.tests.build;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Assumptions;

/**
 * What some tests need beyond a JDK and Maven. Where it is not there they are left out, which the
 * end of the build says with how to get it; with {@code -Dengram.require=all} they fail.
 */
public final class Needs {
  private static final String REQUIRED = "engram.require";

  private Needs() {}

  /** The GNU C++ compiler, which stands in for a card. */
  public static void cppCompiler() {
    program(
        "g++", "tests of the CUDA backend's text", "install g++, such as with apt-get install g++");
  }

  /** NVIDIA's compiler of kernels, in a jar of 340 MB. */
  public static void nvrtc() {
    check(
        Needs.class.getResource("/org/bytedeco/cuda/linux-x86_64/libnvrtc.so.13") != null,
        "NVRTC",
        "tests of the CUDA backend's kernels",
        "download it (340 MB) with -Pnvrtc");
  }

  private static void program(String name, String what, String how) {
    boolean there =
        Arrays.stream(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
            .filter(folder -> !folder.isEmpty())
            .anyMatch(folder -> Files.isExecutable(Path.of(folder, name)));
    check(there, name, what, how);
  }

  private static void check(boolean there, String name, String what, String how) {
    Path record = Path.of(System.getProperty("engram.root"), "tests/target/left-out", name);
    if (there) {
      write(record, "");
      return;
    }
    String line = what + " need " + name + ": " + how;
    if (System.getProperty(REQUIRED, "").equals("all")) {
      throw new AssertionError(line + " (-D" + REQUIRED + "=all)");
    }
    write(record, line);
    Assumptions.abort(line);
  }

  /** Keeps the line for the end of the build; what an earlier build has left is of no interest. */
  private static void write(Path record, String line) {
    try {
      if (line.isEmpty()) {
        Files.deleteIfExists(record);
      } else {
        Files.createDirectories(record.getParent());
        Files.writeString(record, line + "\n");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
