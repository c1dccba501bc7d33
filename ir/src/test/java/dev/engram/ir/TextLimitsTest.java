package dev.engram.ir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.text.GraphParseException;
import dev.engram.ir.text.OpTable;
import dev.engram.ir.text.Parser;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.function.IntFunction;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Each limit: as much as it says is read, one more is refused, and read where it is raised. */
class TextLimitsTest {
  private static final TextLimits LIMITS = new TextLimits(2, 3, 20, 5, 6, 2, 100, 4);

  /**
   * @param text of so much
   * @param place of the error, line and column
   */
  private record Case(
      String limit,
      int most,
      IntFunction<String> text,
      UnaryOperator<TextLimits> raised,
      String place,
      String says) {}

  private static List<Case> cases() {
    return List.of(
        new Case(
            "depth",
            2,
            n -> {
              String open = "%0: f32[] = call(%x) body @g(%x: f32[]) -> f32[] {";
              return "graph @f(%x: f32[]) -> f32[] {"
                  + open.repeat(n)
                  + "return %x }"
                  + "return %0 }".repeat(n);
            },
            l -> l.withDepth(3),
            "line 1, column 157",
            "found 3 graphs around this one, expected at most 2; where the text can be trusted,"
                + " read it with TextLimits.standard().withDepth(…)"),
        new Case(
            "equations",
            3,
            n ->
                "graph @f(%x: f32[]) -> () {"
                    + Stream.iterate(0, i -> i + 1)
                        .limit(n)
                        .map(i -> "\n  %" + i + ": f32[] = exp(%x)")
                        .reduce("", String::concat)
                    + " return }",
            l -> l.withEquations(4),
            "line 5, column 3",
            "found 4 equations, expected at most 3; where the text can be trusted, read it with"
                + " TextLimits.standard().withEquations(…)"),
        new Case(
            "name of a graph",
            20,
            n -> "graph @" + "f".repeat(n) + "() -> () { return }",
            l -> l.withName(21),
            "line 1, column 7",
            "found a name of 21 characters, expected at most 20; where"),
        new Case(
            "quoted name of a graph",
            20,
            n -> "graph @\"" + "-".repeat(n) + "\"() -> () { return }",
            l -> l.withName(21),
            "line 1, column 7",
            "found a name of 21 characters, expected at most 20; where"),
        new Case(
            "name of a variable",
            20,
            n -> "graph @f(%" + "x".repeat(n) + ": f32[]) -> () { return }",
            l -> l.withName(21),
            "line 1, column 10",
            "found a name of 21 characters, expected at most 20; where"),
        new Case(
            "path",
            20,
            n -> "graph @f(%x: f32[] \"" + "p".repeat(n) + "\") -> () { return }",
            l -> l.withName(21),
            "line 1, column 20",
            "found a path of 21 characters, expected at most 20; where"),
        new Case(
            "string",
            5,
            n ->
                "graph @f(%x: i32[]) -> () { %0: i32[] = check{what=\""
                    + "s".repeat(n)
                    + "\", low=0, high=2}(%x) return }",
            l -> l.withString(6),
            "line 1, column 52",
            "found a string of 6 characters, expected at most 5; where"),
        new Case(
            "number",
            6,
            n -> "graph @f() -> f32[] { return " + "1".repeat(n) + " }",
            l -> l.withNumber(7),
            "line 1, column 30",
            "found a number of 7 characters, expected at most 6; where"),
        new Case(
            "rank",
            2,
            n -> "graph @f(%x: f32[" + "1,".repeat(n - 1) + "1]) -> () { return }",
            l -> l.withRank(3),
            "line 1, column 17",
            "found 3 axes, expected at most 2; where"),
        new Case(
            "elements of a type",
            100,
            n -> "graph @f(%x: f32[" + n + "]) -> () { return }",
            l -> l.withElements(101),
            "line 1, column 17",
            "found 101 elements in a type, expected at most 100; where"),
        new Case(
            "elements of a shape",
            100,
            n ->
                "graph @f() -> () { %0: f32[1] = broadcast{shape=[" + n + "]}(1.0: f32[]) return }",
            l -> l.withElements(101),
            "line 1, column 49",
            "found 101 elements in a type, expected at most 100; where"),
        new Case(
            "constant",
            4,
            n ->
                "graph @f() -> () { %%0: i8[1] = const{value=i8[%d] [%s]}() return }"
                    .formatted(n, String.join(",", Collections.nCopies(n, "7"))),
            l -> l.withConstant(5),
            "line 1, column 44",
            "found 5 elements of a constant, expected at most 4; where"),
        new Case(
            "constant in base64",
            4,
            n ->
                "graph @f() -> () { %%0: i8[1] = const{value=i8[%d] base64 \"%s\"}() return }"
                    .formatted(n, Base64.getEncoder().encodeToString(new byte[n])),
            l -> l.withConstant(5),
            "line 1, column 44",
            "found 5 elements of a constant, expected at most 4; where"));
  }

  @TestFactory
  Stream<DynamicTest> limits() {
    return cases().stream().map(c -> DynamicTest.dynamicTest(c.limit(), () -> check(c)));
  }

  private static void check(Case c) {
    assertEquals(1, read(c, c.most(), LIMITS));
    String message =
        assertThrows(GraphParseException.class, () -> read(c, c.most() + 1, LIMITS)).getMessage();
    assertTrue(message.startsWith(c.place() + ": " + c.says()), message);
    assertEquals(1, read(c, c.most() + 1, c.raised().apply(LIMITS)));
  }

  private static int read(Case c, int n, TextLimits limits) {
    return Parser.parseAll(c.text().apply(n), OpTable.standard(), limits).graphs().size();
  }

  @Test
  void limitsThatTheStackCouldNotBearAreRefused() {
    for (Runnable r :
        List.<Runnable>of(
            () -> LIMITS.withDepth(251),
            () -> LIMITS.withRank(251),
            () -> LIMITS.withEquations(-1),
            () -> LIMITS.withElements(-1))) {
      String message = assertThrows(EngramException.class, r::run).getMessage();
      assertTrue(message.matches("TextLimits: \\w+ is -?\\d+, expected 0 to \\d+ .*"), message);
    }
  }

  /**
   * The deepest that can be asked for, on the stack of a thread of no special size, also in code
   * with the large frames that a JVM runs between interpreting and optimizing.
   */
  @Test
  void theDeepestLimitsHold() throws InterruptedException {
    List<Throwable> thrown = new ArrayList<>();
    Thread t =
        new Thread(
            () -> {
              TextLimits deepest = TextLimits.standard().withDepth(250).withRank(250);
              for (int times = 0; times < 40; times++) {
                for (Case c : cases()) {
                  if (c.limit().equals("depth") || c.limit().equals("rank")) {
                    read(c, 250, deepest);
                  }
                }
              }
            });
    t.setUncaughtExceptionHandler((_, e) -> thrown.add(e));
    t.start();
    t.join();
    assertEquals(List.of(), thrown);
  }
}
