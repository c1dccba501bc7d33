import com.google.googlejavaformat.java.Formatter;
import com.google.googlejavaformat.java.FormatterException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Holds every Java source to google-java-format. Run by the build on JDK 25, whose own parser the
 * formatter needs, while Maven itself may run on an older Java.
 *
 * <p>Arguments: {@code check} or {@code apply}, the root folder, the folders below it to look at,
 * separated by commas, and the file that remembers which sources were clean.
 */
final class Format {
  private enum Verdict {
    CLEAN,
    UNFORMATTED,
    UNREADABLE
  }

  private final Path root;
  private final boolean apply;
  private final Set<String> knownClean;

  private Format(Path root, boolean apply, Set<String> knownClean) {
    this.root = root;
    this.apply = apply;
    this.knownClean = knownClean;
  }

  public static void main(String[] args) throws IOException {
    boolean apply = args[0].equals("apply");
    Path root = Path.of(args[1]).toRealPath();
    Path memory = Path.of(args[3]);
    Set<String> knownClean =
        Files.exists(memory) ? new HashSet<>(Files.readAllLines(memory)) : Set.of();
    Format format = new Format(root, apply, knownClean);
    List<Path> sources =
        Stream.of(args[2].split(",")).map(root::resolve).flatMap(Format::sources).toList();
    List<Verdict> verdicts = sources.parallelStream().map(format::inspect).toList();

    Collection<String> clean = new TreeSet<>(knownClean);
    for (int i = 0; i < sources.size(); i++) {
      if (verdicts.get(i) == Verdict.CLEAN) {
        clean.add(state(sources.get(i)));
      }
    }
    Files.write(memory, clean);
    if (!apply && verdicts.contains(Verdict.UNFORMATTED)) {
      System.err.println("Format the sources with: mvn -q -N verify -Dformat=apply");
    }
    boolean failed =
        verdicts.contains(Verdict.UNREADABLE) || (!apply && verdicts.contains(Verdict.UNFORMATTED));
    System.exit(failed ? 1 : 0);
  }

  private static Stream<Path> sources(Path folder) {
    if (!Files.isDirectory(folder)) {
      return Stream.empty();
    }
    try (Stream<Path> files = Files.walk(folder)) {
      return files
          .filter(f -> f.toString().endsWith(".java"))
          .filter(f -> !folder.relativize(f).startsWith("target"))
          // The formatter would set JBang's lines, such as //DEPS, apart.
          .filter(f -> !folder.relativize(f).startsWith("scripts"))
          .sorted()
          .toList()
          .stream();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Name, size and time of a source: as long as none changes, neither does the verdict. */
  private static String state(Path source) {
    try {
      return source + " " + Files.size(source) + " " + Files.getLastModifiedTime(source).toMillis();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Verdict inspect(Path source) {
    if (knownClean.contains(state(source))) {
      return Verdict.CLEAN;
    }
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
