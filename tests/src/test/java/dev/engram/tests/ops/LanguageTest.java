package dev.engram.tests.ops;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.text.OpTable;
import dev.engram.testkit.Bless;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * {@code docs/IR.md}: its tables are generated from the code and {@code language.txt}, its examples
 * from the golden files in {@code ir/language}, which every backend runs.
 */
class LanguageTest {
  private static final Path ROOT = Path.of(System.getProperty("engram.root"));
  private static final Pattern TABLE =
      Pattern.compile("(?s)(<!-- table (\\w+) -->\n).*?(<!-- end table -->)");

  @Test
  void everyOpHasAMeaningAndAnExampleAndNothingElseHas() throws IOException {
    Set<String> ops = OpTable.standard().mnemonics();
    assertEquals(ops, LanguageTables.meanings().keySet(), "language.txt");
    assertEquals(ops, LanguageTables.examples().keySet(), "ir/language");
  }

  @Test
  void theDocumentSaysWhatTheCodeDoes() throws IOException {
    Path file = ROOT.resolve("docs/IR.md");
    String is = Files.readString(file);
    Bless.fromSettings().check(file, is, filled(is, LanguageTables.all()));
  }

  private static String filled(String text, Map<String, List<String>> tables) {
    return TABLE
        .matcher(text)
        .replaceAll(
            m -> {
              List<String> lines = tables.get(m.group(2));
              assertTrue(lines != null, () -> "no table " + m.group(2) + " in " + tables.keySet());
              String table = String.join("\n", lines) + "\n";
              return Matcher.quoteReplacement(m.group(1) + table + m.group(3));
            });
  }

  /** Control: a table that is not up to date is replaced, and all of them are in the document. */
  @Test
  void aStaleTableIsSeen() throws IOException {
    Map<String, List<String>> tables = LanguageTables.all();
    String text = Files.readString(ROOT.resolve("docs/IR.md"));
    for (String name : tables.keySet()) {
      assertTrue(text.contains("<!-- table " + name + " -->\n"), name);
    }
    String stale = "<!-- table limits -->\n| old |\n<!-- end table -->\n";
    assertTrue(filled(stale, tables).contains("| `depth` | 100 |"), filled(stale, tables));
  }
}
