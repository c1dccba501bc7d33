package dev.engram.tests.ops;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The golden files. */
final class Golden {
  private static final Path FOLDER =
      Path.of(System.getProperty("engram.root"), "tests", "src", "test", "resources", "ir");
  private static final Pattern EQUATION = Pattern.compile(" = ([A-Za-z_$][\\w$.]*)[({]");

  private Golden() {}

  static List<Path> files() throws IOException {
    try (Stream<Path> files = Files.walk(FOLDER)) {
      return files.filter(f -> f.toString().endsWith(".ir")).sorted().toList();
    }
  }

  /** Returns the ops in files that contain their results. */
  static Set<String> evaluated() throws IOException {
    Set<String> ops = new TreeSet<>();
    for (Path file : files()) {
      String text = Files.readString(file);
      if (text.startsWith("// test: run")) {
        Matcher m = EQUATION.matcher(text);
        while (m.find()) {
          ops.add(m.group(1));
        }
      }
    }
    return ops;
  }
}
