package dev.engram.tests.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.File;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Libraries that stand in for NVIDIA's: a JVM that finds them in {@code LD_LIBRARY_PATH} runs
 * kernels on the CPU behind the real calls of JavaCPP.
 */
@SuppressWarnings("restricted") // calls the library's functions for tests
final class FakeCuda implements FailingCalls.Faults {
  private static final String FOLDER = "LD_LIBRARY_PATH";
  private static final String DRIVER = "libcuda.so.1";
  private static final String REAL = "cuda-redist";
  private final Path folder;
  private final String classPath;

  private FakeCuda(Path folder, String classPath) {
    this.folder = folder;
    this.classPath = classPath;
  }

  /** Where NVIDIA's libraries are, they come first. */
  private static String classPathWithoutThem() {
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
        .filter(jar -> !jar.contains(REAL))
        .collect(Collectors.joining(File.pathSeparator));
  }

  /** Compiles them into {@code folder}. */
  static FakeCuda build(Path folder) throws IOException, InterruptedException {
    write(
        folder,
        "fake-driver.cc",
        "fake-compiler.cc",
        "fake-exports.map",
        "fake-runtime.map",
        "stand-in.h");
    Files.writeString(folder.resolve("fake-runtime.cc"), "");
    String exports = symbols(folder, "fake-exports.map");
    library(folder, DRIVER, "fake-driver.cc", exports, "-ldl", "-lpthread");
    library(folder, "libnvrtc.so.13", "fake-compiler.cc", exports);
    library(folder, "libcudart.so.13", "fake-runtime.cc", symbols(folder, "fake-runtime.map"));
    return new FakeCuda(folder, classPathWithoutThem());
  }

  /** Other symbols than these would take the place of those of other libraries. */
  private static String symbols(Path folder, String map) {
    return "-Wl,--version-script=" + folder.resolve(map);
  }

  /** Only an empty driver, which NVIDIA's other libraries want to find. */
  static FakeCuda withoutDriver(Path folder) throws IOException, InterruptedException {
    Files.writeString(folder.resolve("no-driver.cc"), "");
    library(folder, DRIVER, "no-driver.cc");
    return new FakeCuda(folder, System.getProperty("java.class.path"));
  }

  private static void write(Path folder, String... names) throws IOException {
    for (String name : names) {
      Files.writeString(folder.resolve(name), StandInUnit.resource("/cuda/" + name));
    }
  }

  private static void library(Path folder, String name, String source, String... flags)
      throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of(
                "g++",
                "-O1",
                "-shared",
                "-fPIC",
                "-Wl,-soname," + name,
                "-o",
                folder.resolve(name).toString(),
                folder.resolve(source).toString()));
    command.addAll(List.of(flags));
    Process g = new ProcessBuilder(command).redirectErrorStream(true).start();
    String messages = new String(g.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, g.waitFor(), messages);
  }

  /**
   * What {@code main} prints in a JVM that has them.
   *
   * @param environment more of it
   * @param options of the JVM
   */
  String run(Map<String, String> environment, List<String> options, Class<?> main)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-Xmx1g",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "--enable-native-access=ALL-UNNAMED",
            "--add-modules=jdk.incubator.vector",
            "-Dorg.bytedeco.javacpp.cachedir="
                + Path.of(System.getProperty("engram.root"), "tests", "target", "javacpp"),
            "-Dengram.root=" + System.getProperty("engram.root"),
            "-Dengram.cuda.cache=" + folder.resolve("cache")));
    command.addAll(options);
    command.addAll(List.of("-cp", classPath, main.getName()));
    ProcessBuilder p = new ProcessBuilder(command).redirectErrorStream(true);
    Map<String, String> variables = new HashMap<>();
    variables.put(FOLDER, folder.toString());
    variables.put("FAKE_CUDA_STAND_IN", folder.resolve("stand-in.h").toString());
    variables.putAll(environment);
    p.environment().putAll(variables);
    Process java = p.start();
    String out = new String(java.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    assertEquals(0, java.waitFor(), out);
    return out.replaceFirst("WARNING: Using incubator modules: jdk.incubator.vector\\s*", "");
  }

  /** Those that this JVM has. */
  static FakeCuda here() {
    return new FakeCuda(Path.of(System.getenv(FOLDER)), "");
  }

  private MethodHandle function(String name, FunctionDescriptor type) {
    SymbolLookup driver = SymbolLookup.libraryLookup(folder.resolve(DRIVER), Arena.global());
    return Linker.nativeLinker().downcallHandle(driver.find(name).orElseThrow(), type);
  }

  private static AssertionError failed(Throwable e) {
    return new AssertionError("a function of the fake driver", e);
  }

  /** Bytes to the card, bytes from it, kernels outside of graphs, and graphs, so far. */
  List<Long> traffic() {
    return List.of(count(0), count(1), count(2), count(3));
  }

  private long count(int what) {
    try {
      return (long)
          function("fake_count", FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT))
              .invokeExact(what);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  @Override
  public long calls() {
    try {
      return (long)
          function("fake_calls", FunctionDescriptor.of(ValueLayout.JAVA_LONG)).invokeExact();
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  @Override
  public void failAt(long n, int code) {
    try {
      function(
              "fake_fail_at",
              FunctionDescriptor.ofVoid(ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT))
          .invokeExact(n, code);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  @Override
  public long pieces() {
    return count(4) + count(5);
  }
}
