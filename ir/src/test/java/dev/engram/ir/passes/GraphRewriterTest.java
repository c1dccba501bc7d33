package dev.engram.ir.passes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;

import dev.engram.ir.Builder;
import dev.engram.ir.DType;
import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Role;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import dev.engram.ir.Verifier;
import dev.engram.ir.interpret.Interpreter;
import dev.engram.ir.op.Control;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.Rows;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a step may ask of the walk, in which order it likes. */
class GraphRewriterTest {
  private static final TensorType FLOAT = TensorType.scalar(DType.F64);

  private static SourceLocation line(int n) {
    return new SourceLocation("Model.java", n);
  }

  /** x², at line 7. */
  private static Graph square() {
    Builder b = new Builder("square").at(line(7));
    Var x = b.param(FLOAT, Role.INPUT, "");
    return b.build(List.of(b.emit1(new Elementwise(Rows.MUL), x, x)));
  }

  /** A call at line 3 of the square of -x, negated at line 2. */
  private static Graph calling() {
    Builder b = new Builder("f").at(line(2));
    Var x = b.param(FLOAT, Role.INPUT, "");
    Value y = b.emit1(new Elementwise(Rows.NEG), x);
    b.at(line(3));
    return b.build(b.emit(new Control.Call(square(), new Control.Derivative.Plain()), List.of(y)));
  }

  private static double at3(Graph g) {
    HostTensor x = HostTensor.of(new double[] {3}).reshape().host();
    return Interpreter.run(Verifier.verify(g), List.of(x)).getFirst().item();
  }

  /** What the step adds after it has inlined a graph stands at its own equation's line. */
  @Test
  void theLineIsThatOfTheEquationAfterInlining() {
    Graph g =
        GraphRewriter.walk(
            calling(),
            (to, e, in) ->
                e.op() instanceof Control.Call c
                    ? List.of(
                        to.builder()
                            .emit1(new Elementwise(Rows.NEG), to.inline(c.body(), in).getFirst()))
                    : to.keep(e));
    assertEquals(List.of(line(2), line(7), line(3)), g.eqns().stream().map(Eqn::where).toList());
    assertEquals(-9, at3(g));
  }

  /** The equation is kept on its own operands, also after a graph was inlined. */
  @Test
  void anEquationIsKeptAfterInlining() {
    Graph g =
        GraphRewriter.walk(
            calling(),
            (to, e, in) -> {
              if (e.op() instanceof Control.Call c) {
                to.inline(c.body(), in);
              }
              return to.keep(e);
            });
    assertEquals(3, g.eqns().size());
    assertEquals(g.eqns().getFirst().outputs(), g.eqns().getLast().inputs());
    assertEquals(9, at3(g));
  }

  @Test
  void aWalkThatKeepsEverythingGivesTheGraphBack() {
    Graph g = calling();
    assertSame(g, GraphRewriter.walk(g, (to, e, _) -> to.keep(e)));
    assertNotSame(g, GraphRewriter.walk(g, (to, e, in) -> to.emit(e, e.op(), in)));
  }

  /** A loop without results is all that the graph does. */
  private static Graph checking() {
    Builder body = new Builder("step").at(line(5));
    body.param(FLOAT, Role.INPUT, "");
    Builder b = new Builder("f").at(line(6));
    Var x = b.param(TensorType.of(DType.F64, 2), Role.INPUT, "");
    Var y = b.param(FLOAT, Role.INPUT, "");
    b.emit(new Control.Scan(body.build(List.of()), 0, 0, 2, false), List.of(x));
    return b.build(List.of(y));
  }

  /**
   * Nothing tells two lists without elements apart: who has not kept an equation has changed it.
   */
  @Test
  void anEquationWithoutResultsIsKeptOnlyByKeep() {
    Graph g = checking();
    assertSame(g, GraphRewriter.walk(g, (to, e, in) -> to.keep(e)));
    Graph emitted = GraphRewriter.walk(g, (to, e, in) -> to.emit(e, e.op(), in));
    assertNotSame(g, emitted);
    assertEquals(1, emitted.eqns().size());
    Graph dropped = GraphRewriter.walk(g, (to, e, in) -> List.of());
    assertEquals(0, dropped.eqns().size());
  }
}
