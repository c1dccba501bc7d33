package dev.engram.ir.passes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.RunException;
import dev.engram.ir.Verifier;
import dev.engram.ir.interpret.Interpreter;
import dev.engram.ir.passes.simplify.Simplify;
import dev.engram.ir.text.Parser;
import dev.engram.ir.text.Printer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The {@code .rules} files: graphs before and after one pass, which must also compute the same. */
class RulesTest {

  @TestFactory
  Stream<DynamicTest> inline() {
    return rules("inline", Inline::run);
  }

  @TestFactory
  Stream<DynamicTest> dropMarkers() {
    return rules("dropMarkers", DropMarkers::run);
  }

  @TestFactory
  Stream<DynamicTest> fold() {
    return rules("fold", ConstantFold::run);
  }

  @TestFactory
  Stream<DynamicTest> simplify() {
    return rules("simplify", Simplify::run);
  }

  @TestFactory
  Stream<DynamicTest> hoist() {
    return rules("hoist", LoopInvariantCodeMotion::run);
  }

  @TestFactory
  Stream<DynamicTest> sums() {
    return rules("sums", MoveSumsOutOfScans::run);
  }

  @TestFactory
  Stream<DynamicTest> narrow() {
    return rules("narrow", NarrowDots::run);
  }

  @TestFactory
  Stream<DynamicTest> windows() {
    return rules("windows", TraceWindows::run, 1e-5);
  }

  @TestFactory
  Stream<DynamicTest> cse() {
    return rules("cse", Cse::run);
  }

  @TestFactory
  Stream<DynamicTest> dce() {
    return rules("dce", Dce::run);
  }

  @TestFactory
  Stream<DynamicTest> contract() {
    return rules("contract", MergeSumIntoDot::run);
  }

  /** A rule that no example makes fire may be one that cannot. */
  @TestFactory
  Stream<DynamicTest> everyRuleFiresOnAnExample() {
    return Pipeline.standard().passes().stream()
        .filter(p -> !p.rules().isEmpty())
        .flatMap(
            p -> {
              Set<String> fired = new HashSet<>();
              titled(p.name()).forEach(r -> p.apply(before(r), f -> fired.add(f.rule())));
              List<String> known = p.rules().stream().map(Pass.Rule::name).toList();
              return Stream.concat(
                  Stream.of(
                      dynamicTest(
                          p.name() + " has no others",
                          () -> assertTrue(known.containsAll(fired), fired + " and " + known))),
                  known.stream()
                      .map(
                          r ->
                              dynamicTest(
                                  p.name() + " " + r, () -> assertTrue(fired.contains(r)))));
            });
  }

  @Test
  void namesOfRulesDiffer() {
    List<String> names =
        Pipeline.standard().passes().stream()
            .flatMap(p -> p.rules().stream().map(Pass.Rule::name))
            .toList();
    assertEquals(names.size(), Set.copyOf(names).size(), names.toString());
    assertTrue(names.size() > 90, "rules: " + names.size());
  }

  private static Stream<DynamicTest> rules(String name, UnaryOperator<Graph> pass) {
    return rules(name, pass, 0);
  }

  /**
   * @param rounding by which results may differ, as a part of them; 0 for the same bits
   */
  private static Stream<DynamicTest> rules(
      String name, UnaryOperator<Graph> pass, double rounding) {
    return titled(name).stream()
        .map(
            rule -> {
              String title = rule.lines().findFirst().orElseThrow();
              return dynamicTest(
                  title, () -> check(rule.substring(title.length()), pass, rounding));
            });
  }

  /** The rules of a file, each with its title in the first line. */
  static List<String> titled(String name) {
    return Arrays.stream(read(name + ".rules").split("(?m)^== ")).skip(1).toList();
  }

  /** The graph before the pass, of a rule with its title. */
  static Graph before(String titled) {
    String rule = titled.substring(titled.indexOf('\n')).strip().split("=>", 2)[0];
    String signature = rule.lines().findFirst().orElseThrow();
    return graph(signature, rule.substring(signature.length()));
  }

  private static void check(String rule, UnaryOperator<Graph> pass, double rounding) {
    String[] sides = rule.strip().split("=>", 2);
    String signature = sides[0].lines().findFirst().orElseThrow();
    String body = sides[0].substring(signature.length());
    Graph before = graph(signature, body);
    Graph want = sides[1].strip().equals("same") ? before : graph(signature, sides[1]);
    Graph got = Dce.run(Verifier.verify(pass.apply(before)));
    if (!GraphKey.of(got).equals(GraphKey.of(want))) {
      assertEquals(Printer.print(want), Printer.print(got));
    }
    assertSameResults(before, got, rounding);
  }

  private static void assertSameResults(Graph before, Graph after, double rounding) {
    Random random = new Random(1);
    RandomGraphs source = new RandomGraphs();
    for (int i = 0; i < 8; i++) {
      List<HostTensor> args =
          before.paramTypes().stream().map(t -> source.argument(t, random)).toList();
      List<HostTensor> want;
      try {
        want = Interpreter.run(before, args);
      } catch (RunException check) {
        continue;
      }
      List<HostTensor> got = Interpreter.run(after, args);
      for (int k = 0; k < want.size(); k++) {
        assertTrue(
            rounding == 0
                ? PassProperties.same(want.get(k), got.get(k))
                : isNear(want.get(k), got.get(k), rounding),
            want.get(k) + " and " + got.get(k));
      }
    }
  }

  private static boolean isNear(HostTensor want, HostTensor got, double rounding) {
    for (long i = 0; i < want.type().size(); i++) {
      double w = want.getDouble(i);
      double g = got.getDouble(i);
      // infinities of other signs may meet in another order
      boolean same = w == g || (!Double.isFinite(w) && !Double.isFinite(g));
      if (!same && !(Math.abs(w - g) <= rounding * Math.max(1, Math.abs(w)))) {
        return false;
      }
    }
    return true;
  }

  private static Graph graph(String signature, String body) {
    return Verifier.verify(Parser.parse("graph @f" + signature + " {\n" + body + "\n}"));
  }

  private static String read(String file) {
    try (InputStream in = RulesTest.class.getResourceAsStream(file)) {
      return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
