package dev.engram.ir.passes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.DType;
import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.GraphException;
import dev.engram.ir.Lit;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import dev.engram.ir.Verifier;
import dev.engram.ir.op.Control;
import dev.engram.ir.text.Parser;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Broken passes, each found where it should be and nowhere else. */
class PassVerifierTest {
  private static final Graph GRAPH =
      Parser.parse(
          """
          graph @f(%x: f32[3], %p: bool[]) -> (f32[3], f32[3]) {
            %0: f32[3] = exp(%x)     // Net.java:21
            %1: f32[3] = add(%0, %x) // Net.java:22
            %2: f32[3] = cond(%p, %1)
              onTrue @yes(%y: f32[3]) -> f32[3] { %0: f32[3] = neg(%y) return %0 }
              onFalse @no(%y: f32[3]) -> f32[3] { return %y }
            return %1, %2
          }
          """);

  private static final Pipeline.Hook NONE = (_, _, _, _) -> {};

  /** What a pass does wrong, and what the error says of it besides the pass. */
  private record Broken(Pass.OfTheLibrary run, String... says) {}

  private static Map<String, Broken> broken() {
    Map<String, Broken> m = new LinkedHashMap<>();
    m.put(
        "usesBeforeDefinition",
        new Broken(
            g -> eqns(g, e -> e.reversed()),
            "add(%2, %x): operand 0 is %2, which is defined only later",
            "(Net.java:22); put its equation first"));
    m.put(
        "dropsWhatIsUsed",
        new Broken(
            g -> eqns(g, e -> e.subList(1, e.size())),
            "operand 0 is a variable of type f32[3] that the graph does not define (Net.java:22)"));
    m.put(
        "definesTwice",
        new Broken(
            g -> eqns(g, e -> List.of(e.get(0), e.get(1), e.get(0), e.get(2))),
            "%0 = exp(%x): %0 is defined twice (Net.java:21)"));
    m.put(
        "mistypesAResult",
        new Broken(
            PassVerifierTest::mistyped,
            "exp(%x): result 0 has type f32[4], expected f32[3] (Net.java:21)"));
    m.put(
        "breaksAnInnerGraph",
        new Broken(
            g -> eqns(g, e -> List.of(e.get(0), e.get(1), inside(e.get(2)))),
            "[in @yes]",
            "%0 = neg(%undefined): operand 0 is a variable of type f32[3] that the graph does not"
                + " define"));
    m.put(
        "dropsAParameter",
        new Broken(
            g -> Parser.parse("graph @f(%x: f32[3]) -> (f32[3], f32[3]) { return %x, %x }"),
            "the graph has 1 parameters, expected 2 as before the pass: [f32[3], bool[]]"));
    m.put(
        "mistypesAParameter",
        new Broken(
            g -> Parser.parse("graph @f(%x: f32[3], %p: i32[]) -> (f32[3], f32[3]) {return %x,%x}"),
            "parameter 1 has type i32[], expected bool[] as before the pass"));
    m.put(
        "addsAResult",
        new Broken(
            g -> returning(g, Stream.concat(g.outs().stream(), g.outs().stream()).toList()),
            "the graph has 4 results, expected 2 as before the pass: [f32[3], f32[3]]"));
    m.put(
        "broadcastsAResult",
        new Broken(
            g -> returning(g, List.of(g.outs().get(0), Lit.zero(TensorType.scalar(DType.F32)))),
            "result 1 has type f32[], expected f32[3] as before the pass"));
    return m;
  }

  private static Graph eqns(Graph g, UnaryOperator<List<Eqn>> f) {
    return new Graph(g.name(), g.params(), f.apply(g.eqns()), g.outs());
  }

  private static Graph returning(Graph g, List<Value> outs) {
    return new Graph(g.name(), g.params(), g.eqns(), outs);
  }

  private static Graph mistyped(Graph g) {
    Eqn exp = g.eqns().getFirst();
    Var wrong = new Var(TensorType.of(DType.F32, 4));
    List<Eqn> eqns = new ArrayList<>(g.eqns());
    eqns.set(0, new Eqn(exp.op(), exp.inputs(), List.of(wrong), exp.where()));
    eqns.set(1, new Eqn(exp.op(), exp.inputs(), eqns.get(1).outputs(), exp.where()));
    return new Graph(g.name(), g.params(), eqns, g.outs());
  }

  private static Eqn inside(Eqn e) {
    Control.Cond c = (Control.Cond) e.op();
    Graph yes = c.onTrue();
    Graph open = new Graph(yes.name(), c.onFalse().params(), yes.eqns(), yes.outs());
    return new Eqn(new Control.Cond(open, c.onFalse()), e.inputs(), e.outputs(), e.where());
  }

  private static Pipeline pipeline(Pass pass) {
    return new Pipeline(
        List.of(Pass.ofTheLibrary("before", g -> g), pass, Pass.ofTheLibrary("after", g -> g)), 3);
  }

  private static void isFound(String name, Broken b, Pass pass, boolean all) {
    String message =
        assertThrows(GraphException.class, () -> pipeline(pass).run(GRAPH, all, NONE)).getMessage();
    assertTrue(message.startsWith("the pass " + name + ", in round 1, broke @f:\n"), message);
    for (String part : b.says()) {
      assertTrue(message.contains(part), message);
    }
    assertTrue(message.contains("mend the pass, or leave it out"), message);
  }

  @TestFactory
  Stream<DynamicTest> aPassFromOutsideIsFoundWithTheSwitchOnAndOff() {
    return tests(
        (name, b) -> {
          Pass outside = new Pass(name, g -> b.run().apply(g));
          isFound(name, b, outside, true);
          isFound(name, b, outside, false);
        });
  }

  @TestFactory
  Stream<DynamicTest> aPassOfTheLibraryIsFoundWithTheSwitchOnAlone() {
    return tests(
        (name, b) -> {
          Pass ours = Pass.ofTheLibrary(name, b.run());
          isFound(name, b, ours, true);
          Graph g = new Pipeline(List.of(ours), 1).run(GRAPH, false, NONE);
          assertNotSame(GRAPH, g, "nobody looked at it");
        });
  }

  private static Stream<DynamicTest> tests(BiConsumer<String, Broken> test) {
    return broken().entrySet().stream()
        .map(e -> DynamicTest.dynamicTest(e.getKey(), () -> test.accept(e.getKey(), e.getValue())));
  }

  @Test
  void whatWasBrokenBeforeIsNoFaultOfThePass() {
    Pass ours = Pass.ofTheLibrary("ours", broken().get("dropsWhatIsUsed").run());
    Pass outside = new Pass("innocent", g -> g);
    String message =
        assertThrows(
                GraphException.class,
                () -> new Pipeline(List.of(ours, outside), 1).run(GRAPH, false, NONE))
            .getMessage();
    assertTrue(
        message.startsWith(
            "the pass innocent, in round 1, was given a graph @f that was broken before it:\n"),
        message);
    assertTrue(message.endsWith("run with -Dengram.verify=true to find what broke it"), message);
  }

  @SuppressWarnings("unchecked")
  private static <T extends Throwable> Graph sneakily(Throwable t) throws T {
    throw (T) t;
  }

  @Test
  void aPassThatFailsIsNamed() {
    isNamed(new IllegalStateException("no case for it"));
    isNamed(new IOException("no case for it")); // from Kotlin, say
  }

  private static void isNamed(Exception cause) {
    Pass fails = new Pass("fails", _ -> PassVerifierTest.<RuntimeException>sneakily(cause));
    GraphException e =
        assertThrows(GraphException.class, () -> pipeline(fails).run(GRAPH, false, NONE));
    assertEquals(
        "the pass fails, in round 1, failed on @f: " + cause + "; mend the pass, or leave it out",
        e.getMessage());
    assertSame(cause, e.getCause());
  }

  @Test
  @SuppressWarnings("NullAway")
  void aPassThatGivesNothingIsNamed() {
    Pass nothing = new Pass("nothing", _ -> null);
    String message =
        assertThrows(GraphException.class, () -> pipeline(nothing).run(GRAPH, false, NONE))
            .getMessage();
    assertTrue(
        message.startsWith(
            "the pass nothing, in round 1, failed on @f: the graph that it gives is null"),
        message);
  }

  @Test
  void aTransformationMayChangeTypesButNotBreakTheGraph() {
    Broken adds = broken().get("addsAResult");
    Pass changes = Pass.transformation("changes", adds.run());
    assertEquals(4, new Pipeline(List.of(changes), 1).run(GRAPH, true, NONE).outs().size());
    Broken drops = broken().get("dropsWhatIsUsed");
    isFound("drops", drops, Pass.transformation("drops", drops.run()), false);
  }

  @Test
  void soundPassesPass() {
    Verifier.verify(GRAPH);
    Pipeline.standard().run(GRAPH, true, NONE);
    assertTrue(Pipeline.standard().passes().stream().noneMatch(Pass::isFromOutside));
    assertTrue(Pipeline.keepingRules().passes().stream().noneMatch(Pass::isFromOutside));
  }
}
