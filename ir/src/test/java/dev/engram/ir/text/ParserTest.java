package dev.engram.ir.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.Graph;
import dev.engram.ir.GraphEquality;
import dev.engram.ir.TensorType;
import dev.engram.ir.Verifier;
import dev.engram.ir.op.Control;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the parser says about text that is not a graph. */
class ParserTest {

  /** Every message has a place, what was found, and what was expected. */
  @ParameterizedTest
  @CsvSource(
      delimiterString = " => ",
      quoteCharacter = '\0',
      value = {
        "'' => 1:1: found the end of the text, expected `graph`",
        "{ => 1:1: found `{`, expected `graph`",
        "graph => 1:6: found the end of the text, expected a graph's name such as @f",
        "graph f => 1:7: found `f`, expected a graph's name such as @f",
        "graph @ f => 1:7: found `@` alone, expected @ and a name such as @f",
        "graph @f(%x: f32[2] => 1:20: found the end of the text, expected `,`",
        "graph @f(% => 1:10: found `%` alone, expected % and a name such as %0 or %x",
        "graph @f(x => 1:10: found `x`, expected a parameter such as %x",
        "graph @f(%x: f33[2]) => 1:14: found `f33`, expected an element type, one of f32, f64, f16,"
            + " bf16, i8, i16, i32, i64, u8, bool",
        "graph @f(%x: f32[-2]) => 1:18: found `-2`, expected a length from 0 to 2147483647",
        "graph @f(%x: f32[2147483648]) => 1:18: found `2147483648`, expected a length from 0 to"
            + " 2147483647",
        "graph @f(%x: f32[9999999,9999999,9999999]) => 1:17: shape [9999999, 9999999, 9999999] has"
            + " more than 2^63 elements",
        "graph @f(%x: f32[2] wight) => 1:21: found `wight`, expected input, weight, hidden, state"
            + " or key",
        "graph @f(%x: f32[2], %x: i32[2]) => 1:22: %x is defined again, with type i32[2] instead of"
            + " f32[2]",
        "graph @f() -> () { retrun } => 1:20: found `retrun`, expected an equation such as `%0:"
            + " f32[2] = …`, or `return`",
        "graph @f(%x: f32[2]) -> f32[2] { %0: f32[2] = tahn(%x) return %0 } => 1:47: found `tahn`,"
            + " expected an op; did you mean `tan`? (for one from outside see OpTable.with, or"
            + " --ops)",
        "graph @f(%x: f32[2]) -> f32[2] { return %y } => 1:41: found %y, which @f does not define",
        "graph @f(%x: f32[2]) -> f32[2] { return %x } } => 1:46: found `}`, expected the end of the"
            + " text",
        "graph @f(%x: f32[2]) -> f32[3] { return %x } => 1:41: result 0 has type f32[2], but the"
            + " header says f32[3]",
        "graph @f() -> (f32[]) { return 1: f32[] } => 1:25: found a typed literal in `return`; its"
            + " type stands in the header",
        "graph @f() -> f32[] { return } => 1:7: @f returns 0 values, but its header gives 1 types",
        "graph @f() -> i32[] { return 1.5 } => 1:30: found 1.5, expected a value of i32",
        "graph @f() -> i32[] { return 2147483648 } => 1:30: found 2147483648, expected a value of"
            + " i32",
        "graph @f() -> f32[] { return 1e39 } => 1:30: found 1e39, expected a value of f32",
        "graph @f() -> f32[] { return nan(0x1) } => 1:30: found nan(0x1), expected a value of f32",
        "graph @f() -> f32[] { return nan(1) } => 1:34: found `1`, expected the bits of a NaN such"
            + " as 0x7fc00001",
        "graph @f() -> bool[] { return 1 } => 1:31: found 1, expected a value of bool",
        "graph @f() -> f32[] { return 1.2.3 } => 1:30: found `1.2.3`, expected a number such as 1,"
            + " -2.5 or 1.0e-3",
        "graph @f() -> f32[] { %0: f32[] = add(1.0, 2.0) return %0 } => 1:39: found the literal 1.0"
            + " without a type, and no variable beside it to take one from, expected 1.0: f32[] or"
            + " another type",
        "graph @f(%x: f32[1]) -> f32[] { %0: f32[] = reshape(%x) return %0 } => 1:45: reshape lacks"
            + " the attribute shape",
        "graph @f(%x: f32[1]) -> f32[] { %0: f32[] = reshape{size=[]}(%x) return %0 } => 1:53:"
            + " found `size`, expected an attribute of reshape: shape",
        "graph @f(%x: f32[1]) -> f32[] { %0: f32[] = reshape{shape=[],shape=[]}(%x) return %0 } =>"
            + " 1:62: shape is given twice",
        "graph @f(%x: f32[1]) -> f32[] { %0: f32[] = neg{a=1}(%x) return %0 } => 1:49: found `a`,"
            + " expected an attribute of neg: it has none",
        "graph @f(%x: f32[1]) -> f32[] { %0: f32[] = concat{axis=1.0}(%x) return %0 } => 1:57:"
            + " found `1.0`, expected a whole number of 32 bits",
        "graph @f(%x: f32[1]) -> f32[] { %0: f32[] = cast{to=f8}(%x) return %0 } => 1:53: found"
            + " `f8`, expected one of f32, f64, f16, bf16, i8, i16, i32, i64, u8, bool",
        "graph @f(%x: f32[1]) -> f32[] { %0: f32[] = call(%x) return %0 } => 1:45: call lacks the"
            + " graph body",
        "graph @f(%x: f32[1]) -> f32[] { %0: f32[] = call{derivative=vjp}(%x) bdy @g() return %0 }"
            + " => 1:70: found `bdy`, expected `return`, the next equation, or a graph of call:"
            + " body, forward, backward",
        "graph @f() -> () { %0: f32[2] = const{value=f32[2] [1]}() return } => 1:54: found `]`,"
            + " expected `,`",
        "graph @f() -> () { %0: f32[2] = const{value=f32[2] [1,2,3]}() return } => 1:56: found `,`,"
            + " expected `]` after 2 entries, as f32[2] has",
        "graph @f() -> () { %0: f32[] = const{value=f32[2] base64 \"AAAA\"}() return } => 1:58:"
            + " found other data, expected base64 of the bytes of f32[2]",
        "graph @f() -> () { %0: bool[4] = const{value=bool[4] base64 \"AgMEBQ==\"}() return } =>"
            + " 1:61: found other data, expected base64 of the bytes of bool[4], each 0 or 1",
        "graph @f() -> () { %0: f32[] = const{value=f32[9999,9999] base64 \"****\"}() return"
            + " } => 1:66: found other data, expected base64 of the bytes of f32[9999,9999]",
        "graph @f() -> () { %0: f32[] = const{value=f32[999999999] [1]}() return } => 1:61: found"
            + " `]`, expected `,`",
        "graph @f(%x: f32[] \"a => 1:20: found a string without an end, expected a closing quote on"
            + " the same line",
        "graph @f(%x: f32[] \"\\q\" => 1:21: found an unknown escape, expected \\\", \\\\, \\n"
            + ", \\t or \\u and four hex digits",
        "graph # => 1:7: found `#`, which starts no token",
      })
  void errors(String text, String expected) {
    String source = text.equals("''") ? "" : text;
    GraphParseException e = assertThrows(GraphParseException.class, () -> Parser.parse(source));
    String place = "line " + expected.replaceFirst(":", ", column ");
    assertEquals(place, e.getMessage());
  }

  @Test
  void linesAreCounted() {
    GraphParseException e =
        assertThrows(
            GraphParseException.class,
            () -> Parser.parse("// a comment\n\ngraph @f(%x: f32[2])\r\n\t-> f32[2] {\n  oops }"));
    assertEquals(5, e.line());
    assertEquals(3, e.column());
  }

  @Test
  void outerVariablesAreNotSeenInside() {
    GraphParseException e =
        assertThrows(
            GraphParseException.class,
            () ->
                Parser.parse(
                    """
                    graph @f(%x: f32[2]) -> f32[2] {
                      %0: f32[2] = call(%x)
                        body @g(%y: f32[2]) -> f32[2] {
                          return %x
                        }
                      return %0
                    }
                    """));
    assertEquals(4, e.line());
    assertTrue(e.getMessage().contains("which @g does not define"), e.getMessage());
  }

  @Test
  void deepNestingEnds() {
    for (String open :
        List.of(
            "graph @f() -> () { () = call() body @g() -> () {", "() = call() body @g() -> () {")) {
      assertThrows(
          GraphParseException.class,
          () -> Parser.parse("graph @f() -> () {" + open.repeat(100_000)));
    }
    for (String open : List.of("[", "(", "{", "[[", "f32[")) {
      String start = "graph @f() -> () { %0: f32[] = const{value=f32[" + "1,".repeat(63) + "1] ";
      assertThrows(GraphParseException.class, () -> Parser.parse(start + open.repeat(100_000)));
      assertThrows(GraphParseException.class, () -> Parser.parse(open.repeat(100_000)));
    }
  }

  @Test
  void longNumbersEnd() {
    String digits = "9".repeat(1_000_000);
    for (String n : List.of(digits, "0." + digits, "1e" + digits, "-" + digits, "0x" + digits)) {
      assertThrows(
          GraphParseException.class,
          () -> Parser.parse("graph @f() -> f32[] { return " + n + " }"));
    }
  }

  @Test
  void graphsNestAsDeepAsTheLimitSays() {
    String open = "%0: f32[] = call(%x) body @g(%x: f32[]) -> f32[] {";
    String text =
        "graph @f(%x: f32[]) -> f32[] {"
            + open.repeat(100)
            + "return %x }"
            + "return %0 }".repeat(100);
    Graph g = Parser.parse(text);
    assertEquals(List.of(), Verifier.findings(g));
    assertTrue(GraphEquality.equal(g, Parser.parse(Printer.print(g))));
  }

  @Test
  void severalGraphsKeepTheirLines() {
    ParsedText parsed =
        Parser.parseAll(
            """
            graph @a(%x: f32[]) -> f32[] {
              return %x
            }

            graph @b(
                %x: f32[],
                %y: f32[]) -> f32[] {
              %0: f32[] =
                  add(%x, %y)
              %1: f32[] = call(%0)
                body @c(%z: f32[]) -> f32[] {
                  return %z
                }
              return %1
            }
            """,
            OpTable.standard());
    Graph b = parsed.graphs().get(1);
    assertEquals(2, parsed.graphs().size());
    assertEquals(1, parsed.line(parsed.graphs().getFirst()).orElseThrow());
    assertEquals(5, parsed.line(b).orElseThrow());
    assertEquals(14, parsed.line(new Verifier.Finding(b, b, "")).orElseThrow());
    assertEquals(7, parsed.line(b.params().get(1)).orElseThrow());
    assertEquals(8, parsed.line(b.eqns().get(0)).orElseThrow());
    assertEquals(10, parsed.line(b.eqns().get(1)).orElseThrow());
    Graph c = ((Control.Call) b.eqns().get(1).op()).body();
    assertEquals(11, parsed.line(c).orElseThrow());
  }

  @Test
  void valuesSayWhatIsWrong() {
    TensorType pair = SampleGraphs.f32(2);
    for (String text :
        List.of("[1.0]", "[1.0, 2.0, 3.0]", "1.0", "[1.0, x]", "[1.0, 2.0] 3", "<1, 2>", "")) {
      assertThrows(GraphParseException.class, () -> Parser.values(text, List.of(pair)), text);
    }
  }
}
