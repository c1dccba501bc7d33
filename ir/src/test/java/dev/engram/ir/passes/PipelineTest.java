package dev.engram.ir.passes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.Builder;
import dev.engram.ir.DType;
import dev.engram.ir.EngramException;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Role;
import dev.engram.ir.TensorType;
import dev.engram.ir.Var;
import dev.engram.ir.Verifier;
import dev.engram.ir.interpret.Interpreter;
import dev.engram.ir.op.Control;
import dev.engram.ir.passes.simplify.Simplify;
import dev.engram.ir.text.Parser;
import dev.engram.ir.text.Printer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Passes in a row. */
class PipelineTest {
  private static final String MARKED =
      """
      graph @f(%x: f32[3]) -> f32[3] {
        %0: f32[3] = stopGradient(%x)
        %1: f32[3] = call{derivative=jvp}(%0)
          body @g(%y: f32[3]) -> f32[3] {
            %0: f32[3] = mul(%y, 1.0)
            %1: f32[3] = exp(%0)
            return %1
          }
          rule @g_jvp(%y: f32[3], %t: f32[3]) -> (f32[3], f32[3]) {
            %0: f32[3] = exp(%y)
            %1: f32[3] = mul(%0, %t)
            return %0, %1
          }
        return %1
      }
      """;

  @Test
  void theHookSeesEveryPassInOrder() {
    Pass twice = new Pass("twice", g -> g.name().endsWith("aa") ? g : g.named(g.name() + "a"));
    Pass same = new Pass("same", g -> g);
    Graph g = Parser.parse("graph @f(%x: f32[]) -> f32[] { return %x }");
    List<String> seen = new ArrayList<>();
    List<Graph> graphs = new ArrayList<>(List.of(g));
    Graph out =
        new Pipeline(List.of(twice, same), 5)
            .run(
                g,
                (round, pass, before, after) -> {
                  seen.add(round + " " + pass.name());
                  assertSame(graphs.getLast(), before);
                  graphs.add(after);
                });
    // A name is not part of what a graph computes, so that the first round already changes nothing.
    assertEquals(List.of("0 twice", "0 same"), seen);
    assertSame(graphs.getLast(), out);
  }

  /** Values of the branches are no values of their caller, though they be the same objects. */
  @Test
  void oneGraphAsBothBranches() {
    Graph branch =
        Parser.parse("graph @b(%x: f32[]) -> (f32[], f32[]) { %0: f32[] = exp(%x) return %0, %x }");
    Builder b = new Builder("f");
    Var p = b.param(TensorType.scalar(DType.BOOL), Role.INPUT, "");
    Var x = b.param(TensorType.scalar(DType.F32), Role.INPUT, "");
    Graph g = b.build(b.emit(new Control.Cond(branch, branch), List.of(p, x)));
    Graph simplified = Simplify.run(g);
    Verifier.verify(simplified);
    List<HostTensor> in =
        List.of(HostTensor.of(new boolean[] {true}), HostTensor.of(new float[] {2}));
    assertEquals(
        Interpreter.run(g, in).stream().map(HostTensor::item).toList(),
        Interpreter.run(simplified, in).stream().map(HostTensor::item).toList());
  }

  @Test
  void roundsAreBounded() {
    Pass grows =
        new Pass(
            "grows",
            g ->
                Parser.parse(
                    Printer.print(g).replace("  return %x", "  %q: f32[] = exp(%x)\n  return %x")));
    Graph g = Parser.parse("graph @f(%x: f32[]) -> f32[] { return %x }");
    assertEquals(4, new Pipeline(List.of(grows), 4).run(g).eqns().size());
  }

  @Test
  void standardLeavesNoCallAndNoMarker() {
    Graph g = Pipeline.standard().run(Parser.parse(MARKED));
    assertEquals(
        """
        graph @f(%x: f32[3]) -> f32[3] {
          %0: f32[3] = exp(%x)
          return %0
        }
        """,
        Printer.print(g));
  }

  @Test
  void keepingRulesKeepsBothAndSimplifiesInside() {
    assertEquals(
        """
        graph @f(%x: f32[3]) -> f32[3] {
          %0: f32[3] = stopGradient(%x)
          %1: f32[3] = call{derivative=jvp}(%0)
            body @g(%y: f32[3]) -> f32[3] {
              %0: f32[3] = exp(%y)
              return %0
            }
            rule @g_jvp(%y: f32[3], %t: f32[3]) -> (f32[3], f32[3]) {
              %0: f32[3] = exp(%y)
              %1: f32[3] = mul(%0, %t)
              return %0, %1
            }
          return %1
        }
        """,
        Printer.print(Pipeline.keepingRules().run(Parser.parse(MARKED))));
  }

  @Test
  void oneRoundFeedsTheNext() {
    // Simplify puts the literal into the body, where the next round folds its logarithm.
    Graph g =
        Parser.parse(
            """
            graph @f(%h: f32[2], %x: f32[3,2]) -> (f32[2], f32[3,2]) {
              %0: f32[2] = call(1.0: f32[2])
                body @two(%y: f32[2]) -> f32[2] {
                  %0: f32[2] = add(%y, 1.0)
                  return %0
                }
              %1: f32[2], %2: f32[2], %3: f32[3,2] = scan{consts=1, carry=2, length=3}(%0, %h, %0, %x)
                body @step(%k: f32[2], %c: f32[2], %d: f32[2], %s: f32[2]) -> (f32[2], f32[2], f32[2]) {
                  %0: f32[2] = log(%k)
                  %1: f32[2] = mul(%c, %d)
                  %2: f32[2] = add(%1, %0)
                  return %2, %d, %s
                }
              return %1, %3
            }
            """);
    assertEquals(
        """
        graph @f(%h: f32[2], %x: f32[3,2]) -> (f32[2], f32[3,2]) {
          %0: f32[2] = scan{consts=0, carry=1, length=3}(%h)
            body @step(%c: f32[2]) -> f32[2] {
              %0: f32[2] = mul(%c, 2.0)
              %1: f32[2] = add(%0, 0.6931472)
              return %1
            }
          return %0, %x
        }
        """,
        Printer.print(Pipeline.standard().run(g)));
  }

  @Test
  void everyPassKeepsTheSignature() {
    Graph g = Parser.parse("graph @f(%x: f32[3] weight \"w\", %y: i32[]) -> f32[3] { return %x }");
    for (Pass pass : Pipeline.standard().passes()) {
      Graph out = pass.run().apply(g);
      assertEquals(Printer.print(g), Printer.print(out), pass.name());
    }
    assertTrue(Pipeline.standard().passes().size() >= 6);
  }

  @Test
  void withoutAPass() {
    Pipeline fewer = Pipeline.standard().without("windows");
    List<String> names = fewer.passes().stream().map(Pass::name).toList();
    assertFalse(names.contains("windows"), names::toString);
    assertEquals(Pipeline.standard().passes().size() - 1, names.size());
    EngramException e = assertThrows(EngramException.class, () -> fewer.without("windows"));
    assertTrue(
        e.getMessage()
            .startsWith("Pipeline.without: there is no pass 'windows', expected one of [inline, "),
        e.getMessage());
    assertFalse(e.getMessage().contains("did you mean"), e.getMessage());
    String near =
        assertThrows(EngramException.class, () -> Pipeline.standard().without("window"))
            .getMessage();
    assertTrue(near.endsWith("); did you mean `windows`?"), near);
  }
}
