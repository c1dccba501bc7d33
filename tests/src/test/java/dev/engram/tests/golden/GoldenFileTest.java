package dev.engram.tests.golden;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.DType;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The golden runner itself: wrong expectations must be found, and a bless must correct them. */
class GoldenFileTest {
  private static final String BODY =
      """
      graph @f(%x: f32[2]) -> f32[2] {
        %0: f32[2] = neg(%x)
        return %0
      }
      """;

  private final ByteArrayOutputStream log = new ByteArrayOutputStream();
  private final PrintStream out = new PrintStream(log, true, StandardCharsets.UTF_8);

  @Test
  void expectationsThatAreMetStayAsTheyAre() {
    for (String text :
        List.of(
            "// test: print\n" + BODY,
            "// test: verify\n// why\n" + BODY,
            "// test: run *\n" + BODY + "// run: @f([1, -0.0]) == [-1.0, 0.0]\n",
            "// test: run *\n" + BODY + "// run: @f([1, 2]) == [-1, -2]\n",
            "// test: run interp\n" + BODY + "// run: @f([1, 2]) ~= [-1.000001, -2]\n",
            "// test: pass same,same\n" + BODY + "// ---\n" + BODY)) {
      assertEquals(text, expected(text));
    }
  }

  @Test
  void wrongExpectationsAreCorrected() {
    String run = "// test: run *\n" + BODY + "// run: @f([1, 2]) ";
    for (String wrong : List.of("== [1.0, -2.0]", "== ", "~= [-1.1, -2.0]", "fails \"x\"")) {
      String relation = wrong.startsWith("~=") ? "~= " : "== ";
      assertEquals(run + relation + "[-1.0, -2.0]\n", expected(run + wrong + "\n"));
    }
    String same = "// test: pass same\n" + BODY + "// ---\n" + BODY;
    assertEquals(same, expected("// test: pass same\n" + BODY));
    assertEquals(same, expected(same.replaceFirst("(?s)---.*", "---\n oops")));
    String misnamed = "// test: print\n" + BODY.replace("%0", "%y");
    assertEquals("// test: print\n" + BODY, expected(misnamed));
  }

  @Test
  void errorsStandOnTheirLines() {
    String text =
        """
        // test: verify error
        graph @f(%x: f32[2]) -> f32[3] {
          %0: f32[3] = neg(%x)
          return %0
        }
        """;
    String marked =
        text.replace(
            "neg(%x)",
            "neg(%x)  // error: %0 = neg(%x): result 0 has type f32[3], expected f32[2]");
    assertEquals(marked, expected(text));
    assertEquals(marked, expected(marked));
    assertEquals(marked, expected(text.replace("return %0", "return %0  // error: not here")));
    assertThrows(AssertionError.class, () -> expected("// test: verify error\n" + BODY));
    assertThrows(RuntimeException.class, () -> expected(text.replace(" error", "")));
  }

  @Test
  void runnersThatDifferFail() {
    Runner wrong =
        new Runner("wrong", (g, in) -> List.of(HostTensor.full(in.getFirst().type(), 3)));
    String text = "// test: run *\n" + BODY + "// run: @f([1, 2]) == [-1.0, -2.0]\n";
    GoldenFile all = new GoldenFile(text, Map.of(), List.of(Runner.interpreter(), wrong));
    AssertionError e = assertThrows(AssertionError.class, all::expected);
    assertTrue(e.getMessage().startsWith("wrong differs from interp"), e.getMessage());
    String one = text.replace("run *", "run interp");
    assertEquals(one, new GoldenFile(one, Map.of(), all.runners()).expected());
    String misspelt = text.replace("run *", "run inter");
    assertThrows(AssertionError.class, () -> expected(misspelt));
  }

  @Test
  void filesThatSayNothingFail() {
    for (String text :
        List.of(
            BODY,
            "// test: walk\n" + BODY,
            "// test: run *\n" + BODY,
            "// test: run *\n" + BODY + "// run: f(1)\n",
            "// test: run *\n" + BODY + "// run: @g([1, 2]) == \n",
            "// test: run *\n" + BODY + "// run: @f([1]) == \n",
            "// test: pass other\n" + BODY)) {
      assertThrows(AssertionError.class, () -> expected(text), text);
    }
  }

  @Test
  void blessingRewritesAndShowsTheDifference(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("a.ir");
    Files.writeString(file, "a\nb\nc\n");
    new Bless(false, false, out).check(file, "a\n", "a\n");
    AssertionError e =
        assertThrows(
            AssertionError.class,
            () -> new Bless(false, false, out).check(file, "a\nb\nc\n", "a\nc\nd\n"));
    assertTrue(e.getMessage().endsWith("   2 - b\n   3 + d\n"), e.getMessage());
    assertThrows(
        AssertionError.class, () -> new Bless(true, true, out).check(file, "a\nb\nc\n", "a\n"));
    assertEquals("a\nb\nc\n", Files.readString(file));
    assertEquals("", log.toString(StandardCharsets.UTF_8));
    new Bless(true, false, out).check(file, "a\nb\nc\n", "a\nc\nd\n");
    assertEquals("a\nc\nd\n", Files.readString(file));
    assertTrue(log.toString(StandardCharsets.UTF_8).contains("   2 - b\n   3 + d\n"));
  }

  @Test
  void roundingIsRelativeToTheType() {
    String text =
        "// test: run *\n"
            + BODY.replace("f32", DType.F64.toString())
            + "// run: @f([1, 2]) ~= [-1.000001, -2]\n";
    assertTrue(expected(text).endsWith("~= [-1.0, -2.0]\n"));
  }

  private static String expected(String text) {
    Map<String, java.util.function.UnaryOperator<Graph>> passes = Map.of("same", g -> g);
    return new GoldenFile(text, passes, List.of(Runner.interpreter())).expected();
  }
}
