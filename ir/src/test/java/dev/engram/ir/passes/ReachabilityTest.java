package dev.engram.ir.passes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.Param;
import dev.engram.ir.Value;
import dev.engram.ir.dataflow.Reachability;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Forwards and backwards it is the same relation, on random graphs. */
class ReachabilityTest {
  private static Set<Value> from(Graph g, Value v) {
    return Reachability.forward(g.eqns(), List.of(v), Reachability::results);
  }

  private static Set<Value> to(Graph g, Value v) {
    return Reachability.backward(g.eqns(), List.of(v), Reachability::operands);
  }

  @Test
  void whatReachesIsWhatIsReached() {
    int pairs = 0;
    int apart = 0;
    for (int seed = 0; seed < 60; seed++) {
      Graph g = new RandomGraphs().graph(new SplittableRandom(seed));
      for (Param p : g.params()) {
        Set<Value> reached = from(g, p.var());
        for (Eqn e : g.eqns()) {
          for (Value out : e.outputs()) {
            assertEquals(to(g, out).contains(p.var()), reached.contains(out));
            pairs++;
            apart += reached.contains(out) ? 0 : 1;
          }
        }
      }
    }
    int all = pairs;
    int none = apart;
    assertTrue(none > all / 20 && none < all * 19 / 20, () -> none + " of " + all + " apart");
  }
}
