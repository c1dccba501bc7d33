package dev.engram.ir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.text.GraphParseException;
import dev.engram.ir.text.OpTable;
import dev.engram.ir.text.Parser;
import dev.engram.ir.text.Printer;
import dev.engram.ir.text.SampleGraphs;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The version of the language in the first line of a text. */
class VersionTest {
  private static final String GRAPH = "graph @f(%x: f32[2]) -> f32[2] {\n  return %x\n}\n";

  @Test
  void aFileSaysItsVersionAndReadsBack() {
    List<Graph> graphs = SampleGraphs.all().toList();
    String text = Printer.file(graphs);
    assertTrue(text.startsWith("engram.ir 1\n\ngraph @"), text);
    List<Graph> back = Parser.parseAll(text, OpTable.standard()).graphs();
    assertEquals(graphs.size(), back.size());
    for (int i = 0; i < back.size(); i++) {
      assertEquals(Optional.empty(), GraphEquality.difference(graphs.get(i), back.get(i)));
    }
    assertEquals(text, Printer.file(back));
  }

  /** A text of one graph, a comment before the version, no version at all: the first one. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "engram.ir 1 ",
        "// a comment\n\nengram.ir 1\n",
        "engram.ir // which?\n 1\n",
        "",
        "// engram.ir 2: a comment\n"
      })
  void olderAndEqualVersionsAreRead(String header) {
    assertEquals(GRAPH, Printer.print(Parser.parse(header + GRAPH)));
    assertEquals(1, Parser.parseAll(header + GRAPH, OpTable.standard()).graphs().size());
  }

  @ParameterizedTest
  @CsvSource(
      delimiterString = " => ",
      value = {
        "engram.ir 2 => line 1, column 11: found a text in version 2 of the language, expected 1 to"
            + " 1, which this build reads; take a newer Engram, or have the text written by one of"
            + " this version",
        "engram.ir 0 => line 1, column 11: found `0`, expected the version of the language, such as"
            + " 1",
        "engram.ir -1 => line 1, column 11: found `-1`, expected the version of the language, such"
            + " as 1",
        "engram.ir 1.5 => line 1, column 11: found `1.5`, expected the version of the language,"
            + " such as 1",
        "engram.ir 99999999999 => line 1, column 11: found `99999999999`, expected the version of"
            + " the language, such as 1",
        "engram.ir => line 1, column 11: found `graph`, expected the version of the language, such"
            + " as 1",
        "engram.ir 1 engram.ir 1 => line 1, column 13: found `engram.ir`, expected `graph`: the"
            + " version stands once, before the first graph",
      })
  void othersAreRefused(String header, String expected) {
    String rest = " " + GRAPH;
    GraphParseException one =
        assertThrows(GraphParseException.class, () -> Parser.parse(header + rest), header);
    assertEquals(expected, one.getMessage());
    GraphParseException all =
        assertThrows(
            GraphParseException.class, () -> Parser.parseAll(header + rest, OpTable.standard()));
    assertEquals(expected, all.getMessage());
  }
}
