package dev.engram.ir.passes;

import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.ElementwiseRow;
import dev.engram.ir.op.Rows;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** What in the body of a scan depends on traces, and how, where that is linear. */
final class LinearForms {
  /** Sums of more products, or deeper ones, are not taken apart. */
  private static final int MAX_TERMS = 4;

  private static final BitSet NONE = new BitSet();

  private final List<Eqn> eqns;
  private final Map<Value, Eqn> made = new HashMap<>();
  private final Map<Value, Product> products = new HashMap<>();
  private final Map<Value, List<Product>> sumsOfProducts = new HashMap<>();

  /** The traces that each value depends on. */
  private final Map<Value, BitSet> depend = new HashMap<>();

  /** In atoms of traces before the step. */
  private final Map<Value, Affine> before = new HashMap<>();

  /** In atoms of these and of traces after it. */
  private final Map<Value, Affine> after = new HashMap<>();

  LinearForms(Graph body) {
    this.eqns = body.eqns();
    eqns.forEach(e -> e.outputs().forEach(v -> made.put(v, e)));
  }

  /** A trace as an atom. */
  record Trace(int number, Value param, Value next, int numberAfter) {}

  /**
   * Reads the body.
   *
   * @param otherwise hears of an equation that reads traces in a way that is not linear, and of
   *     which
   */
  void read(List<Trace> traces, BiConsumer<Eqn, BitSet> otherwise) {
    depend.clear();
    before.clear();
    after.clear();
    Map<Value, Integer> nexts = new HashMap<>();
    for (Trace t : traces) {
      nexts.putIfAbsent(t.next, t.numberAfter);
      BitSet itself = new BitSet();
      itself.set(t.number);
      depend.put(t.param, itself);
      before.put(t.param, Affine.atom(t.number));
      after.put(t.param, Affine.atom(t.number));
    }
    for (Eqn e : eqns) {
      BitSet on = new BitSet();
      e.inputs().forEach(v -> on.or(tracesIn(v)));
      if (on.isEmpty()) {
        continue;
      }
      if (Dce.stops(e)) {
        otherwise.accept(e, on);
      }
      Affine f = form(e, before);
      if (f == null) {
        BitSet read = readOtherwise(e);
        if (!read.isEmpty()) {
          otherwise.accept(e, read);
        }
      }
      e.outputs().forEach(v -> depend.put(v, on));
      if (e.outputs().size() == 1) {
        put(before, e.out(), f);
        Integer next = nexts.get(e.out());
        put(after, e.out(), next == null ? form(e, after) : Affine.atom(next));
      }
    }
  }

  /**
   * The traces of operands of {@code e} that are linear, where it is not linear in them, whatever
   * its other operands are.
   */
  private BitSet readOtherwise(Eqn e) {
    BitSet read = new BitSet();
    boolean sums = isRow(e, Rows.ADD) || isRow(e, Rows.SUB) || isRow(e, Rows.NEG);
    if (TraceRecurrences.summed(e) != null) {
      return read;
    }
    boolean linear = e.inputs().stream().allMatch(v -> operand(v, before) != null);
    if (linear || !(sums || isRow(e, Rows.MUL))) {
      e.inputs().stream()
          .filter(v -> operand(v, before) != null)
          .forEach(v -> read.or(tracesIn(v)));
    }
    return read;
  }

  /** The traces that a value depends on. */
  BitSet tracesIn(Value v) {
    return depend.getOrDefault(v, NONE);
  }

  /** What makes a value in the body; null for parameters and literals. */
  @Nullable Eqn maker(Value v) {
    return made.get(v);
  }

  /** A value in atoms of traces before the step; null where it is not linear in them. */
  @Nullable Affine inTracesBefore(Value v) {
    return operand(v, before);
  }

  /** The same, in atoms of traces after the step where it is made of these. */
  @Nullable Affine inTraces(Value v) {
    return operand(v, after);
  }

  private static void put(Map<Value, Affine> to, Value v, @Nullable Affine f) {
    if (f != null) {
      to.put(v, f);
    }
  }

  private @Nullable Affine operand(Value v, Map<Value, Affine> forms) {
    return tracesIn(v).isEmpty() ? Affine.of(productsOf(v, MAX_TERMS)) : forms.get(v);
  }

  /** What does not depend on traces, as a sum of products that have fewer axes where it is one. */
  private List<Product> productsOf(Value v, int depth) {
    List<Product> known = sumsOfProducts.get(v);
    if (known == null) {
      known = List.of(Product.of(v, made, products));
      Eqn e = made.get(v);
      if (e != null && depth > 0 && isWhole(known, v)) {
        known = terms(e, v, depth - 1, known);
      }
      sumsOfProducts.put(v, known);
    }
    return known;
  }

  private List<Product> terms(Eqn e, Value v, int depth, List<Product> whole) {
    boolean minus = isRow(e, Rows.SUB);
    if (!minus && !isRow(e, Rows.ADD)) {
      return whole;
    }
    List<Product> sum = new ArrayList<>(productsOf(e.in(0), depth));
    productsOf(e.in(1), depth).forEach(p -> sum.add(minus ? p.negated(v.type()) : p));
    return sum.size() > MAX_TERMS || isWhole(sum, v) ? whole : List.copyOf(sum);
  }

  private static boolean isWhole(List<Product> sum, Value v) {
    return sum.stream().anyMatch(p -> p.hasAllAxes(v.type().rank()));
  }

  static boolean isRow(@Nullable Eqn e, ElementwiseRow row) {
    return e != null && e.op() instanceof Elementwise x && x.row().equals(row);
  }

  private @Nullable Affine form(Eqn e, Map<Value, Affine> forms) {
    List<Affine> in = new ArrayList<>();
    for (Value v : e.inputs()) {
      Affine f = operand(v, forms);
      if (f == null) {
        return null;
      }
      in.add(f);
    }
    if (isRow(e, Rows.ADD)) {
      return in.get(0).plus(in.get(1));
    } else if (isRow(e, Rows.SUB)) {
      TensorType t = e.out().type();
      return in.get(0).plus(in.get(1).negated(t));
    } else if (isRow(e, Rows.NEG)) {
      return in.get(0).negated(e.out().type());
    } else if (isRow(e, Rows.MUL)) {
      int free = tracesIn(e.in(0)).isEmpty() ? 0 : 1;
      return tracesIn(e.in(free)).isEmpty()
          ? in.get(1 - free).times(in.get(free).constant())
          : null;
    }
    return null;
  }
}
