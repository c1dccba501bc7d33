package dev.engram.autodiff;

import static dev.engram.autodiff.Oracle.f64;
import static dev.engram.autodiff.Oracle.graph;
import static dev.engram.autodiff.Oracle.i32;
import static dev.engram.autodiff.Oracle.scan;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.autodiff.forward.Residuals;
import dev.engram.ir.Builder;
import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Role;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.interpret.Interpreter;
import dev.engram.ir.op.Control;
import dev.engram.ir.op.Custom;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.ElementwiseRow;
import dev.engram.ir.op.Rows;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Rules of the user's own, errors, source lines, and controls that must fail. */
class RulesTest {

  /** x·|x|, as an outside author would write it. */
  record SignedSquare() implements Custom {
    @Override
    public String mnemonic() {
      return "signedSquare";
    }

    @Override
    public List<TensorType> typeOf(List<TensorType> inputs) {
      return inputs;
    }

    @Override
    public List<Tensor> expand(List<Tensor> x) {
      return List.of(x.getFirst().mul(x.getFirst().abs()));
    }
  }

  @Test
  void customOpsWorkThroughTheirExpansion() {
    Graph g =
        graph(
            List.of(f64(4)),
            x -> List.of(Tensor.apply(new SignedSquare(), x).getFirst().mul(x.get(0))));
    // The interpreter sees the expansion as well.
    Trial.of("custom", g, 3).first().second().batches().batchAndDifferentiate();
  }

  /** The rule decides, whatever the body computes: a surrogate gradient. */
  @Test
  void aRuleReplacesTheDerivativeOfTheBody() {
    Graph body =
        graph("spike", List.of(f64(5)), x -> List.of(x.get(0).gt(0).cast(x.get(0).dtype())));
    Graph rule =
        graph(
            "spike_jvp",
            List.of(f64(5), f64(5)),
            x -> {
              Tensor near = x.get(0).like(1).sub(x.get(0).abs()).max(x.get(0).like(0)).mul(0.3);
              return List.of(x.get(0).gt(0).cast(x.get(0).dtype()), near.mul(x.get(1)));
            });
    Graph g = call(body, new Control.Derivative.Jvp(rule), f64(5));
    HostTensor x = HostTensor.of(new double[] {-2, -0.5, 0.1, 0.9, 3}, 5);
    List<HostTensor> got =
        Interpreter.run(Vjp.of(g, List.of(true)), List.of(x, HostTensor.full(f64(5), 1)));
    Oracle.requireClose(
        "spike",
        got,
        List.of(
            HostTensor.of(new double[] {0, 0, 1, 1, 1}, 5),
            HostTensor.of(new double[] {0, 0.3 * 0.5, 0.3 * 0.9, 0.3 * 0.1, 0}, 5)),
        1e-15);
    Trial t = Trial.of("spike", g, List.of(x));
    t.vjpIsTransposedJvp().linearizeIsJvp().batches();
    // Control: the rule is not the derivative of the body.
    assertThrows(Oracle.Disagreement.class, t::jvpIsDifference);
  }

  private static Graph call(Graph body, Control.Derivative d, TensorType... in) {
    return graph(List.of(in), x -> Tensor.apply(new Control.Call(body, d), x));
  }

  @Test
  void aRuleThatIsNotLinearIsAnError() {
    Graph body = graph("body", List.of(f64()), x -> List.of(x.get(0)));
    Graph product =
        graph("rule", List.of(f64(), f64()), x -> List.of(x.get(0), x.get(1).mul(x.get(1))));
    Graph leaking =
        graph("rule", List.of(f64(), f64()), x -> List.of(x.get(0).add(x.get(1)), x.get(1)));
    for (Graph rule : List.of(product, leaking)) {
      Graph g = call(body, new Control.Derivative.Jvp(rule), f64());
      AutodiffException e = assertThrows(AutodiffException.class, () -> Vjp.of(g, List.of(true)));
      assertTrue(e.getMessage().contains("not linear in its tangents"), e.getMessage());
    }
  }

  @Test
  void transposeNamesTheEquationThatIsNotLinear() {
    List<Graph> bad =
        List.of(
            graph(List.of(f64(2), f64(2)), x -> List.of(x.get(1).mul(x.get(1)))),
            graph(List.of(f64(2), f64(2)), x -> List.of(x.get(0).div(x.get(1)))),
            graph(List.of(f64(2), f64(2)), x -> List.of(x.get(1).tanh())),
            graph(List.of(f64(2), f64(2)), x -> List.of(x.get(1).max(0))),
            graph(List.of(f64(2), f64(2)), x -> List.of(x.get(1).matmul(x.get(1)))),
            graph(
                List.of(f64(2), f64(2)), x -> List.of(x.get(1).gt(0).select(x.get(0), x.get(1)))));
    for (Graph g : bad) {
      AutodiffException e = assertThrows(AutodiffException.class, () -> Transpose.of(g, 1));
      assertTrue(e.getMessage().startsWith("not linear: %"), e.getMessage());
    }
  }

  /** A loop that counts beside its linear carry is taken apart. */
  @Test
  void transposesLoopsThatAlsoCarryOtherValues() {
    Graph body =
        graph(
            "body",
            List.of(f64(2), i32(), f64(2), f64(2)),
            x -> {
              Tensor even = x.get(1).rem(x.get(1).like(2)).eq(0);
              Tensor t = x.get(2).mul(x.get(0)).add(x.get(3));
              return List.of(x.get(1).add(1), even.select(t, x.get(2)), x.get(1));
            });
    Graph g =
        graph(
            List.of(f64(2), i32(), f64(2), f64(3, 2)),
            x -> {
              List<Tensor> out = scan(body, 1, 2, 3, false, x.get(0), x.get(1), x.get(2), x.get(3));
              return List.of(out.get(1));
            });
    SplittableRandom random = new SplittableRandom(4);
    List<HostTensor> args = Oracle.random(random, g.paramTypes());
    HostTensor ct = Oracle.random(random, f64(2), -1, 1);
    List<HostTensor> residuals = args.subList(0, 2);
    List<HostTensor> back =
        Interpreter.run(Transpose.of(g, 2), Oracle.concat(residuals, List.of(ct)));
    Oracle.requireClose(
        "<Aᵀ ct, t> against <ct, A t>",
        Oracle.inner(back, args.subList(2, 4)),
        Oracle.inner(List.of(ct), Interpreter.run(g, args)),
        1e-12);
  }

  @Test
  void batchesAndTransposesRulesOfReverseMode() {
    Control.Derivative.Vjp rule = ControlTest.vjpRule();
    Graph body = graph("body", List.of(f64(2), f64(2)), x -> List.of(x.get(0).mul(x.get(1)).sin()));
    Graph g = call(body, rule, f64(2), f64(2));
    // The tangent map holds the rule as it is; batching it shares what is not batched.
    Linearized lin = Linearize.of(g, List.of(true, true));
    int n = lin.residuals();
    SplittableRandom random = new SplittableRandom(8);
    for (int mask = 1; mask < 1 << (n + 2); mask++) {
      List<Boolean> flags = new ArrayList<>();
      List<HostTensor> args = new ArrayList<>();
      for (int i = 0; i < n + 2; i++) {
        boolean batched = (mask >> i & 1) == 1;
        flags.add(batched);
        args.add(Oracle.random(random, batched ? f64(3, 2) : f64(2), -1, 1));
      }
      Graph wide = Batch.of(lin.tangent(), flags, 3).graph();
      Graph back = Transpose.of(wide, n);
      HostTensor got = Interpreter.run(Transpose.of(back, n), args).getFirst();
      Graph one = Transpose.of(Transpose.of(lin.tangent(), n), n);
      for (int k = 0; k < 3; k++) {
        int at = k;
        List<HostTensor> example = new ArrayList<>();
        for (int i = 0; i < args.size(); i++) {
          example.add(flags.get(i) ? Oracle.slice(args.get(i), at) : args.get(i));
        }
        Oracle.requireClose(
            "batched rule " + flags,
            List.of(Oracle.slice(got, k)),
            Interpreter.run(one, example),
            1e-12);
      }
    }
  }

  @Test
  void derivedEquationsCarryTheLineTheyComeFrom() {
    SourceLocation line = new SourceLocation("GruNet.java", 21);
    Builder b = new Builder("f").at(line);
    Value x = b.param(f64(2), Role.INPUT, "");
    Tensor y = b.tracer(x).tanh().mul(b.tracer(x)).sum();
    Graph g = b.build(List.of(b.lift(y)));
    for (Graph d :
        List.of(
            Vjp.of(g, List.of(true)),
            Jvp.of(g, List.of(true)),
            Vjp.of(Vjp.of(g, List.of(true)), List.of(true, false)),
            Batch.of(g, List.of(true), 3).graph())) {
      for (Eqn e : d.eqns()) {
        assertEquals(line, e.where(), () -> e.op().mnemonic() + " of @" + d.name());
      }
    }
  }

  /** Long chains with sharing take time in proportion to their length. */
  @Test
  @Timeout(60)
  void longChainsAreLinearizedInReasonableTime() {
    Graph g =
        graph(
            List.of(f64()),
            x -> {
              Tensor y = x.getFirst();
              for (int i = 0; i < 500; i++) {
                y = y.mul(y).add(y).mul(0.5);
              }
              return List.of(y);
            });
    Trial t = Trial.of("chain", g, 1);
    t.vjpIsTransposedJvp().linearizeIsJvp();
  }

  @Test
  void integerParametersHaveNoDerivative() {
    Graph g = graph(List.of(i32(2)), x -> List.of(x.get(0)));
    for (Runnable r :
        List.<Runnable>of(
            () -> Vjp.of(g, List.of(true)),
            () -> Jvp.of(g, List.of(true)),
            () -> Linearize.of(g, List.of(true)),
            () -> Vjp.of(g, List.of(false), List.of(true, true)),
            () -> Vjp.of(g, List.of()),
            () -> Transpose.of(g, 0),
            () -> Transpose.of(g, 2),
            () -> Batch.of(g, List.of(), 3),
            () -> Batch.of(g, List.of(true), -1))) {
      assertThrows(AutodiffException.class, r::run);
    }
  }

  /** An outside author's row may have the name of one of the library's. */
  @Test
  void rowsAreKnownByWhatTheyAreAndNotByTheirName() {
    ElementwiseRow add =
        ElementwiseRow.of(
            "add",
            2,
            (a, c, z) -> a * c,
            Rows.ADD.domain(),
            List.of((x, y) -> x.get(1), (x, y) -> x.get(0)));
    Builder b = new Builder("f");
    Value x = b.param(f64(), Role.INPUT, "");
    Value y = b.emit1(new Elementwise(add), x, x);
    Graph g = b.build(List.of(y));
    String message = assertThrows(AutodiffException.class, () -> Transpose.of(g, 0)).getMessage();
    assertTrue(message.startsWith("not linear: %0 = add(%a0, %a0)"), message);
    assertFalse(Residuals.isCheap(new Elementwise(add)));
    assertTrue(Residuals.isCheap(new Elementwise(Rows.ADD)));
  }

  /** Control: the comparison with a loop finds a batch whose examples are mixed up. */
  @Test
  void aWrongBatchIsFound() {
    Graph g = graph(List.of(f64(3, 3)), x -> List.of(x.get(0).square()));
    Graph turned = graph(List.of(f64(3, 3)), x -> List.of(x.get(0).reverse(0).square()));
    SplittableRandom random = new SplittableRandom(6);
    HostTensor x = Oracle.random(random, f64(2, 3, 3), -1, 1);
    List<HostTensor> wrong =
        Interpreter.run(Batch.of(turned, List.of(true), 2).graph(), List.of(x));
    List<HostTensor> right = Interpreter.run(Batch.of(g, List.of(true), 2).graph(), List.of(x));
    List<HostTensor> loop =
        List.of(
            Oracle.stack(
                List.of(
                    Interpreter.run(g, List.of(Oracle.slice(x, 0))).getFirst(),
                    Interpreter.run(g, List.of(Oracle.slice(x, 1))).getFirst()),
                f64(3, 3)));
    Oracle.requireClose("batch", right, loop, 0);
    assertThrows(Oracle.Disagreement.class, () -> Oracle.requireClose("batch", wrong, loop, 1e-9));
  }

  /** Control: the inner products differ when the transpose is that of another function. */
  @Test
  void aWrongTransposeIsFound() {
    Graph body = graph("body", List.of(f64(2), f64(2)), x -> List.of(x.get(0).mul(x.get(1)).sin()));
    Control.Derivative.Vjp good = ControlTest.vjpRule();
    Graph swapped =
        new Graph(
            "swapped",
            good.backward().params(),
            good.backward().eqns(),
            good.backward().outs().reversed());
    Graph g = call(body, new Control.Derivative.Vjp(good.forward(), swapped), f64(2), f64(2));
    Trial t = Trial.of("swapped", g, 9);
    assertThrows(Oracle.Disagreement.class, t::jvpIsDifference);
    Graph honest = call(body, good, f64(2), f64(2));
    List<HostTensor> args = Oracle.concat(t.args(), List.of(HostTensor.full(f64(2), 1)));
    List<HostTensor> wrong = Interpreter.run(Vjp.of(g, List.of(true, true)), args);
    List<HostTensor> right = Interpreter.run(Vjp.of(honest, List.of(true, true)), args);
    assertThrows(Oracle.Disagreement.class, () -> Oracle.requireClose("vjp", wrong, right, 1e-9));
  }
}
