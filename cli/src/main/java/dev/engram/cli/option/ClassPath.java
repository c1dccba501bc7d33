package dev.engram.cli.option;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Folders and archives of classes, each of which can be read. */
public record ClassPath(List<Path> places) {

  /** Returns the class path of the examples, which the launcher passes. */
  public static ClassPath ofExamples() {
    return new ClassPath(
        Optional.ofNullable(System.getProperty("engram.examples")).map(Path::of).stream().toList());
  }

  /** Parses paths separated by the system's path separator. */
  public static final class Reader implements ITypeConverter<ClassPath> {
    @Override
    public ClassPath convert(String text) {
      List<Path> places = new ArrayList<>();
      for (String part : text.split(File.pathSeparator, -1)) {
        Path path = FilePaths.path(part);
        if (!Files.isReadable(path)) {
          throw new TypeConversionException(
              "has "
                  + path
                  + (Files.exists(path) ? ", which cannot be read" : ", which does not exist"));
        }
        places.add(path);
      }
      return new ClassPath(List.copyOf(places));
    }
  }
}
