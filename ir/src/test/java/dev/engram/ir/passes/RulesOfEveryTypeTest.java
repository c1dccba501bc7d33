package dev.engram.ir.passes;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.engram.ir.DType;
import dev.engram.ir.EngramException;
import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.RunException;
import dev.engram.ir.TensorType;
import dev.engram.ir.Verifier;
import dev.engram.ir.interpret.Interpreter;
import dev.engram.ir.passes.simplify.Simplify;
import dev.engram.ir.text.Parser;
import dev.engram.ir.text.Printer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The graphs of the {@code .rules} files with every element type in the place of every other one
 * that they name: whether a rule applies then or not, the results stay the same at the ends of the
 * type.
 */
class RulesOfEveryTypeTest {
  private static final Map<String, UnaryOperator<Graph>> PASSES = passes();

  private static Map<String, UnaryOperator<Graph>> passes() {
    Map<String, UnaryOperator<Graph>> out = new LinkedHashMap<>();
    out.put("inline", Inline::run);
    out.put("dropMarkers", DropMarkers::run);
    out.put("fold", ConstantFold::run);
    out.put("simplify", Simplify::run);
    out.put("hoist", LoopInvariantCodeMotion::run);
    out.put("cse", Cse::run);
    out.put("dce", Dce::run);
    out.put("narrow", NarrowDots::run);
    return out;
  }

  @TestFactory
  Stream<DynamicTest> everyType() {
    return PASSES.keySet().stream().map(name -> dynamicTest(name, () -> check(name)));
  }

  private static void check(String name) {
    Map<DType, Integer> tried = new LinkedHashMap<>();
    for (String rule : RulesTest.titled(name)) {
      String title = rule.lines().findFirst().orElseThrow();
      String before = rule.substring(title.length()).split("=>", 2)[0].strip();
      for (DType from : DType.values()) {
        for (DType to : DType.values()) {
          Optional<Graph> g =
              before.contains(from + "[") ? retyped(before, from, to) : Optional.empty();
          g.ifPresent(
              found -> {
                tried.merge(to, 1, Integer::sum);
                difference(found, PASSES.get(name))
                    .ifPresent(
                        d -> {
                          throw new AssertionError(title + "\n" + Printer.print(found) + d);
                        });
              });
        }
      }
    }
    List<DType> expected =
        switch (name) {
          // markers, and rows of floats alone
          case "inline", "dropMarkers" -> List.of(DType.F32, DType.F64, DType.F16, DType.BF16);
          case "hoist" -> List.of(DType.F32, DType.F16, DType.I8, DType.U8, DType.I64);
          default -> List.of(DType.values());
        };
    assertTrue(tried.keySet().containsAll(expected), () -> "tried " + tried);
  }

  /** Control: a rule that is wrong for one type is found, among graphs that speak of another. */
  @Test
  void aRuleThatIsWrongForUnsignedIsFound() {
    String text = "(%x: f32[3]) -> f32[3]\n%0: f32[3] = neg(%x)\n%1: f32[3] = abs(%0)\nreturn %1";
    String wrong = "(%x: f32[3]) -> f32[3]\n%0: f32[3] = abs(%x)\nreturn %0";
    for (DType to : DType.values()) {
      Optional<Graph> g = retyped(text, DType.F32, to);
      boolean found =
          g.flatMap(b -> difference(b, _ -> retyped(wrong, DType.F32, to).orElseThrow()))
              .isPresent();
      assertTrue(found == (to == DType.U8), () -> to + " " + found);
    }
  }

  /** The graph with {@code to} for {@code from}; empty where that is no graph. */
  private static Optional<Graph> retyped(String text, DType from, DType to) {
    String other = text.replaceAll("\\b" + from + "\\b", to.toString());
    if (!to.isFloat()) {
      other = other.replaceAll("-?\\b0\\.0\\b", "0").replaceAll("\\b(\\d+)\\.\\d+\\b", "$1");
    }
    if (to.isFloat() && !from.isFloat()) {
      other = other.replaceAll("([(, ])(-?\\d+)(?=[,)\\n]|$)", "$1$2.0");
    }
    String signature = other.lines().findFirst().orElseThrow();
    String body = other.substring(signature.length());
    try {
      return Optional.of(
          Verifier.verify(Parser.parse("graph @f" + signature + " {\n" + body + "\n}")));
    } catch (EngramException no) {
      return Optional.empty();
    }
  }

  private static Optional<String> difference(Graph g, UnaryOperator<Graph> pass) {
    Graph after = Dce.run(Verifier.verify(pass.apply(g)));
    SplittableRandom random = new SplittableRandom(1);
    int largest = g.eqns().stream().mapToInt(RulesOfEveryTypeTest::size).max().orElse(0);
    for (int i = 0; i < (largest > 100 ? 1 : 12); i++) {
      List<HostTensor> args = g.paramTypes().stream().map(t -> argument(t, random)).toList();
      List<HostTensor> want;
      try {
        want = Interpreter.run(g, args);
      } catch (RunException check) {
        continue;
      }
      List<HostTensor> got = Interpreter.run(after, args);
      for (int k = 0; k < want.size(); k++) {
        if (!PassProperties.same(want.get(k), got.get(k))) {
          return Optional.of(
              "of "
                  + args
                  + " is "
                  + got.get(k)
                  + ", expected "
                  + want.get(k)
                  + "\n"
                  + Printer.print(after));
        }
      }
    }
    return Optional.empty();
  }

  private static int size(Eqn e) {
    return e.outputs().stream().mapToInt(v -> (int) v.type().size()).max().orElse(0);
  }

  private static HostTensor argument(TensorType type, SplittableRandom random) {
    DType d = type.dtype();
    double[] edges = {
      0,
      -0.0,
      1,
      -1,
      2,
      -2,
      3,
      0.5,
      -1.5,
      127,
      128,
      200,
      -129,
      1e-40,
      Double.MIN_VALUE,
      65504,
      1e300,
      -1e300,
      Double.POSITIVE_INFINITY,
      Double.NEGATIVE_INFINITY,
      Double.NaN
    };
    HostTensor t = HostTensor.allocate(type);
    for (long i = 0; i < type.size(); i++) {
      double v = edges[random.nextInt(edges.length)];
      // as an integer also what is beyond its ends
      t.setBits(i, d.isFloat() ? d.bitsOf(v) : d.ofLong((long) v + random.nextInt(2)));
    }
    return t;
  }
}
