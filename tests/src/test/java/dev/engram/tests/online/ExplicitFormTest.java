package dev.engram.tests.online;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.engram.Engram;
import dev.engram.Fn0;
import dev.engram.Grads;
import dev.engram.Layer;
import dev.engram.Model;
import dev.engram.RandomKey;
import dev.engram.etrace.Rule;
import dev.engram.etrace.Schedule;
import dev.engram.ir.Tensor;
import dev.engram.nn.Sequential;
import dev.engram.online.Learner;
import dev.engram.online.Uoro;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Learners that are set up by hand, and models whose paths change afterwards. */
class ExplicitFormTest {
  private static final Job RNN = RecurrentJobs.named("rnn");
  private static final int BATCH = 3;

  /** A window finds weights and hidden states by identity, not by path. */
  @Test
  void windowsFindStatesWhoseNamesHaveChanged() {
    Rule rule = Rule.dRtrl().with(new Schedule.Window(2));
    Grads want = RNN.online(rule);
    assertFalse(Job.different(want, RNN.online(Rule.dRtrl())).isEmpty());

    Layer named = RNN.model().get();
    new Sequential(named).states();
    assertEquals("layers.0.layers.0.h", named.states().get("layers.0.h").path());
    Learner<Tensor, Tensor> before = learner(named, rule);
    Job.same("named before", before.grad(RNN.xs(), RNN.ys(), Job.LOSS).grads(), want);

    Layer later = RNN.model().get();
    Learner<Tensor, Tensor> after = learner(later, rule);
    new Holder(after).states();
    Job.same("named after", after.grad(RNN.xs(), RNN.ys(), Job.LOSS).grads(), want);
  }

  /** A model that has another as a part. */
  private static final class Holder extends Model {
    @SuppressWarnings("unused") // found by states()
    private final Model inner;

    Holder(Model inner) {
      this.inner = inner;
    }
  }

  private static Learner<Tensor, Tensor> learner(Layer model, Rule rule) {
    return Learner.compile(
        model, m -> new Learner<>(m, rule, RandomKey.of(7), _ -> {}), RNN.xs().get(0));
  }

  private static List<List<Double>> keys(Learner<Tensor, Tensor> learner, Layer model) {
    Engram.vmapNewStates(
        BATCH,
        () -> {
          model.initAllStates();
          learner.compileGraph(RNN.xs().get(0).get(0));
        });
    return rows(learner.traces().get("key").value());
  }

  private static List<List<Double>> rows(Tensor keys) {
    List<List<Double>> out = new ArrayList<>();
    for (int i = 0; i < keys.dim(0); i++) {
      double[] words = keys.get(i).host().toDoubles();
      out.add(List.of(words[0], words[1]));
    }
    return out;
  }

  @Test
  void eachExampleOfEachRunDrawsOtherNumbers() {
    Layer model = RNN.model().get();
    Learner<Tensor, Tensor> learner = new Uoro<>(model, RandomKey.of(1), _ -> {});
    Set<List<Double>> all = new HashSet<>(keys(learner, model));
    all.addAll(keys(learner, model));
    assertEquals(2 * BATCH, all.size());
    // Another learner with this key draws the same.
    Layer other = RNN.model().get();
    Layer again = RNN.model().get();
    assertEquals(
        keys(new Uoro<>(other, RandomKey.of(1), _ -> {}), other),
        keys(new Uoro<>(again, RandomKey.of(1), _ -> {}), again));
  }

  @Test
  void eachRunOfACompiledSetupDrawsOtherNumbers() {
    Layer model = RNN.model().get();
    Learner<Tensor, Tensor> learner = new Uoro<>(model, RandomKey.of(1), _ -> {});
    Fn0<Tensor> run =
        Engram.jit(
            () -> {
              Engram.vmapNewStates(
                  BATCH,
                  () -> {
                    model.initAllStates();
                    learner.compileGraph(RNN.xs().get(0).get(0));
                  });
              return learner.traces().get("key").value();
            });
    Set<List<Double>> all = new HashSet<>(rows(run.apply()));
    all.addAll(rows(run.apply()));
    assertEquals(2 * BATCH, all.size());
  }

  @Test
  void mappedTwiceEachExampleDrawsForItself() {
    Layer model = RNN.model().get();
    Learner<Tensor, Tensor> learner = new Uoro<>(model, RandomKey.of(1), _ -> {});
    Engram.vmapNewStates(2, () -> keys(learner, model));
    Tensor keys = learner.traces().get("key").value();
    Set<List<Double>> all = new HashSet<>(rows(keys.reshape(2 * BATCH, 2)));
    assertEquals(2 * BATCH, all.size());
  }
}
