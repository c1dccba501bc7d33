package dev.engram.ir.text;

import dev.engram.ir.GraphException;
import dev.engram.ir.checks.Given;
import dev.engram.ir.op.Cast;
import dev.engram.ir.op.Check;
import dev.engram.ir.op.Collective;
import dev.engram.ir.op.Control;
import dev.engram.ir.op.Custom;
import dev.engram.ir.op.Dot;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.ElementwiseRow;
import dev.engram.ir.op.HostEffect;
import dev.engram.ir.op.Index;
import dev.engram.ir.op.Move;
import dev.engram.ir.op.Op;
import dev.engram.ir.op.OptimizationBarrier;
import dev.engram.ir.op.Reduce;
import dev.engram.ir.op.Rows;
import dev.engram.ir.op.Source;
import dev.engram.ir.syntax.Attributes;
import dev.engram.ir.syntax.Literals;
import dev.engram.ir.syntax.OpEntry;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The ops that {@link Parser} knows by their mnemonics. Immutable: {@code with} gives a larger
 * table.
 */
public final class OpTable {
  private static final OpTable STANDARD = new OpTable(standardEntries());

  private final Map<String, OpEntry> entries;

  private OpTable(Map<String, OpEntry> entries) {
    this.entries = entries;
  }

  /** All families and the rows of {@link Rows}. */
  public static OpTable standard() {
    return STANDARD;
  }

  /**
   * This table and one more row.
   *
   * @throws GraphException when the name is taken or no identifier
   */
  public OpTable with(ElementwiseRow row) {
    Given.given("OpTable.with", "row", row);
    return with(row.name(), entry(Elementwise.class, Map.of("row", row)));
  }

  /**
   * This table and an outside author's op.
   *
   * @param mnemonic what {@link Op#mnemonic} of every instance gives
   * @param op a record class whose components are the attributes: numbers, bools, strings, enums,
   *     shapes, types, tensors, graphs, lists and optionals of them
   * @throws GraphException when the name is taken or no identifier, or a component has no text form
   */
  public OpTable with(String mnemonic, Class<? extends Custom> op) {
    Given.given("OpTable.with", "mnemonic", mnemonic);
    Given.given("OpTable.with", "op", op);
    Attributes.of(op).requireTextForm();
    return with(mnemonic, entry(op, Map.of()));
  }

  private OpTable with(String mnemonic, OpEntry entry) {
    if (!mnemonic.matches("[A-Za-z_$][A-Za-z0-9_$.]*")) {
      throw new GraphException(
          "the mnemonic " + Literals.quoted(mnemonic) + " is no name of letters, digits, _ and .");
    }
    Map<String, OpEntry> more = new LinkedHashMap<>(entries);
    if (more.put(mnemonic, entry) != null) {
      throw new GraphException("there is an op " + mnemonic + " already; choose another name");
    }
    return new OpTable(Collections.unmodifiableMap(more));
  }

  /** All mnemonics: families first, then rows in order. */
  public Set<String> mnemonics() {
    return entries.keySet();
  }

  Optional<OpEntry> find(String mnemonic) {
    return Optional.ofNullable(entries.get(mnemonic));
  }

  private static OpEntry entry(Class<?> op, Map<String, Object> implied) {
    return new OpEntry(Attributes.of(op), implied);
  }

  private static Map<String, OpEntry> standardEntries() {
    Map<String, OpEntry> m = new LinkedHashMap<>();
    m.put("cast", entry(Cast.class, Map.of()));
    m.put("dot", entry(Dot.class, Map.of()));
    m.put("reshape", entry(Move.Reshape.class, Map.of()));
    m.put("transpose", entry(Move.Transpose.class, Map.of()));
    m.put("broadcast", entry(Move.Broadcast.class, Map.of()));
    m.put("slice", entry(Move.Slice.class, Map.of()));
    m.put("pad", entry(Move.Pad.class, Map.of()));
    m.put("concat", entry(Move.Concat.class, Map.of()));
    m.put("reverse", entry(Move.Reverse.class, Map.of()));
    m.put("shear", entry(Move.Shear.class, Map.of()));
    m.put("gather", entry(Index.Gather.class, Map.of()));
    m.put("scatter", entry(Index.Scatter.class, Map.of()));
    m.put("dynamicSlice", entry(Index.DynamicSlice.class, Map.of()));
    m.put("dynamicUpdate", entry(Index.DynamicUpdate.class, Map.of()));
    m.put("argSort", entry(Index.ArgSort.class, Map.of()));
    m.put("const", entry(Source.Const.class, Map.of()));
    m.put("iota", entry(Source.Iota.class, Map.of()));
    m.put("randomBits", entry(Source.RandomBits.class, Map.of()));
    m.put("check", entry(Check.Range.class, Map.of()));
    m.put("checkFinite", entry(Check.Finite.class, Map.of()));
    m.put("print", entry(HostEffect.Print.class, Map.of()));
    m.put("progress", entry(HostEffect.Progress.class, Map.of()));
    m.put("scan", entry(Control.Scan.class, Map.of()));
    m.put("while", entry(Control.While.class, Map.of()));
    m.put("cond", entry(Control.Cond.class, Map.of()));
    m.put("call", entry(Control.Call.class, Map.of()));
    m.put("transposed", entry(Control.Transposed.class, Map.of()));
    m.put("axisSum", entry(Collective.Sum.class, Map.of()));
    m.put("axisIndex", entry(Collective.Position.class, Map.of()));
    m.put("barrier", entry(OptimizationBarrier.class, Map.of()));
    for (Reduce.Kind kind : Reduce.Kind.values()) {
      m.put("reduce_" + kind, entry(Reduce.class, Map.of("kind", kind)));
    }
    for (ElementwiseRow row : Rows.all()) {
      m.put(row.name(), entry(Elementwise.class, Map.of("row", row)));
    }
    return Collections.unmodifiableMap(m);
  }
}
