package dev.engram.ir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.op.Control;
import dev.engram.ir.op.Control.Derivative;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.Index;
import dev.engram.ir.op.Move;
import dev.engram.ir.op.Op;
import dev.engram.ir.op.Reduce;
import dev.engram.ir.op.Rows;
import dev.engram.ir.text.SampleGraphs;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each rule, with a fault planted against it. */
class VerifierTest {
  private static final TensorType PAIR = SampleGraphs.f32(2);
  private static final Op ADD = new Elementwise(Rows.ADD);
  private static final Op NEG = new Elementwise(Rows.NEG);

  private final Var x = new Var(PAIR);
  private final Var y = new Var(PAIR);
  private final Var z = new Var(PAIR);

  @ParameterizedTest
  @MethodSource("dev.engram.ir.text.SampleGraphs#all")
  void soundGraphsHaveNoFindings(Graph g) {
    assertEquals(List.of(), Verifier.findings(g));
    assertEquals(g, Verifier.verify(g));
  }

  @Test
  void theStyleGuidesExample() {
    Var wide = new Var(SampleGraphs.f32(64, 128));
    Var narrow = new Var(SampleGraphs.f32(8));
    SourceLocation line = new SourceLocation("GruNet.java", 21);
    Graph g =
        new Graph(
            "cell",
            List.of(Param.input(wide), Param.input(narrow)),
            List.of(new Eqn(ADD, List.of(wide, narrow), List.of(new Var(wide.type())), line)),
            List.of());
    GraphException e = assertThrows(GraphException.class, () -> Verifier.verify(g));
    assertEquals(
        "%0 = add(%a0, %a1): operand 1 has type f32[8], expected f32[64,128] (GruNet.java:21);"
            + " broadcast it with .broadcastTo(...) [in @cell]",
        e.getMessage());
  }

  @Test
  void useBeforeDefinition() {
    assertFindings(
        graph(List.of(y), eqn(NEG, List.of(y), z), eqn(NEG, List.of(x), y)),
        "%0 = neg(%1): operand 0 is %1, which is defined only later; put its equation first");
  }

  @Test
  void useOfItself() {
    assertFindings(
        graph(List.of(y), eqn(NEG, List.of(y), y)),
        "%0 = neg(%0): operand 0 is %0, which is defined only later; put its equation first");
  }

  @Test
  void unknownVariable() {
    assertFindings(
        graph(List.of(z), eqn(NEG, List.of(y), z)),
        "%0 = neg(%undefined): operand 0 is a variable of type f32[2] that the graph does not"
            + " define");
    assertFindings(
        graph(List.of(y)),
        "return: result 0 is a variable of type f32[2] that the graph does not define");
  }

  @Test
  void definedTwice() {
    assertFindings(
        graph(List.of(y), eqn(NEG, List.of(x), y), eqn(NEG, List.of(x), y)),
        "%0 = neg(%x): %0 is defined twice; every equation makes new variables");
    assertFindings(
        graph(List.of(), eqn(NEG, List.of(x), x)),
        "%x = neg(%x): %x is defined twice; every equation makes new variables");
    Param p = new Param(x, Role.INPUT, "x");
    assertFindings(
        new Graph("f", List.of(p, p), List.of(), List.of()),
        "parameter %x is there twice; make a new Var for each");
  }

  @Test
  void resultTypes() {
    Var other = new Var(PAIR.with(DType.F64));
    assertFindings(
        graph(List.of(), eqn(NEG, List.of(x), other)),
        "%0 = neg(%x): result 0 has type f64[2], expected f32[2]");
    assertFindings(
        graph(List.of(), eqn(NEG, List.of(x), y, z)),
        "%0, %1 = neg(%x): has 2 results, expected 1");
    assertFindings(
        graph(List.of(), eqn(NEG, List.of(x))), "() = neg(%x): has 0 results, expected 1");
  }

  @Test
  void operandTypesAndCounts() {
    assertFindings(
        graph(List.of(), eqn(ADD, List.of(x), y)), "%0 = add(%x): got 1 operands, expected 2");
    assertFindings(
        graph(List.of(), eqn(new Elementwise(Rows.AND), List.of(x, x), y)),
        "%0 = and(%x, %x): operand 0 has type f32[2], expected an integer type or bool; convert it"
            + " with .cast(...)");
    assertFindings(
        graph(List.of(), eqn(new Move.Concat(3), List.of(x), y)),
        "%0 = concat{axis=3}(%x): axis=[3], expected axes in 0..0");
  }

  /** Attributes that make a type rule overflow or run off a list are findings, too. */
  @Test
  void wildAttributes() {
    int max = Integer.MAX_VALUE;
    for (Op op :
        List.of(
            new Control.Transposed(SampleGraphs.gru(), -1),
            new Control.Transposed(SampleGraphs.gru(), 100),
            new Control.Scan(SampleGraphs.gru(), max, max, max, false),
            new Control.Scan(SampleGraphs.gru(), -1, -1, -1, false),
            new Move.Pad(List.of(max), List.of(max), List.of(max)),
            new Move.Slice(List.of(0), List.of(max), List.of(1)),
            new Reduce(Reduce.Kind.SUM, List.of(-1)),
            new Index.Gather(-1, -1),
            new Move.Broadcast(Shape.of(max, max), List.of(5)))) {
      List<Value> operands = new ArrayList<>(List.of(x));
      if (op instanceof Move.Pad) {
        operands.add(Lit.zero(SampleGraphs.f32()));
      }
      assertEquals(
          1,
          Verifier.findings(
                  graph(List.of(), new Eqn(op, operands, List.of(y), SourceLocation.UNKNOWN)))
              .size(),
          op.mnemonic());
    }
  }

  @Test
  void literalBits() {
    for (Lit bad :
        List.of(
            new Lit(PAIR, -1),
            new Lit(PAIR.with(DType.I32), 1L << 31),
            new Lit(PAIR.with(DType.BOOL), 2))) {
      List<Verifier.Finding> found = Verifier.findings(graph(List.of(bad)));
      assertEquals(1, found.size());
      assertTrue(
          found.getFirst().message().contains("make literals with Lit.of"), found.toString());
    }
  }

  @Test
  void innerGraphsAreClosedAndChecked() {
    Graph open = new Graph("open", List.of(), List.of(), List.of(x));
    Graph wrong = new Graph("wrong", List.of(), List.of(eqn(ADD, List.of(), y)), List.of(y));
    for (Derivative d : List.of(new Derivative.Plain(), new Derivative.Jvp(wrong))) {
      List<Verifier.Finding> found =
          Verifier.findings(graph(List.of(), eqn(new Control.Call(open, d), List.of(), z)));
      assertEquals(
          "return: result 0 is a variable of type f32[2] of the graph around; inner graphs are"
              + " closed, pass it as a parameter [in @open]",
          found.stream().filter(f -> f.graph().equals(open)).findFirst().orElseThrow().toString());
    }
    List<Verifier.Finding> found =
        Verifier.findings(
            graph(
                List.of(),
                eqn(new Control.Call(wrong, new Derivative.Plain()), List.of(), z),
                eqn(new Control.Call(wrong, new Derivative.Plain()), List.of(), new Var(PAIR))));
    assertEquals(
        List.of("%0 = add(): got 0 operands, expected 2 [in @wrong]"),
        found.stream().map(Verifier.Finding::toString).toList());
  }

  @Test
  void derivativeRulesFitTheirCalls() {
    Graph body = SampleGraphs.plain("body", NEG, PAIR);
    Graph two = SampleGraphs.plain("two", ADD, PAIR, PAIR);
    Graph forward = SampleGraphs.plain("forward", NEG, PAIR);
    assertFindings(
        call(body, new Derivative.Jvp(body)),
        "%0 = call{derivative=jvp}(%x): parameters of the jvp rule have types [f32[2]], expected"
            + " [f32[2], f32[2]]");
    assertFindings(
        call(body, new Derivative.Jvp(two)),
        "%0 = call{derivative=jvp}(%x): results of the jvp rule have types [f32[2]], expected"
            + " [f32[2], f32[2]]");
    assertFindings(
        call(body, new Derivative.Vjp(two, body)),
        "%0 = call{derivative=vjp}(%x): parameters of the forward rule have types [f32[2], f32[2]],"
            + " expected [f32[2]]");
    assertFindings(
        call(body, new Derivative.Vjp(forward, two)),
        "%0 = call{derivative=vjp}(%x): parameters of the backward rule have types [f32[2],"
            + " f32[2]], expected [f32[2]]");
    assertFindings(call(body, new Derivative.Vjp(forward, body)));
  }

  @Test
  void manyFindingsAreListedUpToTen() {
    List<Eqn> eqns = new ArrayList<>();
    for (int i = 0; i < 25; i++) {
      eqns.add(eqn(ADD, List.of(x), new Var(PAIR)));
    }
    Graph g = new Graph("f", List.of(new Param(x, Role.INPUT, "x")), eqns, List.of());
    String message = assertThrows(GraphException.class, () -> Verifier.verify(g)).getMessage();
    assertEquals(11, message.lines().count());
    assertTrue(message.endsWith("\nand 15 more"), message);
  }

  private Graph call(Graph body, Derivative d) {
    return graph(List.of(), eqn(new Control.Call(body, d), List.of(x), y));
  }

  private Graph graph(List<Value> outs, Eqn... eqns) {
    return new Graph("f", List.of(new Param(x, Role.INPUT, "x")), List.of(eqns), outs);
  }

  private static Eqn eqn(Op op, List<Value> inputs, Var... outputs) {
    return new Eqn(op, inputs, List.of(outputs), SourceLocation.UNKNOWN);
  }

  private static void assertFindings(Graph g, String... expected) {
    assertEquals(
        List.of(expected), Verifier.findings(g).stream().map(Verifier.Finding::message).toList());
  }

  /** With a copy of what is defined for each equation, this would take hours. */
  @Test
  void takesTimeInProportionToTheProgram() {
    int n = 200_000;
    Builder b = new Builder("long");
    TensorType scalar = TensorType.scalar(DType.F32);
    Value x = b.param(scalar, Role.INPUT, "x");
    Value p = b.param(scalar.with(DType.BOOL), Role.INPUT, "p");
    for (int i = 0; i < n; i++) {
      x = i % 20 == 0 ? b.emit1(same(scalar), p, x) : b.emit1(new Elementwise(Rows.NEG), x);
    }
    Graph g = b.build(List.of(x));
    assertTimeoutPreemptively(Duration.ofMinutes(1), () -> Verifier.verify(g));
    Value foreign = new Var(scalar);
    Graph wrong = b.build(List.of(x, foreign));
    assertEquals(1, Verifier.findings(wrong).size());
  }

  private static Control.Cond same(TensorType type) {
    Builder onTrue = new Builder("yes");
    Builder onFalse = new Builder("no");
    Value a = onTrue.param(type, Role.INPUT, "");
    Value b = onFalse.param(type, Role.INPUT, "");
    return new Control.Cond(
        onTrue.build(List.of(onTrue.emit1(new Elementwise(Rows.NEG), a))),
        onFalse.build(List.of(b)));
  }
}
