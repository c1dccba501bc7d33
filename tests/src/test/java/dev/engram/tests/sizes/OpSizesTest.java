package dev.engram.tests.sizes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.Builder;
import dev.engram.ir.DType;
import dev.engram.ir.Graph;
import dev.engram.ir.GraphEquality;
import dev.engram.ir.Role;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.TensorType;
import dev.engram.ir.TypeException;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import dev.engram.ir.Verifier;
import dev.engram.ir.op.Op;
import dev.engram.ir.text.Parser;
import dev.engram.ir.text.Printer;
import java.math.BigInteger;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The type of each op's result is that of exact arithmetic, or is refused with the op, the line and
 * the number.
 */
class OpSizesTest {
  static final SourceLocation LINE = new SourceLocation("Huge.java", 7);
  private static final int TRIES = 400;

  /** What can make a length or a number of elements that its operands do not have. */
  private static final Set<String> GROWS = Set.of("dot", "pad", "concat", "gather", "scan");

  /** The graph of the one op. */
  static Graph graph(SizedUse use) {
    Builder b = new Builder("huge");
    List<Var> in = use.operands().stream().map(t -> b.param(t, Role.INPUT, "")).toList();
    b.at(LINE);
    return b.build(b.emit(use.op(), in));
  }

  @TestFactory
  Stream<DynamicTest> exactOrRefused() {
    return SizedUses.families().entrySet().stream()
        .map(
            e ->
                DynamicTest.dynamicTest(
                    e.getKey(),
                    () -> {
                      SplittableRandom random = new SplittableRandom(e.getKey().hashCode());
                      int refused = 0;
                      for (int i = 0; i < TRIES; i++) {
                        refused += check(e.getValue().apply(random)) ? 0 : 1;
                      }
                      // Control: the drawn sizes lie on both sides.
                      assertTrue(refused < TRIES * 9 / 10, refused + " refused");
                      assertEquals(GROWS.contains(e.getKey()), refused > 0, refused + " refused");
                    }));
  }

  /** Returns whether there is such a type. */
  private static boolean check(SizedUse use) {
    Optional<BigInteger> tooLarge = use.tooLarge();
    if (tooLarge.isPresent()) {
      String says = assertThrows(TypeException.class, () -> graph(use), use::toString).getMessage();
      assertTrue(says.startsWith(use.op().mnemonic() + ": "), says);
      assertTrue(says.contains(" " + tooLarge.get() + " "), says + ", not " + tooLarge.get());
      assertTrue(says.contains("expected at most"), says);
      assertTrue(says.endsWith(" (Huge.java:7)"), says);
      assertEquals(says.indexOf(".java:"), says.lastIndexOf(".java:"), says);
      return false;
    }
    Graph g = graph(use);
    assertEquals(
        use.results(),
        g.outs().stream().map(Value::type).map(HugeLengths::exact).toList(),
        use::toString);
    assertEquals(List.of(), Verifier.findings(g));
    assertTrue(GraphEquality.equal(g, Parser.parse(Printer.print(g))), use::toString);
    g.outs().forEach(v -> bytes(v.type()));
    return true;
  }

  private static void bytes(TensorType type) {
    boolean empty = type.shape().dims().contains(0);
    BigInteger exact =
        empty
            ? BigInteger.ZERO
            : SizedUse.elements(HugeLengths.exact(type))
                .multiply(BigInteger.valueOf(type.dtype().bytes()));
    assertEquals(
        empty ? 0 : exact.divide(BigInteger.valueOf(type.dtype().bytes())).longValueExact(),
        type.size());
    if (exact.compareTo(SizedUse.MOST_ELEMENTS) > 0) {
      String says = assertThrows(TypeException.class, type::bytes).getMessage();
      assertTrue(says.contains(type + " ") && says.contains(exact.toString()), says);
    } else {
      assertEquals(exact.longValueExact(), type.bytes());
    }
  }

  /** A shape says how many elements it would have, whatever the order of its lengths. */
  @Test
  void shapesBeyondLong() {
    int m = Integer.MAX_VALUE;
    String many = BigInteger.valueOf(m).pow(3).toString();
    for (int[] dims :
        List.of(new int[] {m, m, m}, new int[] {0, m, m, m}, new int[] {m, m, m, 0})) {
      String says =
          assertThrows(TypeException.class, () -> TensorType.of(DType.I8, dims)).getMessage();
      assertTrue(says.contains(" " + many + " ") && says.contains("OpSizesTest.java"), says);
    }
  }

  /** Every op of the language is drawn, but for rows other than one, and what has no sizes. */
  @Test
  void everyFamilyIsDrawn() {
    Set<String> drawn = new TreeSet<>();
    SplittableRandom random = new SplittableRandom(1);
    SizedUses.families()
        .values()
        .forEach(
            f -> {
              for (int i = 0; i < 100; i++) {
                drawn.add(f.apply(random).op().getClass().getSimpleName());
              }
            });
    drawn.add(SizedUses.constant().op().getClass().getSimpleName());
    Set<String> known = new TreeSet<>(families());
    known.removeAll(Set.of("Transposed", "Print", "Progress", "Position", "Range"));
    assertTrue(drawn.containsAll(known), () -> known + " but " + drawn);
  }

  private static Set<String> families() {
    Set<String> names = new TreeSet<>();
    add(Op.class, names);
    return names;
  }

  private static void add(Class<?> c, Set<String> names) {
    Class<?>[] permitted = c.getPermittedSubclasses();
    if (permitted == null) {
      if (c.isRecord()) {
        names.add(c.getSimpleName());
      }
      return;
    }
    for (Class<?> p : permitted) {
      add(p, names);
    }
  }
}
