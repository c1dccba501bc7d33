package dev.engram.ir.op;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.engram.ir.DType;
import dev.engram.ir.Eqn;
import dev.engram.ir.Lit;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import dev.engram.ir.op.ElementwiseRow.Domain;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Records whose equality is written out: they are equal when every component is. */
class EqualityTest {
  private static final TensorType TYPE = TensorType.of(DType.F32, 2, 3);

  private static void same(Object a, Object b) {
    assertEquals(a, b);
    assertEquals(a.hashCode(), b.hashCode());
  }

  private static void differ(Object a, Object b) {
    assertNotEquals(a, b);
    assertNotEquals(b, a);
  }

  @Test
  void typesAreTheirElementTypeAndShape() {
    same(TYPE, TensorType.of(DType.F32, 2, 3));
    differ(TYPE, TensorType.of(DType.F64, 2, 3));
    differ(TYPE, TensorType.of(DType.F32, 3, 2));
    differ(TYPE, "f32[2,3]");
  }

  @Test
  void literalsAreTheirTypeAndBits() {
    same(Lit.of(TYPE, Double.NaN), Lit.of(TensorType.of(DType.F32, 2, 3), Double.NaN));
    differ(Lit.of(TYPE, 0.0), Lit.of(TYPE, -0.0));
    differ(Lit.zero(TYPE), Lit.zero(TYPE.with(DType.I32)));
  }

  @Test
  void rowsOfOneNameDifferByEveryOtherPart() {
    ElementwiseRow.Real twice = (a, _, _) -> 2 * a;
    Domain domain = new Domain(0, 1);
    ElementwiseRow row = ElementwiseRow.of("twice", 1, twice, domain, List.of());
    ElementwiseRow copy =
        new ElementwiseRow(
            row.name(),
            row.arity(),
            row.signature(),
            row.real(),
            row.whole(),
            row.partials(),
            row.expansion(),
            row.domain(),
            row.flags());
    same(row, copy);
    same(new Elementwise(row), new Elementwise(copy));
    List<ElementwiseRow> others =
        List.of(
            ElementwiseRow.of("double", 1, twice, domain, List.of()),
            ElementwiseRow.of("twice", 2, twice, domain, List.of()),
            ElementwiseRow.of("twice", 1, (a, _, _) -> a + a, domain, List.of()),
            ElementwiseRow.of("twice", 1, twice, new Domain(0, 2), List.of()),
            ElementwiseRow.of("twice", 1, twice, domain, List.of((_, y) -> y.like(2))),
            row.withExpansion(x -> x.getFirst().mul(2)));
    others.forEach(o -> differ(row, o));
    others.forEach(o -> differ(new Elementwise(row), new Elementwise(o)));
  }

  @Test
  void equationsAreTheirOpOperandsResultsAndLine() {
    Var x = new Var(TYPE);
    Var y = new Var(TYPE);
    List<Value> in = List.of(x);
    SourceLocation where = new SourceLocation("F.java", 1);
    Eqn e = new Eqn(new Elementwise(Rows.NEG), in, List.of(y), where);
    same(e, new Eqn(new Elementwise(Rows.NEG), in, List.of(y), where));
    differ(e, new Eqn(new Elementwise(Rows.ABS), in, List.of(y), where));
    differ(e, new Eqn(new Elementwise(Rows.NEG), List.of(y), List.of(y), where));
    differ(e, new Eqn(new Elementwise(Rows.NEG), in, List.of(new Var(TYPE)), where));
    differ(e, e.at(new SourceLocation("F.java", 2)));
  }
}
