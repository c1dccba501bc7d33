package dev.engram.tests.ops;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.EngramException;
import dev.engram.ir.TypeException;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.ElementwiseRow;
import dev.engram.ir.op.Rows;
import dev.engram.ir.text.OpTable;
import dev.engram.testkit.Bless;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Every op × every {@link Concern}. Ops come from {@link OpTable} and rows define their own
 * samples, so a new op is tested, or reported as missing, without a change here. The results are
 * written to {@code docs/OPS.md}.
 */
class OpTableTest {
  private static final int SEEDS = 3;
  private static final Path ROOT = Path.of(System.getProperty("engram.root"));
  private static final Map<String, List<Sample>> SAMPLES = Samples.ofOps();
  private static final Map<String, List<ErrorInput>> ERRORS = Samples.errors();
  private static final OpsTable TABLE = new OpsTable();

  @TestFactory
  Stream<DynamicContainer> ops() {
    return SAMPLES.keySet().stream()
        .map(
            op ->
                DynamicContainer.dynamicContainer(
                    op,
                    Stream.concat(
                        Stream.of(Concern.values())
                            .map(c -> DynamicTest.dynamicTest(name(c), () -> check(op, c))),
                        Stream.of(
                            DynamicTest.dynamicTest("golden", () -> golden(op)),
                            DynamicTest.dynamicTest("errors", () -> errors(op))))));
  }

  private static String name(Concern c) {
    return c.name().toLowerCase(Locale.ROOT);
  }

  private static void check(String op, Concern concern) {
    List<Sample> samples = SAMPLES.get(op);
    assertFalse(samples.isEmpty(), () -> op + " has no sample; add one to FamilySamples");
    Optional<String> unsupported = Unsupported.reason(op, concern);
    if (unsupported.isPresent()) {
      assertThrows(EngramException.class, () -> tried(samples, concern), op + " works by now");
      TABLE.put(op, concern, unsupported.get());
      return;
    }
    TABLE.put(op, concern, tried(samples, concern));
  }

  /** Returns the text of the cell. */
  private static String tried(List<Sample> samples, Concern concern) {
    boolean derivative = concern == Concern.JVP || concern == Concern.TRANSPOSE;
    if (derivative && samples.stream().noneMatch(Concern::differentiable)) {
      return Concern.whyNot(samples);
    }
    if (derivative && samples.stream().allMatch(Concern::zeroDerivative)) {
      samples.stream().filter(Concern::differentiable).forEach(s -> Concern.vanishes(s, 1));
      return "zero";
    }
    boolean says = false;
    for (Sample s : samples) {
      // ProgramProperties covers other values; compiling is slow.
      int seeds = concern == Concern.LOWER ? 1 : SEEDS;
      for (int seed = 0; seed < seeds; seed++) {
        says |= concern.holds(s, seed);
      }
    }
    if (concern == Concern.BATCH && !says) {
      return "no operands";
    }
    assertTrue(says, "no sample says anything");
    return "✓";
  }

  /** Its values are in a golden file, where people have checked them. */
  private static void golden(String op) throws IOException {
    assertTrue(
        Unsupported.reason(op, Concern.EVAL).isPresent() || Golden.evaluated().contains(op),
        op + " is in no golden file that runs; add it to one in tests/src/test/resources/ir/run");
  }

  private static void errors(String op) {
    List<ErrorInput> inputs = ERRORS.get(op);
    assertFalse(inputs.isEmpty(), op + " has no wrong input; add one to FamilySamples");
    for (ErrorInput e : inputs) {
      TypeException x =
          assertThrows(TypeException.class, () -> e.op().typeOf(e.operands()), e::toString);
      assertTrue(
          x.getMessage().startsWith(op + ": ") && x.getMessage().contains(e.says()),
          () -> e + " says `" + x.getMessage() + "`, expected `" + op + ": … " + e.says() + " …`");
      assertTrue(x.getMessage().contains("expected"), () -> e + ": " + x.getMessage());
    }
    TABLE.errors(op, inputs.size());
  }

  /** Control: an op with one fault fails in that column. */
  @Test
  void aWrongRuleIsFound() {
    ElementwiseRow wrong =
        ElementwiseRow.of(
            "tanh",
            1,
            (a, _, _) -> Math.tanh(a),
            Rows.TANH.domain(),
            List.of((_, y) -> y.mul(y).sub(1)));
    Sample s = Sample.of(new Elementwise(wrong), Sample.f64(2, 3));
    assertTrue(Concern.TYPE.holds(s, 0));
    assertThrows(AssertionError.class, () -> Concern.JVP.holds(s, 0));
  }

  @Test
  void nothingHasSamplesThatIsNoOp() {
    Set<String> known = OpTable.standard().mnemonics();
    assertEquals(known, SAMPLES.keySet());
    assertEquals(known, ERRORS.keySet());
  }

  /** After all cells: the document has these results. */
  @AfterAll
  static void document() throws IOException {
    Path file = ROOT.resolve("docs/OPS.md");
    if (TABLE.complete(SAMPLES.keySet())) {
      String is = Files.exists(file) ? Files.readString(file) : "";
      Bless.fromSettings().check(file, is, TABLE.document(SAMPLES));
    }
  }
}
