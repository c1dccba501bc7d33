package dev.engram.ir;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.interpret.Interpreter;
import dev.engram.ir.op.Control;
import dev.engram.ir.op.Custom;
import dev.engram.ir.text.Parser;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Loops, branches, calls, outside ops, and the errors of a run. */
class InterpretControlTest {

  private static Control.Scan running(int length, boolean reverse) {
    // c' = k·c + x, y = c
    Graph body =
        Parser.parse(
            """
            graph @step(%k: f32[], %c: f32[], %x: f32[]) -> (f32[], f32[]) {
              %0: f32[] = mul(%k, %c)
              %1: f32[] = add(%0, %x)
              return %1, %c
            }
            """);
    return new Control.Scan(body, 1, 1, length, reverse);
  }

  private static List<HostTensor> scan(boolean reverse, float... x) {
    return Interpreter.eval(
        running(x.length, reverse),
        List.of(scalar(2), scalar(1), HostTensor.of(x, x.length)),
        SourceLocation.UNKNOWN);
  }

  private static HostTensor scalar(float v) {
    return HostTensor.of(new float[] {v});
  }

  @Test
  void scanGoesForward() {
    List<HostTensor> out = scan(false, 1, 2, 3);
    // 1 → 3 → 8 → 19
    assertEquals(19, out.get(0).item());
    assertArrayEquals(new double[] {1, 3, 8}, out.get(1).toDoubles());
  }

  @Test
  void scanGoesBackwardAndKeepsPositions() {
    List<HostTensor> out = scan(true, 1, 2, 3);
    // 1 → 5 → 12 → 25
    assertEquals(25, out.get(0).item());
    assertArrayEquals(new double[] {12, 5, 1}, out.get(1).toDoubles());
  }

  @Test
  void scanOfNoStep() {
    List<HostTensor> out = scan(false);
    assertEquals(1, out.get(0).item());
    assertEquals(TensorType.of(DType.F32, 0), out.get(1).type());
  }

  @Test
  void condRunsOnlyThePickedBranch() {
    Graph g =
        Parser.parse(
            """
            graph @f(%p: bool[], %i: i32[]) -> i32[] {
              %0: i32[] = cond(%p, %i)
                onTrue @a(%i: i32[]) -> i32[] {
                  %0: i32[] = check{what="i", low=0, high=3}(%i)
                  return %0
                }
                onFalse @b(%i: i32[]) -> i32[] {
                  %0: i32[] = neg(%i)
                  return %0
                }
              return %0
            }
            """);
    HostTensor i = HostTensor.of(new int[] {7});
    HostTensor no = HostTensor.of(new boolean[] {false});
    HostTensor yes = HostTensor.of(new boolean[] {true});
    assertEquals(-7, Interpreter.run(g, List.of(no, i)).getFirst().item());
    assertThrows(RunException.class, () -> Interpreter.run(g, List.of(yes, i)));
  }

  @Test
  void callRunsItsBodyWhateverItsDerivative() {
    Graph body = Parser.parse("graph @g(%x: f32[]) -> f32[] { %0: f32[] = exp(%x) return %0 }");
    HostTensor y =
        Interpreter.eval(
                new Control.Call(body, new Control.Derivative.Jvp(body)),
                List.of(scalar(0)),
                SourceLocation.UNKNOWN)
            .getFirst();
    assertEquals(1, y.item());
  }

  @Test
  void transposedCannotBeRun() {
    Graph back = Parser.parse("graph @back(%ct: f32[]) -> f32[] { return %ct }");
    GraphException e =
        assertThrows(
            GraphException.class,
            () ->
                Interpreter.eval(
                    new Control.Transposed(back, 0),
                    List.of(scalar(0)),
                    new SourceLocation("Net.java", 3)));
    assertTrue(
        e.getMessage().startsWith("transposed: the transpose of @back cannot be run (Net.java:3)"));
  }

  record Swish(double beta) implements Custom {
    @Override
    public String mnemonic() {
      return "swish";
    }

    @Override
    public List<TensorType> typeOf(List<TensorType> in) {
      return in;
    }

    @Override
    public List<Tensor> expand(List<Tensor> in) {
      Tensor x = in.getFirst();
      return List.of(x.mul(x.mul(beta).sigmoid()));
    }
  }

  @Test
  void customRunsItsExpansion() {
    HostTensor x = HostTensor.of(new double[] {-1, 0, 2}, 3);
    Tensor y = Tensor.apply(new Swish(1.5), List.of(x)).getFirst();
    double[] want = new double[3];
    for (int i = 0; i < 3; i++) {
      double v = x.getDouble(i);
      want[i] = v * (1 / (1 + Math.exp(-1.5 * v)));
    }
    assertArrayEquals(want, y.host().toDoubles());
  }

  record Lying(Tensor outside) implements Custom {
    @Override
    public String mnemonic() {
      return "lying";
    }

    @Override
    public List<TensorType> typeOf(List<TensorType> in) {
      return in;
    }

    @Override
    public List<Tensor> expand(List<Tensor> in) {
      return outside instanceof Tracer ? List.of(in.getFirst().add(outside)) : List.of(outside);
    }
  }

  @Test
  void anExpansionOfAnotherTypeIsAnError() {
    GraphException e =
        assertThrows(
            GraphException.class,
            () -> Tensor.apply(new Lying(scalar(1)), List.of(HostTensor.of(new int[] {1}))));
    assertEquals(
        "lying: the expansion gives [f32[]], expected [i32[]] as typeOf says"
            + " (InterpretControlTest.java:0)",
        e.getMessage().replaceAll("java:\\d+", "java:0"));
  }

  @Test
  void anExpansionThatUsesOtherTracedValuesIsAnError() {
    Trace t = new Trace("outer");
    Tensor outside = t.input(TensorType.scalar(DType.F32), Role.INPUT, "");
    GraphException e =
        assertThrows(
            GraphException.class,
            () -> t.run(() -> Tensor.apply(new Lying(outside), List.of(scalar(1)))));
    assertTrue(e.getMessage().contains("not an operand"), e.getMessage());
  }

  @Test
  void argumentsMustFit() {
    Graph g =
        Parser.parse(
            "graph @f(%x: f32[2] weight \"net.w\") -> f32[2] { %0: f32[2] = exp(%x) return %0 }");
    TypeException count = assertThrows(TypeException.class, () -> Interpreter.run(g, List.of()));
    assertEquals("run of @f: got 0 arguments, expected 1: [f32[2]]", count.getMessage());
    TypeException type =
        assertThrows(TypeException.class, () -> Interpreter.run(g, List.of(scalar(1))));
    assertEquals(
        "run of @f: argument 0 (net.w) has type f32[], expected f32[2]", type.getMessage());
  }

  @Test
  void aVariableMustBeDefined() {
    Graph g = new Graph("f", List.of(), List.of(), List.of(new Var(TensorType.scalar(DType.F32))));
    GraphException e = assertThrows(GraphException.class, () -> Interpreter.run(g, List.of()));
    assertTrue(e.getMessage().contains("used before it is defined"), e.getMessage());
  }

  @Test
  void argumentsAreNotWrittenTo() {
    HostTensor x = HostTensor.of(new float[] {1, 2, 3}, 3);
    HostTensor c = scalar(1);
    Interpreter.eval(running(3, false), List.of(scalar(2), c, x), SourceLocation.UNKNOWN);
    assertArrayEquals(new double[] {1, 2, 3}, x.toDoubles());
    assertEquals(1, c.item());
  }
}
