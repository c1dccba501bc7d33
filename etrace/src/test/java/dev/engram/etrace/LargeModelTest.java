package dev.engram.etrace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.etrace.analysis.Analysis;
import dev.engram.etrace.analysis.SiteMap;
import dev.engram.etrace.analysis.Verdicts;
import dev.engram.ir.Tensor;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is said of a model takes work that grows with the model, not with its square. */
class LargeModelTest {
  /** Separate cells, each with a state that is not hidden beside it. */
  private static ModelStep cells(int n, boolean mixing) {
    Steps s = new Steps();
    Tensor x = s.input(2);
    for (int k = 0; k < n; k++) {
      Tensor old = s.hidden("h" + k, 2);
      Tensor before = mixing ? old.reverse(0).add(old) : old.mul(0.5);
      Tensor fresh = before.add(x.matmul(s.weight("w" + k, 2, 2)));
      s.set("h" + k, fresh);
      Tensor average = s.other("a" + k, 2);
      s.set("a" + k, average.add(fresh));
      s.result(average.matmul(s.weight("out" + k, 2, 1)));
    }
    return s.step();
  }

  private static double visitsPerOp(int n, boolean mixing, Rule rule) {
    ModelStep step = cells(n, mixing);
    Analysis analysis = new Analysis(step);
    List<Exactness> verdicts = Verdicts.of(new SiteMap(step, analysis), rule, Map.of());
    assertEquals(2 * n, verdicts.size());
    return (double) analysis.flow.visits() / step.graph().eqns().size();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void eachOpIsVisitedAFewTimes(boolean mixing) {
    Rule rule = Rule.dRtrl().with(mixing ? new Scope.Coupled() : new Scope.Diagonal());
    double few = visitsPerOp(10, mixing, rule);
    double many = visitsPerOp(1000, mixing, rule);
    assertEquals(few, many, 0.01 * few);
    assertTrue(many < 20, many + " visits of each op");
  }

  /** Control: where all depends on all, each weight is behind all of the rest. */
  @Test
  void whatIsBehindEachOtherIsVisitedMoreOften() {
    double[] visits = new double[2];
    for (int i = 0; i < 2; i++) {
      int n = 20 << i;
      Steps s = new Steps();
      Tensor y = s.input(2);
      for (int k = 0; k < n; k++) {
        y = y.matmul(s.weight("w" + k, 2, 2));
      }
      Tensor fresh = s.hidden("h", 2).add(y);
      ModelStep step = s.result(fresh).set("h", fresh).step();
      Analysis analysis = new Analysis(step);
      Verdicts.of(new SiteMap(step, analysis), Rule.dRtrl(), Map.of());
      visits[i] = (double) analysis.flow.visits() / step.graph().eqns().size();
    }
    assertTrue(visits[1] > 1.5 * visits[0], visits[0] + " and " + visits[1]);
  }
}
