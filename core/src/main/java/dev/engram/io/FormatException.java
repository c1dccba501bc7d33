package dev.engram.io;

import java.io.IOException;
import java.nio.file.Path;

/**
 * Thrown for a file that can be read but violates its format. The message names the file, the place
 * in it, what was found and what was expected.
 */
public final class FormatException extends IOException {
  private static final long serialVersionUID = 1L;

  /** An error with a complete message. */
  public FormatException(String message) {
    super(message);
  }

  /** An error in {@code file}; the message starts with the file's path. */
  FormatException(Path file, String message) {
    super(file + ": " + message);
  }
}
