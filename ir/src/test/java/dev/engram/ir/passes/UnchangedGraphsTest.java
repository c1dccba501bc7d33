package dev.engram.ir.passes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.Graph;
import dev.engram.ir.text.Parser;
import dev.engram.ir.text.Printer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A pass that changes nothing says so: it gives the graph itself back. */
class UnchangedGraphsTest {
  private static final long SEEDS = 300;

  private static Stream<Graph> graphs() {
    RandomGraphs source = new RandomGraphs();
    return Stream.concat(
        LongStream.range(0, SEEDS).mapToObj(seed -> source.graph(new Random(seed))),
        Pipeline.standard().passes().stream()
            .flatMap(p -> RulesTest.titled(p.name()).stream())
            .map(RulesTest::before));
  }

  /**
   * Again and again on what it made, a pass comes to rest; and each time that it gives another
   * graph, that graph says something else: there is no copy without a reason.
   */
  @Test
  void whatAPassMadeItGivesBackInTheEnd() {
    Map<String, Integer> same = new HashMap<>();
    Map<String, Integer> others = new HashMap<>();
    graphs()
        .forEach(
            g -> {
              for (Pass pass : Pipeline.standard().passes()) {
                Graph now = g;
                Graph next = pass.run().apply(now);
                (next.equals(now) ? same : others).merge(pass.name(), 1, Integer::sum);
                for (int i = 0; !next.equals(now); i++) {
                  String was = Printer.print(now);
                  assertTrue(
                      !was.equals(Printer.print(next)), () -> pass.name() + " copied " + was);
                  assertTrue(i < 8, () -> pass.name() + " does not rest on " + was);
                  now = next;
                  next = pass.run().apply(now);
                }
              }
            });
    for (Pass pass : Pipeline.standard().passes()) {
      assertTrue(same.getOrDefault(pass.name(), 0) > 10, pass.name() + " " + same);
      assertTrue(others.getOrDefault(pass.name(), 0) > 0, pass.name() + " " + others);
    }
  }

  /** The last round of a pipeline moves nothing, and nobody copies a graph in it. */
  @Test
  void aPipelineEndsWithARoundOfNothing() {
    graphs()
        .forEach(
            g -> {
              List<Graph> seen = new ArrayList<>();
              Graph end = Pipeline.standard().run(g);
              Pipeline.standard()
                  .run(end, (_, _, before, after) -> seen.addAll(List.of(before, after)));
              assertEquals(2 * Pipeline.standard().passes().size(), seen.size(), "one round");
              seen.forEach(x -> assertSame(end, x));
            });
  }

  /** A copy by a pass from outside does not keep the rounds going; a change does. */
  @Test
  void passesFromOutsideMayCopy() {
    Graph g = Parser.parse("graph @f(%x: f32[]) -> f32[] { %0: f32[] = exp(%x) return %0 }");
    int[] runs = {0};
    Pass copies =
        new Pass(
            "copies",
            h -> {
              runs[0]++;
              return Parser.parse(Printer.print(h));
            });
    Graph out = new Pipeline(List.of(copies), 6).run(g);
    assertNotSame(g, out);
    assertEquals(1, runs[0]);
  }
}
