import com.google.googlejavaformat.java.Formatter;
import com.google.googlejavaformat.java.FormatterException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Holds every Java source to google-java-format. Run by the build on JDK 25, whose own parser the
 * formatter needs, while Maven itself may run on an older Java.
 *
 * <p>Arguments: {@code check} or {@code apply}, the root folder, and the folders below it to look
 * at, separated by commas.
 */
final class Format {
  private enum Verdict {
    CLEAN,
    UNFORMATTED,
    UNREADABLE
  }

  private Format() {}

  public static void main(String[] args) throws IOException {
    boolean apply = args[0].equals("apply");
    Path root = Path.of(args[1]).toRealPath();
    List<Path> sources =
        Stream.of(args[2].split(",")).map(root::resolve).flatMap(Format::sources).toList();
    List<Verdict> verdicts = sources.parallelStream().map(s -> inspect(s, root, apply)).toList();
    if (verdicts.contains(Verdict.UNREADABLE)
        || (!apply && verdicts.contains(Verdict.UNFORMATTED))) {
      if (!apply) {
        System.err.println("Format the sources with: mvn -q -N verify -Dformat=apply");
      }
      System.exit(1);
    }
  }

  private static Stream<Path> sources(Path folder) {
    if (!Files.isDirectory(folder)) {
      return Stream.empty();
    }
    try (Stream<Path> files = Files.walk(folder)) {
      return files
          .filter(f -> f.toString().endsWith(".java"))
          .filter(f -> !folder.relativize(f).toString().matches("(.*/)?target/.*"))
          .sorted()
          .toList()
          .stream();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static Verdict inspect(Path source, Path root, boolean apply) {
    Path name = root.relativize(source);
    try {
      String text = Files.readString(source);
      String formatted = new Formatter().formatSourceAndFixImports(text);
      if (formatted.equals(text)) {
        return Verdict.CLEAN;
      }
      if (apply) {
        Files.writeString(source, formatted);
      }
      System.err.println((apply ? "formatted " : "not formatted: ") + name);
      return Verdict.UNFORMATTED;
    } catch (IOException | FormatterException e) {
      System.err.println("cannot format " + name + ": " + e.getMessage());
      return Verdict.UNREADABLE;
    }
  }
}
