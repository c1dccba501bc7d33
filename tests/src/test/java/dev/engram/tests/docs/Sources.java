package dev.engram.tests.docs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads pieces of the project's own sources. */
final class Sources {
  static final Path ROOT = Path.of(System.getProperty("engram.root"));

  private Sources() {}

  static String read(String file) {
    try {
      return Files.readString(ROOT.resolve(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * From the line that starts with {@code first} to the first line after it that is {@code last}.
   */
  static String lines(String file, String first, String last) {
    String text = read(file);
    int from = text.indexOf("\n" + first) + 1;
    int to = text.indexOf("\n" + last + "\n", from);
    if (from == 0 || to < 0) {
      throw new AssertionError(file + ": no lines from `" + first + "` to `" + last + "`");
    }
    return text.substring(from, to + last.length() + 1).stripIndent();
  }

  /** A file from its package on, without the imports. */
  static String type(String file) {
    return read(file).replaceAll("(?m)^import .*;\\n", "").replaceFirst(";\\n\\n\\n", ";\n\n");
  }

  /** Returns the body of a method. */
  static String body(String file, String signature) {
    String text = lines(file, "  " + signature, "  }");
    return text.substring(text.indexOf('\n') + 1, text.lastIndexOf('\n')).stripIndent();
  }
}
