package dev.engram.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {
  @Test
  void readsEveryKindOfValue() throws FormatException {
    Json value = Json.parse(" {\"a\": [1, -0.5e+3, true, false, null], \"b\": {}, \"c\": []}\n");
    Json.Arr list =
        new Json.Arr(
            List.of(
                new Json.Num("1"),
                new Json.Num("-0.5e+3"),
                new Json.Bool(true),
                new Json.Bool(false),
                new Json.Null()));
    assertEquals(
        new Json.Obj(Map.of("a", list, "b", new Json.Obj(Map.of()), "c", new Json.Arr(List.of()))),
        value);
  }

  @Test
  void quotedStringsComeBack() throws FormatException {
    String text = "\"\\/\b\f\n\r\t\u0001 é \uD83D\uDE00 \u2028";
    StringBuilder quoted = new StringBuilder();
    Json.quote(text, quoted);
    assertEquals(new Json.Str(text), Json.parse(quoted.toString()));
    assertEquals(new Json.Str("é/"), Json.parse("\"\\u00e9\\/\""));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "{",
        "[",
        "[1",
        "[1,",
        "[1,]",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{a:1}",
        "{'a':1}",
        "01",
        "1.",
        ".5",
        "+1",
        "-",
        "1e",
        "1e+",
        "0x1",
        "NaN",
        "Infinity",
        "tru",
        "nul",
        "1 2",
        "\"",
        "\"\\\"",
        "\"\\x\"",
        "\"\\u12g4\"",
        "\"a\nb\"",
        "// c\n1",
        "[1 2]",
        "\uFEFF1",
        "\"\\ud800\"",
        "{\"a\":1,\"a\":2}"
      })
  void refusesWhatIsNotJson(String text) {
    assertThrows(FormatException.class, () -> Json.parse(text));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "[1,]|invalid JSON at character 3: expected a value, got ']'",
        "{\"a\" 1}|invalid JSON at character 5: expected ':' after a name, got '1'",
        "[tru|invalid JSON at character 4: expected 'true', the text ends",
        "{\"a\":1,\"a\":2}|invalid JSON at character 7: the name \"a\" occurs twice",
      })
  void errorsNameThePlace(String text, String message) {
    assertEquals(message, assertThrows(FormatException.class, () -> Json.parse(text)).getMessage());
  }

  @Test
  void depthIsLimited() throws FormatException {
    assertEquals("an array", Json.parse("[".repeat(64) + "]".repeat(64)).kind());
    String deep = "[".repeat(1_000_000);
    FormatException e = assertThrows(FormatException.class, () -> Json.parse(deep));
    assertTrue(e.getMessage().contains("deeper than 64 levels"), e.getMessage());
  }
}
