package dev.engram.tests.ops;

import dev.engram.ir.DType;
import dev.engram.ir.TensorType;
import dev.engram.ir.TypeException;
import dev.engram.ir.op.Op;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The results for each op, and the document with them. */
final class OpsTable {
  private static final String HEAD =
      """
      # Ops

      Every op of the IR, and which of its properties are tested. `OpTableTest` generates this table from the code: ops
      from `OpTable`, samples and invalid inputs from the row itself or from `FamilySamples`. A ✓ means that every sample
      has passed:

      - **type**: the verifier accepts the result types of the type rule, and no others.
      - **eval**: results have these types, and are finite on the op's domain; golden files have the values themselves,
        for all backends.
      - **jvp**: forward mode equals central differences, in f64.
      - **transpose**: reverse mode equals forward mode by inner products, at first and at second order.
      - **batch**: `vmap` equals a loop, for every choice of batched operands; so do the derivative of the batch and the
        batch of the derivative.
      - **lower**: the loop interpreter and the CPU backend agree with the interpreter, with vectors and without,
        simplified and not.
      - **text**: the op is unchanged by printing and parsing.
      - **errors**: this many invalid inputs are refused with the op, the operand, what it got and what it expected.

      Words instead of a ✓: *zero*, the derivative is zero wherever there is one; *no floats*, nothing to differentiate;
      *no operands*, nothing to batch.

      """;

  private final Map<String, Map<Concern, String>> cells = new HashMap<>();
  private final Map<String, Integer> errors = new HashMap<>();

  void put(String op, Concern concern, String text) {
    cells.computeIfAbsent(op, _ -> new EnumMap<>(Concern.class)).put(concern, text);
  }

  void errors(String op, int count) {
    errors.put(op, count);
  }

  /** False after a failure, or when only some tests ran. */
  boolean complete(Set<String> ops) {
    return errors.keySet().containsAll(ops)
        && ops.stream()
            .allMatch(op -> cells.getOrDefault(op, Map.of()).size() == Concern.values().length);
  }

  String document(Map<String, List<Sample>> samples) {
    StringBuilder out = new StringBuilder(HEAD);
    List<String> columns =
        Stream.of(Concern.values()).map(c -> c.name().toLowerCase(Locale.ROOT)).toList();
    out.append("| op | element types | ")
        .append(String.join(" | ", columns))
        .append(" | errors |\n");
    out.append("|---".repeat(columns.size() + 3)).append("|\n");
    samples.forEach(
        (op, list) -> {
          out.append("| `").append(op).append("` | ").append(types(list)).append(" |");
          cells.get(op).values().forEach(c -> out.append(' ').append(c).append(" |"));
          out.append(' ').append(errors.get(op)).append(" |\n");
        });
    return out.toString();
  }

  /** Returns the element types that the op accepts for its float operands, or for the last one. */
  private static String types(List<Sample> samples) {
    Sample s = samples.getFirst();
    Op op = s.graph().eqns().getFirst().op();
    List<TensorType> in = s.graph().paramTypes();
    if (in.isEmpty()) {
      return "–";
    }
    DType own =
        in.stream()
            .map(TensorType::dtype)
            .filter(DType::isFloat)
            .findFirst()
            .orElse(in.getLast().dtype());
    List<DType> taken =
        Stream.of(DType.values())
            .filter(
                d -> accepts(op, in.stream().map(t -> t.dtype() == own ? t.with(d) : t).toList()))
            .toList();
    return taken.size() == DType.values().length
        ? "all"
        : taken.stream().map(DType::toString).collect(Collectors.joining(" "));
  }

  private static boolean accepts(Op op, List<TensorType> in) {
    try {
      return !op.typeOf(in).isEmpty();
    } catch (TypeException e) {
      return false;
    }
  }
}
