package dev.engram.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Compiler;
import dev.engram.Engram;
import dev.engram.Layer;
import dev.engram.State;
import dev.engram.cli.inspect.DumpStage;
import dev.engram.cli.option.Words;
import dev.engram.cli.terminal.Streams;
import dev.engram.ir.Builder;
import dev.engram.ir.DType;
import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.op.Custom;
import dev.engram.ir.op.ElementwiseRow;
import dev.engram.ir.op.Op;
import dev.engram.ir.text.Parser;
import dev.engram.ir.text.Printer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The commands that inspect programs, on real programs. */
class InspectTest {
  private static final String NET =
      """
      graph @net(%x: f32[2] hidden, %w: f32[2,2] weight "net.w") -> f32[2] {
        %0: f32[2] = dot{lhsContract=[0], rhsContract=[0]}(%x, %w)   // Net.java:7
        %1: f32[2] = mul(%0, 1.0)                                    // Net.java:8
        %2: f32[2] = tanh(%1)                                        // Net.java:8
        return %2
      }
      """;

  private static final String LOOP =
      """
      graph @sum(%h: f32[], %xs: f32[4]) -> f32[] {
        %0: f32[] = scan{consts=0, carry=1, length=4}(%h, %xs)
          body @step(%h: f32[], %x: f32[]) -> f32[] {
            %0: f32[] = add(%h, %x)
            return %0
          }
        return %0
      }
      // run: @sum(10, [1, 2, 3, 4]) == 20.0
      """;

  @TempDir Path folder;

  private final Streams streams = new Streams();

  private int run(String... words) {
    return new Main(streams.terminal(false, 80)).run(words);
  }

  private String file(String text) throws IOException {
    return Files.writeString(folder.resolve("g.ir"), text).toString();
  }

  private String output(String... words) {
    assertEquals(Main.OK, run(words), streams.err());
    return streams.out();
  }

  // ---- dump

  @ParameterizedTest
  @EnumSource(DumpStage.class)
  void everyStageOfEverySource(DumpStage stage) throws IOException {
    String word = Words.of(stage);
    List<String> sources =
        stage == DumpStage.ETRACE ? List.of() : List.of("dump " + file(NET) + " --stage " + word);
    for (String line : sources) {
      assertFalse(output(line.split(" ")).isEmpty(), line);
    }
    String small = " --hidden 3 --batch 2 --lag 1";
    assertFalse(output(("dump --stage " + word + small).split(" ")).isEmpty());
    String model = "dump dev.engram.cli.InspectTest$Cell --new 2 --input f32[2] --stage " + word;
    assertFalse(output(model.split(" ")).isEmpty());
  }

  /** A model of the user's. */
  public static final class Cell extends Layer {
    private final State w;
    private final State h;

    public Cell(int n) {
      var t = TensorType.of(DType.F32, n);
      w = parameter(HostTensor.full(t, 0.5));
      h = hidden(() -> HostTensor.full(t, 0));
    }

    @Override
    public Tensor update(Tensor x) {
      Tensor next = h.value().mul(0.9).add(x.mul(w.value()).tanh());
      h.set(next);
      return next;
    }
  }

  // ---- ops from outside

  /** Holds a row. */
  public static final class MyRows {
    public static final ElementwiseRow CUBE =
        ElementwiseRow.of(
            "cube",
            1,
            (x, _, _) -> x * x * x,
            new ElementwiseRow.Domain(-2, 2),
            List.of((x, _) -> x.getFirst().square().mul(3)));

    private MyRows() {}
  }

  /** An op of its own. */
  public record Twice(boolean negated) implements Custom {
    @Override
    public String mnemonic() {
      return "twice";
    }

    @Override
    public List<TensorType> typeOf(List<TensorType> in) {
      return in;
    }

    @Override
    public List<Tensor> expand(List<Tensor> in) {
      return List.of(in.getFirst().mul(negated ? -2 : 2));
    }
  }

  /** A pass that uses the op: its class must be the one that the file was parsed with. */
  public static final class Negates {
    private Negates() {}

    public static Graph run(Graph g) {
      Builder b = new Builder(g.name());
      Map<Value, Value> map = new HashMap<>();
      g.params().forEach(p -> map.put(p.var(), b.param(p)));
      for (Eqn e : g.eqns()) {
        Op op = e.op() instanceof Twice t ? new Twice(!t.negated()) : e.op();
        b.copy(new Eqn(op, e.inputs(), e.outputs(), e.where()), map);
      }
      return b.build(g.outs().stream().map(v -> Builder.mapped(map, v)).toList());
    }
  }

  private static final String OURS = "dev.engram.cli.InspectTest$";

  private static final String WITH_OPS =
      """
      graph @f(%x: f32[2]) -> f32[2] {
        %0: f32[2] = cube(%x)
        %1: f32[2] = twice(%0)
        return %1
      }
      // run: @f([1, -2]) == [2, -16]
      """;

  @Test
  void opsFromOutsideAreReadRunPassedAndDumped() throws IOException {
    String file = file(WITH_OPS);
    String ops = OURS + "MyRows,twice=" + OURS + "Twice";
    assertEquals("ok    // run: @f([1, -2]) == [2, -16]\n", output("run", file, "--ops", ops));
    String negated = output("opt", file, "--ops", ops, "--passes", OURS + "Negates");
    assertTrue(negated.contains("twice{negated=true}(%0)"), negated);
    String loops = output("dump", file, "--ops", ops, "--stage", "lowered");
    assertTrue(loops.contains("cube(v0)"), loops);
    assertEquals(Main.FAILED, run("run", file));
    assertTrue(streams.err().contains("found `cube`, expected an op"), streams.err());
  }

  /** A program that sets a state. */
  public static final class Adds {
    private Adds() {}

    public static void main(String[] args) {
      State sum = State.other(HostTensor.of(new double[] {1, 2, 3}, 3));
      Engram.jit(
              (Tensor x) -> {
                sum.set(sum.value().add(x));
                return x.sum();
              })
          .apply(HostTensor.of(new double[] {1, 2, 3}, 3));
    }
  }

  /** What is shown is what runs: the state is written in place. */
  @Test
  void loopsAreShownAsTheyRun() {
    String loops = output("dump", OURS + "Adds", "--stage", "lowered");
    assertTrue(loops.contains("loops @jit(b0, b1) -> (b2, b1), arena 0 bytes"), loops);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "dev.engram.cli.InspectTest$Twice | has no public static field of type ElementwiseRow",
        "twice=dev.engram.cli.InspectTest$MyRows | does not implement dev.engram.ir.op.Custom",
        "tanh=dev.engram.cli.InspectTest$Twice | there is an op tanh already",
        "twice=com.acme.None | there is no class com.acme.None",
      })
  void opsThatAreNoneAreNamed(String ops, String message) throws IOException {
    assertEquals(Main.FAILED, run("run", file(WITH_OPS), "--ops", ops));
    assertTrue(streams.err().contains(message), streams.err());
  }

  @Test
  void printedLinesAreChecked() throws IOException {
    String text =
        """
        graph @f(%order: i32[], %x: f32[]) -> i32[] {
          %0: i32[] = print{text="x = {}"}(%order, true: bool[], %x)
          return %0
        }
        // run: @f(0, 1) prints "x = 1.0"
        """;
    assertEquals("ok    // run: @f(0, 1) prints \"x = 1.0\"\n", output("run", file(text)));
    assertEquals(Main.FAILED, run("run", file(text.replace("x = 1.0", "x = 2.0"))));
  }

  // ---- explain

  @Test
  void explainSaysHowAModelLearns() {
    String text = output("explain", "--hidden", "3", "--rule", "pp-prop");
    assertTrue(text.startsWith("rule: factorization input x output"), text);
    assertTrue(text.contains("group 0: rnn.layers.0.h"), text);
    assertTrue(text.contains("reaches a state only through another weight"), text);
    assertTrue(text.contains("carries rnn.layers.0.Wz.weight.in: f32[13], 52 bytes"), text);
    assertTrue(text.contains("per example and step: "), text);
    assertTrue(streams.err().contains("readout.weight"), streams.err());
  }

  @Test
  void explainShowsTheLoopsOfASequence() {
    // a rule with a modulator has no targets
    assertFalse(output("explain", "--rule", "three-factor").contains("over 70 steps"));
    String text = output("explain", "--hidden", "40");
    int at = text.indexOf("over 70 steps of 64 examples:\n  scan of 70 steps (");
    assertTrue(at > 0, text);
    assertTrue(text.contains(": windows of 32 steps, "), text);
    assertTrue(
        text.contains("for the traces rnn.layers.0.Wz.weight.g0.s0, rnn.layers.0.Wh.weight.g0.s0"),
        text);
    assertTrue(text.contains("rnn.layers.0.Wz.bias.g0.s0 at every step: its factors, "), text);
    assertTrue(
        text.matches("(?s).*loop of 32 steps, \\d+ nests \\(.*: in 8 shares of the.*"), text);
    String json = output("explain", "--hidden", "40", "--json");
    assertTrue(json.contains("\"sequence\""), json);
    assertTrue(json.contains("\"windowSteps\": 32"), json);
  }

  @Test
  void explainDrawsWeightsAndStates() {
    String dot =
        output(
            "explain",
            "dev.engram.cli.InspectTest$Cell",
            "--new",
            "2",
            "--input",
            "f32[2]",
            "--dot");
    assertTrue(dot.startsWith("digraph learning {"), dot);
    assertTrue(dot.matches("(?s).*w\\d+ -> s0 \\[label=\"mul InspectTest.java:\\d+\"\\];.*"), dot);
  }

  @Test
  void strictExplainFailsWhenAWeightHasNoTrace() {
    assertEquals(Main.FAILED, run("explain", "--hidden", "3", "--strict"));
    assertTrue(streams.err().contains("strict mode"), streams.err());
  }

  @Test
  void exactExplainFailsWhenAGradientIsApproximate() {
    assertEquals(Main.FAILED, run("explain", "--hidden", "3", "--exact"));
    assertTrue(streams.err().contains("strict mode: gradients that are not exact"), streams.err());
    assertTrue(streams.err().contains(": approximate, leaves out "), streams.err());
  }

  /** A program of the user's. */
  public static final class Program {
    private Program() {}

    public static void main(String[] args) {
      var f = Engram.jit((Tensor x) -> x.sin().add(1));
      System.out.println(f.apply(HostTensor.of(new float[] {1}, 1)));
    }
  }

  @Test
  void whatAProgramCompiles() {
    String text = output("dump", "dev.engram.cli.InspectTest$Program", "--stage", "traced");
    Graph g = Parser.parse(text);
    assertEquals(
        List.of("sin", "add"), g.eqns().stream().map(e -> e.op().mnemonic()).toList(), text);
  }

  @Test
  void exactTextIsReadBack() throws IOException {
    String exact = output("dump", file(NET), "--stage", "traced", "--format", "exact");
    assertEquals("engram.ir 1\n\n" + NET, exact);
    assertEquals(
        exact + exact, output("dump", file(exact), "--stage", "traced", "--format", "exact"));
  }

  @Test
  void beforeAndAfterAPass() throws IOException {
    String both = output("dump", file(NET), "--before", "simplify", "--after", "simplify");
    assertEquals(
        List.of("// round 1, before simplify", "// round 1, after simplify"),
        both.lines().filter(l -> l.startsWith("// round 1")).toList());
    assertTrue(both.contains("// round 2, simplify changes nothing"), both);
    assertEquals(
        2, both.lines().filter(l -> l.contains("mul(") || l.contains("= tanh(%1)")).count());
  }

  @Test
  void grepShowsMatchingLinesBelowTheirGraph() throws IOException {
    assertEquals(
        List.of(
            NET.lines().findFirst().orElseThrow(),
            "  %2: f32[2] = tanh(%1)                                        // Net.java:8"),
        output("dump", file(NET), "--stage", "traced", "--grep", "tan.\\(").lines().toList());
  }

  @Test
  void dotNestsInnerGraphs() throws IOException {
    String dot = output("dump", file(LOOP), "--stage", "traced", "--format", "dot");
    assertTrue(dot.startsWith("digraph \"sum\" {"), dot);
    assertTrue(dot.contains("subgraph cluster0 {\n    label=\"scan %0\""), dot);
    assertTrue(dot.contains("\"%xs\" -> \"0\" [label=\"f32[4]\"]"), dot);
    assertTrue(dot.contains("\"0/body/%x\" -> \"0/body/0\" [label=\"f32[]\"]"), dot);
    assertEquals(
        dot.chars().filter(c -> c == '{').count(), dot.chars().filter(c -> c == '}').count());
  }

  // ---- opt

  @Test
  void passesRunInTheOrderGiven() throws IOException {
    String once = output("opt", file(NET), "--passes", "simplify,dce");
    assertFalse(once.contains("mul("), once);
    assertTrue(once.contains("tanh(%0)"), once);
  }

  @Test
  void theTraceTellsWhichRuleFiredWhere() throws IOException {
    String twice = NET.replace("mul(%0, 1.0)  ", "mul(%0, -1.0) ").replace("tanh(%1)", "neg(%1) ");
    assertEquals(
        """
        // graph  round  pass      rule         equation
        // @net   1      simplify  mulMinusOne  %1 = mul(%0, -1.0) => neg(%0)   Net.java:8
        // @net   1      simplify  negTwice     %2 = neg(%1) => %0   Net.java:8

        // pass      rule         fired
        // simplify  mulMinusOne  1
        // simplify  negTwice     1

        graph @net(%x: f32[2] hidden, %w: f32[2,2] weight "net.w") -> f32[2] {
          %0: f32[2] = dot{lhsContract=[0], rhsContract=[0]}(%x, %w)   // Net.java:7
          return %0
        }
        """,
        output("opt", file(twice), "--passes", "simplify,dce", "--trace"));
  }

  /** The transpose of a sum: the reduction moves to the front, and further rules fire inside. */
  @Test
  void rulesInsideRulesAreShownBelowThem() throws IOException {
    String ir =
        """
        graph @f(%x: f32[2,3]) -> f32[3] {
          %0: f32[3,2] = transpose{perm=[1,0]}(%x)
          %1: f32[3] = reduce_max{axes=[1]}(%0)
          return %1
        }
        """;
    String all = output("opt", file(ir), "--passes", "simplify,dce", "--trace");
    assertEquals(
        List.of(
            "// @f     1      simplify  reduceOfTranspose     %1 = reduce_max{axes=[1]}(%0) =>"
                + " reduce_max{axes=[0]}(%x)",
            "// @f     1      simplify    transposeOfNothing "
                + " transpose{perm=[0]}(reduce_max{axes=[0]}(%x)) => reduce_max{axes=[0]}(%x)"),
        all.lines().filter(l -> l.contains("@f ") && l.startsWith("//")).toList());
  }

  @Test
  void aTraceOfNothingSaysSo() throws IOException {
    assertTrue(
        output("opt", file(NET), "--passes", "inline,dce", "--trace")
            .startsWith("// no rule fired\n"));
  }

  /** Replaces sine by tanh, in a graph that has no product left. */
  public static final class Wrong {
    private Wrong() {}

    public static Graph run(Graph g) {
      String text = Printer.print(g);
      return text.contains("mul(") ? g : Parser.parse(text.replace("tanh(", "sin("));
    }
  }

  @Test
  void bisectionFindsAPlantedFault() throws IOException {
    String passes =
        "inline,dev.engram.cli.InspectTest$Wrong,simplify,dev.engram.cli.InspectTest$Wrong,dce";
    int code = run("opt", file(NET), "--bisect", "--passes", passes);
    assertEquals(Main.FAILED, code);
    assertTrue(streams.out().startsWith("// @net: Wrong in round 1: result 0 is "), streams.out());
    assertTrue(streams.out().contains("= tanh(%0)"), streams.out());
    assertTrue(streams.out().contains("= sin(%0)"), streams.out());
    assertTrue(streams.err().endsWith("results change after Wrong\n"), streams.err());
    assertEquals(Main.OK, run("opt", file(NET), "--bisect", "--passes", "inline,simplify,dce"));
    assertEquals(Main.OK, run("opt", file(NET), "--bisect"));
  }

  /** Computes different results where the correct ones are infinite. */
  public static final class Finite {
    private Finite() {}

    public static Graph run(Graph g) {
      return Parser.parse(Printer.print(g).replace("return inf", "return 1.0"));
    }
  }

  @Test
  void bisectionTellsInfinityFromAllElse() throws IOException {
    String ir = file("graph @f() -> f32[2] {\n  return inf\n}\n");
    String pass = "dev.engram.cli.InspectTest$Finite";
    assertEquals(Main.FAILED, run("opt", ir, "--bisect", "--passes", pass), streams.out());
    assertTrue(streams.out().contains("Finite in round 1: "), streams.out());
  }

  // ---- run

  @ParameterizedTest
  @CsvSource({"interpreter", "loops", "cpu"})
  void runLinesHold(String backend) throws IOException {
    if (!Compiler.backends().contains(backend)) {
      return; // The CPU backend is tested where it is on the path, in the module of tests.
    }
    String text = output("run", file(LOOP), "--backend", backend);
    assertEquals("ok    // run: @sum(10, [1, 2, 3, 4]) == 20.0\n", text);
  }

  @Test
  void aRunLineThatDoesNotHoldFails() throws IOException {
    assertEquals(Main.FAILED, run("run", file(LOOP.replace("20.0", "21.0"))));
    assertTrue(
        streams.out().contains("WRONG ") && streams.out().contains("== 20.0"), streams.out());
    assertTrue(streams.err().endsWith("1 of 1 run lines do not hold\n"), streams.err());
  }

  @Test
  void inputsAreGivenOrRandom() throws IOException {
    String given = output("run", file(LOOP), "--graph", "sum", "--inputs", "1, [0.5, 0, 0, 0]");
    assertTrue(given.endsWith("  out 0: f32[] 1.5\n"), given);
    String one = output("run", file(NET), "--seed", "3").substring(given.length());
    String again = output("run", file(NET), "--seed", "3").substring(given.length());
    assertEquals(one + one, again);
    assertFalse(output("run", file(NET), "--seed", "4").endsWith(one));
  }

  // ---- errors

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "dump FILE --before inlin|2|--before must be one of inline, dropMarkers, fold",
        "dump FILE --grep (|2|--grep must be a regular expression, got '('",
        "dump FILE --grep x --format dot|2|--grep needs --format text or exact",
        "dump FILE --stage bytecode --format json|2|--stage bytecode has no diagram",
        "dump FILE --stage cuda --format dot|2|--stage cuda has no diagram",
        "dump FILE --stage etrace|1|needs a model",
        "dump no.such.Thing|1|there is no class no.such.Thing in",
        "dump java.lang.String|1|is not a Layer, and has no main method to run",
        "dump dev.engram.cli.InspectTest$Cell|1|give the type of its input with --input",
        "dump dev.engram.cli.InspectTest$Cell --input f32[2]|1|the numbers of a constructor of"
            + " Cell",
        "dump --input f99|2|--input must be a type such as f32[10], got 'f99'",
        "opt|2|engram opt needs a FILE.ir",
        "opt FILE --passes simplfy|2|did you mean `simplify`?",
        "opt FILE --bisect --passes vjp|2|vjp makes a graph with different results",
        "opt FILE --bisect --trace|2|--trace and --bisect exclude each other",
        "opt FILE --trace --format dot|2|--trace needs --format text or exact",
        "opt FILE --passes java.lang.String|1|has no method `public static Graph run(Graph g)`",
        "run FILE --backend cuda9|2|--backend must be one of",
        "run FILE --graph f|1|there is no graph @f, expected one of [net]",
        "run FILE --inputs [1|1|line 1",
      })
  void mistakesGetOneLine(String line, int code, String message) throws IOException {
    String[] words = line.replace("FILE", file(NET)).split(" ");
    assertEquals(code, run(words), streams.err());
    assertTrue(streams.err().contains(message), streams.err());
    assertEquals("", streams.out());
  }

  @Test
  void anErrorInAFileNamesItsLine() throws IOException {
    String bad = NET.replace("%1: f32[2] = mul", "%1: f32[3] = mul");
    assertEquals(Main.FAILED, run("run", file(bad)));
    assertTrue(streams.err().contains("g.ir:3: "), streams.err());
    assertEquals(Main.FAILED, run("opt", file(NET.replace("tanh", "tanhh"))));
    assertTrue(streams.err().contains("line 4"), streams.err());
  }
}
