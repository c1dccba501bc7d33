package dev.engram.backend.cuda.driver;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** NVIDIA's libraries in this process. */
public final class LoadedLibraries {
  private static final Pattern LINE =
      Pattern.compile("(/\\S*/(libcuda|libcudart|libnvrtc)\\.so\\S*)$");

  private LoadedLibraries() {}

  /** The file of each that is loaded, whose name often has its version. Empty but on Linux. */
  public static Map<String, String> paths() {
    Map<String, String> all = new TreeMap<>();
    try {
      for (String line : Files.readAllLines(Path.of("/proc/self/maps"))) {
        Matcher m = LINE.matcher(line);
        if (m.find()) {
          all.putIfAbsent(m.group(2), m.group(1));
        }
      }
    } catch (IOException e) {
      return Map.of();
    }
    return all;
  }
}
