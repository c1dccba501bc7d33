package dev.engram.tests.random;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Saves programs that broke a law as golden files. */
final class Finds {
  private Finds() {}

  /**
   * Returns the folder for finds: the property {@code engram.finds}, or the folder of golden files,
   * which every build tests.
   */
  static Path folder() {
    String root = System.getProperty("engram.root", "..");
    Path golden = Path.of(root, "tests", "src", "test", "resources", "ir", "found");
    return Path.of(System.getProperty("engram.finds", golden.toString()));
  }

  /** Writes {@code p}, which broke the law of this name. */
  static Path save(Path folder, String law, Program p) throws IOException {
    String program = p.toString().strip() + "\n";
    String name = law + "-" + Integer.toHexString(program.hashCode()) + ".ir";
    String text = "// test: laws\n// Found by the property " + law + ".\n" + program;
    return Files.writeString(Files.createDirectories(folder).resolve(name), text);
  }
}
