package dev.engram.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.DType;
import dev.engram.ir.EngramException;
import dev.engram.ir.HostTensor;
import dev.engram.ir.op.ElementwiseRow;
import dev.engram.ir.text.GraphParseException;
import dev.engram.ir.text.OpTable;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
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
    GoldenFiles.Runner wrong =
        new GoldenFiles.Runner(
            "wrong", (g, in) -> List.of(HostTensor.full(in.getFirst().type(), 3)));
    String text = "// test: run *\n" + BODY + "// run: @f([1, 2]) == [-1.0, -2.0]\n";
    GoldenFiles all = GoldenFiles.interpreted().with(wrong);
    AssertionError e = assertThrows(AssertionError.class, () -> all.expected(text));
    assertTrue(e.getMessage().startsWith("wrong differs from interp"), e.getMessage());
    String one = text.replace("run *", "run interp");
    assertEquals(one, all.expected(one));
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

  @Test
  void aCheckOfOnesOwnHoldsForTheArgumentsOfEachLine() {
    String text = "// test: odd\n" + BODY + "// run: @f([1, -2]) ==\n// run: @f([3, 0]) ==\n";
    List<HostTensor> seen = new ArrayList<>();
    GoldenFiles golden = GoldenFiles.interpreted().withCheck("odd", (g, in) -> seen.addAll(in));
    assertEquals(text, golden.expected(text));
    assertEquals(
        List.of(1.0, 3.0), seen.stream().map(t -> t.getDouble(0)).toList(), "the arguments");
    GoldenFiles broken =
        GoldenFiles.interpreted()
            .withCheck(
                "odd",
                (g, in) -> {
                  throw new AssertionError("even");
                });
    AssertionError e = assertThrows(AssertionError.class, () -> broken.expected(text));
    assertEquals("even", e.getMessage());
    AssertionError unknown = assertThrows(AssertionError.class, () -> expected(text));
    assertTrue(unknown.getMessage().contains("`// test: odd`"), unknown.getMessage());
    for (String none : List.of("// test: odd\n" + BODY, text.replace("@f([3", "@g([3"))) {
      assertThrows(AssertionError.class, () -> golden.expected(none), none);
    }
  }

  @Test
  void opsOfOnesOwnAreReadAndPrinted() {
    ElementwiseRow twice =
        ElementwiseRow.of(
                "twice",
                1,
                (x, _, _) -> 2 * x,
                new ElementwiseRow.Domain(-1, 1),
                List.of((x, y) -> y.like(2)))
            .withExpansion(x -> x.getFirst().mul(2));
    String text =
        "// test: run *\n" + BODY.replace("neg", "twice") + "// run: @f([1, 2]) == [2.0, 4.0]\n";
    GoldenFiles golden = GoldenFiles.standard().with(OpTable.standard().with(twice));
    assertEquals(text, golden.expected(text));
    assertThrows(GraphParseException.class, () -> GoldenFiles.standard().expected(text));
  }

  @Test
  void everyBackendOfTheModulePathRuns() {
    String text = "// test: run interp,text,standard,loops,cpu\n" + BODY;
    text += "// run: @f([1, 2]) == [-1.0, -2.0]\n";
    assertEquals(text, GoldenFiles.standard().expected(text));
    String without = text;
    GoldenFiles fewer = GoldenFiles.standard().without("cpu");
    AssertionError e = assertThrows(AssertionError.class, () -> fewer.expected(without));
    assertTrue(e.getMessage().startsWith("run: got [interp, text,"), e.getMessage());
  }

  @Test
  void namesAreTakenOnce() {
    GoldenFiles golden = GoldenFiles.standard();
    for (Executable twice :
        List.<Executable>of(
            () -> golden.withPass("cse", g -> g),
            () -> golden.with(new GoldenFiles.Runner("cpu", (g, in) -> in)),
            () -> golden.withCheck("fuse", (g, in) -> {}),
            () -> golden.withCheck("a", (g, in) -> {}).withCheck("a", (g, in) -> {}),
            () -> golden.without("interp"),
            () -> golden.without("none"))) {
      EngramException e = assertThrows(EngramException.class, twice);
      assertTrue(e.getMessage().startsWith("GoldenFiles.with"), e.getMessage());
    }
  }

  @Test
  void allFilesOfAFolderAreTested(@TempDir Path folder) throws IOException {
    GoldenFiles golden = GoldenFiles.interpreted();
    AssertionError none = assertThrows(AssertionError.class, () -> golden.checkAll(folder));
    assertTrue(none.getMessage().startsWith("there is no file *.ir in "), none.getMessage());
    Path inner = Files.createDirectory(folder.resolve("inner"));
    Files.writeString(folder.resolve("good.ir"), "// test: print\n" + BODY);
    Files.writeString(folder.resolve("note.txt"), "no golden file");
    golden.checkAll(folder);
    // Faults that a bless of this very build does not mend.
    Files.writeString(folder.resolve("error.ir"), "// test: verify error\n" + BODY);
    Files.writeString(inner.resolve("text.ir"), "// test: verify\nnothing\n");
    AssertionError e = assertThrows(AssertionError.class, () -> golden.checkAll(folder));
    assertTrue(e.getMessage().startsWith("2 of 3 golden files in "), e.getMessage());
    assertTrue(e.getMessage().contains("\nerror.ir: "), e.getMessage());
    assertTrue(e.getMessage().contains("\n" + Path.of("inner", "text.ir")), e.getMessage());
  }

  private static String expected(String text) {
    return GoldenFiles.interpreted().withPass("same", g -> g).expected(text);
  }
}
