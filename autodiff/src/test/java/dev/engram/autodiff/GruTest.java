package dev.engram.autodiff;

import static dev.engram.autodiff.Oracle.f64;
import static dev.engram.autodiff.Oracle.graph;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.interpret.Interpreter;
import dev.engram.ir.op.Control;
import dev.engram.ir.op.Dot;
import dev.engram.ir.op.Op;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The main job: the gradient of a GRU through time, correct and without waste. */
class GruTest {
  private static final int STEPS = 7;
  private static final int BATCH = 2;
  private static final int IN = 3;
  private static final int HIDDEN = 4;
  private static final List<Boolean> WEIGHTS =
      List.of(true, true, true, true, true, true, false, false);

  /** Weight and bias of z, r and the candidate, the first state, the inputs → the loss. */
  private static Graph gru() {
    TensorType w = f64(IN + HIDDEN, HIDDEN);
    TensorType bias = f64(HIDDEN);
    Graph body =
        graph(
            "gru",
            List.of(w, bias, w, bias, w, bias, f64(BATCH, HIDDEN), f64(BATCH, IN)),
            p -> {
              Tensor h = p.get(6);
              Tensor x = p.get(7);
              Tensor xh = Tensor.concat(1, x, h);
              Tensor z = xh.matmul(p.get(0)).add(p.get(1)).sigmoid();
              Tensor r = xh.matmul(p.get(2)).add(p.get(3)).sigmoid();
              Tensor n = Tensor.concat(1, x, r.mul(h)).matmul(p.get(4)).add(p.get(5)).tanh();
              return List.of(z.like(1).sub(z).mul(h).add(z.mul(n)));
            });
    List<TensorType> types = new ArrayList<>(body.paramTypes());
    types.set(7, f64(STEPS, BATCH, IN));
    return graph(
        "model",
        types,
        p ->
            List.of(
                Tensor.apply(new Control.Scan(body, 6, 1, STEPS, false), p)
                    .getFirst()
                    .square()
                    .sum()));
  }

  private static List<Control.Scan> scans(Graph g) {
    return g.eqns().stream()
        .map(Eqn::op)
        .filter(Control.Scan.class::isInstance)
        .map(Control.Scan.class::cast)
        .toList();
  }

  private static long count(Graph g, Class<? extends Op> family) {
    return g.eqns().stream().filter(e -> family.isInstance(e.op())).count();
  }

  @Test
  void isTheDerivative() {
    List<HostTensor> args = Oracle.random(new SplittableRandom(1), gru().paramTypes());
    new Trial("gru", gru(), args, WEIGHTS).first().second();
  }

  @Test
  void keepsFourResidualsAndNothingElse() {
    List<Control.Scan> loops = scans(Vjp.of(gru(), WEIGHTS));
    assertEquals(2, loops.size());
    Control.Scan forward = loops.get(0);
    Control.Scan backward = loops.get(1);
    // z, r, the candidate, and the state before the step
    assertEquals(4, forward.ys());
    assertEquals(
        Collections.nCopies(4, f64(BATCH, HIDDEN)), forward.body().outTypes().subList(1, 5));
    assertEquals(3, count(forward.body(), Dot.class));
    // three weights, read as they are; the inputs are those of the forward loop
    assertEquals(3, backward.consts());
    assertEquals(5, backward.xs());
    // sums of the six cotangents, and the cotangent of the state
    assertEquals(7, backward.carry());
    assertEquals(0, backward.ys());
    assertEquals(6, count(backward.body(), Dot.class));
    assertTrue(backward.reverse());
  }

  @Test
  void anUnusedResultCostsNothing() {
    Graph g = gru();
    Graph two =
        new Graph(
            g.name(), g.params(), g.eqns(), List.of(g.outs().getFirst(), g.params().get(6).var()));
    Graph v = Vjp.of(two, WEIGHTS, List.of(true, false));
    assertEquals(g.params().size() + 1, v.params().size());
    List<HostTensor> args = new ArrayList<>(Oracle.random(new SplittableRandom(2), g.paramTypes()));
    args.add(HostTensor.full(f64(), 1));
    List<HostTensor> expected = Interpreter.run(Vjp.of(g, WEIGHTS), args);
    List<HostTensor> got = Interpreter.run(v, args);
    Oracle.requireClose(
        "seeded", got.subList(2, got.size()), expected.subList(1, expected.size()), 0);
  }
}
