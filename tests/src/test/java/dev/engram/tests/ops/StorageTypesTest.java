package dev.engram.tests.ops;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.DType;
import dev.engram.ir.EngramException;
import dev.engram.ir.Graph;
import dev.engram.ir.Verifier;
import dev.engram.ir.op.ElementwiseRow;
import dev.engram.ir.op.Rows;
import dev.engram.ir.text.Parser;
import dev.engram.ir.text.Printer;
import dev.engram.tests.random.Laws;
import dev.engram.tests.random.Program;
import dev.engram.tests.random.Ways;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Every op other than rows on storage types: its samples with such a type in place of every other
 * one. The loops and the compiled code compute in wider types what the interpreter computes in
 * doubles. (Rows have samples of every type in {@code OpTableTest}.)
 */
class StorageTypesTest {
  private static final List<DType> STORAGE =
      Stream.of(DType.values()).filter(t -> t != t.wide()).toList();
  private static final Map<String, List<Sample>> SAMPLES = Samples.ofOps();

  /** Bools, keys and printed numbers are never storage types. */
  private static final Set<String> OTHERS =
      Set.of("reduce_any", "reduce_all", "randomBits", "print");

  @TestFactory
  Stream<DynamicTest> ops() {
    Set<String> rows = Rows.all().stream().map(ElementwiseRow::name).collect(Collectors.toSet());
    return SAMPLES.keySet().stream()
        .filter(op -> !rows.contains(op))
        .filter(op -> Unsupported.reason(op, Concern.LOWER).isEmpty())
        .map(op -> DynamicTest.dynamicTest(op, () -> check(op)));
  }

  private static void check(String op) {
    Set<String> tried = new HashSet<>();
    for (Sample s : SAMPLES.get(op)) {
      for (DType from : DType.values()) {
        for (DType to : STORAGE) {
          retyped(s, from, to)
              .filter(r -> tried.add(Printer.print(r.graph())))
              .ifPresent(StorageTypesTest::agrees);
        }
      }
    }
    assertTrue(
        tried.isEmpty() == OTHERS.contains(op), () -> op + " was tried " + tried.size() + " times");
  }

  private static void agrees(Sample s) {
    Program p = s.program(0);
    Ways.backends().forEach(b -> Laws.agrees(p, Ways.lowered(b)));
    Laws.sameBits(p, Ways.lowered(Ways.scalarCpu()), Ways.lowered(Ways.vectorCpu()));
  }

  private static Optional<Sample> retyped(Sample s, DType from, DType to) {
    String text = Printer.print(s.graph(), Printer.Style.NO_LINES);
    String other = text.replaceAll("\\b" + from + "(?=\\[|\\}|,| base64)", to.toString());
    if (other.equals(text)) {
      return Optional.empty();
    }
    try {
      Graph g = Verifier.verify(Parser.parse(other));
      return Optional.of(new Sample(s.op(), g, s.draw()));
    } catch (EngramException no) {
      return Optional.empty();
    }
  }

  /** Control: an op that is left in its storage type is detected. */
  @Test
  void everyTypeOfStorageIsTried() {
    Set<DType> found = new HashSet<>();
    for (Sample s : SAMPLES.get("checkFinite")) {
      for (DType to : STORAGE) {
        retyped(s, DType.F32, to).or(() -> retyped(s, DType.F64, to)).ifPresent(_ -> found.add(to));
      }
    }
    assertTrue(found.equals(Set.of(DType.F16, DType.BF16)), found::toString);
  }
}
