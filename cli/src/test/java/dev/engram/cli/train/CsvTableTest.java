package dev.engram.cli.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CsvTableTest {
  @TempDir Path folder;

  @Test
  void fieldsAreQuotedWhereTheyMustBe() {
    CsvTable table =
        new CsvTable("step", "a,b", "say \"hi\"")
            .row("1", "two\nlines", "cr\r")
            .row("", " spaces ", "é");
    assertEquals(
        "step,\"a,b\",\"say \"\"hi\"\"\"\r\n1,\"two\nlines\",\"cr\r\"\r\n, spaces ,é\r\n",
        table.toString());
  }

  @Test
  void everyRowHasAsManyFieldsAsTheHeader() {
    CsvTable table = new CsvTable("a", "b").row("1", "2");
    assertEquals(
        "row 2 has 1 fields, expected 2",
        assertThrows(IllegalArgumentException.class, () -> table.row("3")).getMessage());
    assertThrows(IllegalArgumentException.class, CsvTable::new);
  }

  @Test
  void theFileHoldsTheText() throws IOException {
    Path file = folder.resolve("t.csv");
    new CsvTable("é").row("1").write(file);
    assertEquals("é\r\n1\r\n", Files.readString(file));
  }
}
