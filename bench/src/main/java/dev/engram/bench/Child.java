package dev.engram.bench;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A child process that prints its answers as {@link Line}s. */
record Child(List<String> command) {

  /**
   * The answers of a process.
   *
   * @param started seconds since the epoch, just before the process was started
   */
  record Answers(double started, List<Line> lines) {
    Line only() {
      if (lines.size() != 1) {
        throw new IllegalStateException("got " + lines.size() + " answers, expected one: " + lines);
      }
      return lines.getFirst();
    }
  }

  /**
   * Makes a JVM with the flags of the command {@code engram} and this JVM's class path.
   *
   * @param flags additional flags
   */
  static Child jvm(int threads, List<String> flags, String main, List<String> args) {
    return jvm(threads, flags, System.getProperty("java.class.path"), main, args);
  }

  /** The same with another class path. */
  static Child jvm(
      int threads, List<String> flags, String classPath, String main, List<String> args) {
    List<String> all = new ArrayList<>();
    all.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    all.addAll(
        List.of(
            "-XX:+UseSerialGC",
            "-Xlog:disable",
            "-Xlog:all=error:stderr",
            "--add-modules=jdk.incubator.vector",
            "--enable-native-access=ALL-UNNAMED",
            "-Dengram.threads=" + threads));
    for (String name : System.getProperties().stringPropertyNames()) {
      if (name.startsWith("engram.") && !name.equals("engram.threads")) {
        all.add("-D" + name + "=" + System.getProperty(name));
      }
    }
    all.addAll(flags);
    all.addAll(List.of("-cp", classPath, main));
    all.addAll(args);
    return new Child(all);
  }

  /**
   * Runs the process to completion.
   *
   * @throws IOException when it cannot be started or fails; the message contains its output
   */
  Answers run() throws IOException {
    double started = now();
    Process p = new ProcessBuilder(command).redirectErrorStream(true).start();
    p.getOutputStream().close();
    String text = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      int code = p.waitFor();
      if (code != 0) {
        throw new IOException("exit code " + code + " of " + command + ":\n" + text);
      }
    } catch (InterruptedException e) {
      p.destroy();
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
    List<Line> lines = text.lines().map(Line::parse).flatMap(Optional::stream).toList();
    return new Answers(started, lines);
  }

  /** Seconds since the epoch, to the microsecond: for times that processes compare. */
  static double now() {
    return ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now()) / 1e6;
  }

  /** True when the class path consists of archives only, which class data sharing requires. */
  static boolean canCacheClasses() {
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
      if (!entry.endsWith(".jar")) {
        return false;
      }
    }
    return true;
  }
}
