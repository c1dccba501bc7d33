package dev.engram.tests.types;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.Builder;
import dev.engram.ir.DType;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Lit;
import dev.engram.ir.Role;
import dev.engram.ir.Shape;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.interpret.Interpreter;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.ElementwiseRow;
import dev.engram.ir.op.ElementwiseRow.Flag;
import dev.engram.ir.op.RowSignature;
import dev.engram.ir.op.Rows;
import dev.engram.ir.passes.Dce;
import dev.engram.ir.passes.GraphKey;
import dev.engram.ir.passes.simplify.Simplify;
import dev.engram.ir.text.Printer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Rules for rows at edge values of every type: all expressions of one or two rows over two
 * variables, a condition and a few numbers. Every simplified expression must have the same results,
 * bit for bit, for all pairs of edge values. Rules of simplification are not named here: a new one
 * is tested as soon as it applies to these rows.
 */
class RowRulesTest {
  private static final List<ElementwiseRow> ROWS =
      List.of(
          Rows.ADD,
          Rows.SUB,
          Rows.MUL,
          Rows.DIV,
          Rows.REM,
          Rows.MAX,
          Rows.MIN,
          Rows.POW,
          Rows.NEG,
          Rows.ABS,
          Rows.SIGN,
          Rows.FLOOR,
          Rows.ROUND,
          Rows.TRUNCATE,
          Rows.EQ,
          Rows.NE,
          Rows.LT,
          Rows.AND,
          Rows.OR,
          Rows.XOR,
          Rows.NOT,
          Rows.SHIFT_LEFT,
          Rows.SELECT);

  /** An expression over the parameters x and y of one type, and the bool p. */
  private sealed interface Term {
    DType dtype();

    record Param(int index, DType dtype) implements Term {}

    record Known(DType dtype, long bits) implements Term {}

    record Apply(ElementwiseRow row, DType dtype, List<Term> in) implements Term {}
  }

  @ParameterizedTest
  @EnumSource(DType.class)
  void whatIsSimplifiedGivesTheSame(DType dtype) {
    List<HostTensor> args = arguments(dtype);
    int simplified = 0;
    for (Term t : terms(dtype)) {
      Graph g = graph(t, dtype, args.getFirst().shape());
      Optional<Graph> simpler = changed(g, Simplify::run);
      if (simpler.isPresent()) {
        simplified++;
        assertEquals(
            Optional.empty(),
            difference(g, simpler.get(), args),
            () -> Printer.print(g) + "\n" + Printer.print(simpler.get()));
      }
    }
    int found = simplified;
    assertTrue(found > 100, () -> "only " + found + " expressions were simplified");
  }

  /** Control: a rule that only holds for signed types is found wrong for unsigned ones. */
  @Test
  void aRuleForSignedTypesIsFoundWrongForOthers() {
    assertTrue(isWrong(DType.U8, Rows.ABS, Rows.NEG));
    assertFalse(isWrong(DType.I8, Rows.ABS, Rows.NEG));
    assertFalse(isWrong(DType.BF16, Rows.ABS, Rows.NEG));
  }

  /** Whether {@code outer(inner x) = outer x} fails for an edge value. */
  private static boolean isWrong(DType dtype, ElementwiseRow outer, ElementwiseRow inner) {
    List<HostTensor> args = arguments(dtype);
    Term x = new Term.Param(0, dtype);
    Term whole = apply(outer, List.of(apply(inner, List.of(x))));
    Shape shape = args.getFirst().shape();
    Graph g = graph(whole, dtype, shape);
    return difference(g, graph(apply(outer, List.of(x)), dtype, shape), args).isPresent();
  }

  /** Returns {@code g} after the pass, if that changed more than the order of a row's operands. */
  private static Optional<Graph> changed(Graph g, UnaryOperator<Graph> pass) {
    Graph after = Dce.run(pass.apply(g));
    return GraphKey.of(after).equals(GraphKey.of(g)) ? Optional.empty() : Optional.of(after);
  }

  private static Optional<String> difference(Graph g, Graph after, List<HostTensor> args) {
    return Same.difference(Interpreter.run(g, args), Interpreter.run(after, args));
  }

  /** x and y in all pairs, and a p. */
  private static List<HostTensor> arguments(DType dtype) {
    List<HostTensor> out = new ArrayList<>(EdgeValues.pairs(dtype, EdgeValues.few(dtype)));
    HostTensor p = HostTensor.allocate(out.getFirst().type().with(DType.BOOL));
    for (long i = 0; i < p.type().size(); i++) {
      p.setBits(i, ((i * 7) >> 2) & 1);
    }
    out.add(p);
    return out;
  }

  private static Graph graph(Term t, DType dtype, Shape shape) {
    Builder b = new Builder("f");
    TensorType type = new TensorType(dtype, shape);
    List<Value> params = new ArrayList<>();
    for (TensorType p : List.of(type, type, type.with(DType.BOOL))) {
      params.add(b.param(p, Role.INPUT, ""));
    }
    return b.build(List.of(emit(b, params, t, shape)));
  }

  private static Value emit(Builder b, List<Value> params, Term t, Shape shape) {
    return switch (t) {
      case Term.Param p -> params.get(p.index());
      case Term.Known k -> new Lit(new TensorType(k.dtype(), shape), k.bits());
      case Term.Apply a ->
          b.emit1(
              new Elementwise(a.row()),
              a.in().stream().map(v -> emit(b, params, v, shape)).toArray(Value[]::new));
    };
  }

  private static List<Term> terms(DType dtype) {
    List<Term> leaves = new ArrayList<>(parameters(dtype));
    leaves.addAll(known(dtype, 0.0, -0.0, 1, -1, 2, -4, 0.5, 3, 1e300, -1e300, Double.NaN));
    List<Term> out = new ArrayList<>();
    for (ElementwiseRow row : ROWS) {
      out.addAll(applied(row, leaves, leaves));
    }
    List<Term> few = new ArrayList<>(parameters(dtype));
    few.addAll(known(dtype, 0.0, 1, -1));
    List<Term> inner = new ArrayList<>();
    for (ElementwiseRow row : ROWS) {
      inner.addAll(applied(row, parameters(dtype), row.arity() == 3 ? parameters(dtype) : few));
    }
    for (ElementwiseRow row : ROWS) {
      out.addAll(applied(row, inner, row.arity() == 3 ? parameters(dtype) : few));
      if (row.arity() == 2) {
        out.addAll(applied(row, parameters(dtype), inner));
        out.addAll(twice(row, dtype));
      }
    }
    return out;
  }

  private static List<Term> parameters(DType dtype) {
    return List.of(
        new Term.Param(0, dtype), new Term.Param(1, dtype), new Term.Param(2, DType.BOOL));
  }

  private static List<Term> known(DType dtype, double... values) {
    List<Term> out = new ArrayList<>();
    for (double v : values) {
      Term t = new Term.Known(dtype, dtype.bitsOf(v));
      if (!out.contains(t)) {
        out.add(t);
      }
    }
    return out;
  }

  /** Applies the row to {@code first}, followed by operands from {@code rest}, where types fit. */
  private static List<Term> applied(ElementwiseRow row, List<Term> first, List<Term> rest) {
    List<Term> out = new ArrayList<>();
    for (Term a : first) {
      if (row.arity() == 1) {
        add(out, row, List.of(a));
        continue;
      }
      for (Term b : rest) {
        if (row.arity() == 2) {
          add(out, row, List.of(a, b));
          continue;
        }
        for (Term c : rest) {
          add(out, row, List.of(a, b, c));
        }
      }
    }
    return out;
  }

  /** {@code row(g x, g y)} for all g of one operand. */
  private static List<Term> twice(ElementwiseRow row, DType dtype) {
    List<Term> out = new ArrayList<>();
    for (ElementwiseRow g : ROWS) {
      if (g.arity() == 1 && g.signature().accepts(dtype)) {
        Term x = apply(g, List.of(new Term.Param(0, dtype)));
        add(out, row, List.of(x, apply(g, List.of(new Term.Param(1, dtype)))));
      }
    }
    return out;
  }

  private static void add(List<Term> out, ElementwiseRow row, List<Term> in) {
    int first = row.signature() == RowSignature.SELECT ? 1 : 0;
    DType dtype = in.get(first).dtype();
    // Only literalLast applies, which moves the number to the end.
    boolean turned = row.has(Flag.COMMUTATIVE) && in.getFirst() instanceof Term.Known;
    boolean fits =
        !turned
            && row.signature().accepts(dtype)
            && in.subList(first, in.size()).stream().allMatch(t -> t.dtype() == dtype)
            && (first == 0 || in.getFirst().dtype() == DType.BOOL);
    if (fits) {
      out.add(apply(row, in));
    }
  }

  private static Term.Apply apply(ElementwiseRow row, List<Term> in) {
    return new Term.Apply(row, row.signature().result(in.getLast().dtype()), in);
  }
}
