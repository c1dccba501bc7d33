package dev.engram.cli.option;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Parses paths of the file system. */
public final class FilePaths {
  private FilePaths() {}

  static Path path(String text) {
    try {
      if (!text.isBlank()) {
        return Path.of(text);
      }
    } catch (InvalidPathException e) {
      // Reported below, like a blank path.
    }
    throw Words.must("be a path", text);
  }

  /** A path, which need not exist. */
  public static final class Any implements ITypeConverter<Path> {
    @Override
    public Path convert(String text) {
      return path(text);
    }
  }

  /** The path of an existing file. */
  public static final class OfFile implements ITypeConverter<Path> {
    @Override
    public Path convert(String text) {
      return file(text);
    }
  }

  /**
   * Parses the path of an existing file.
   *
   * @throws TypeConversionException saying what is there instead
   */
  public static Path file(String text) {
    Path path = path(text);
    if (!Files.isRegularFile(path)) {
      throw new TypeConversionException(
          "cannot read " + path + (Files.exists(path) ? ": not a file" : ": no such file"));
    }
    if (!Files.isReadable(path)) {
      throw new TypeConversionException("cannot read " + path + ": permission denied");
    }
    return path;
  }
}
