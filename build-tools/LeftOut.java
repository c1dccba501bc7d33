import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Says at the end of a build which tests were left out because the machine lacks something, and how
 * to get that.
 *
 * <pre>
 *   java LeftOut.java FOLDER   has a file for each thing that was missing, which the tests wrote
 * </pre>
 */
final class LeftOut {
  private LeftOut() {}

  public static void main(String[] args) throws IOException {
    Path folder = Path.of(args[0]);
    if (!Files.isDirectory(folder)) {
      return;
    }
    try (Stream<Path> files = Files.list(folder)) {
      List<Path> all = files.sorted().toList();
      for (Path f : all) {
        System.out.println("left out: " + Files.readString(f).strip());
      }
    }
  }
}
