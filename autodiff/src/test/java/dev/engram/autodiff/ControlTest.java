package dev.engram.autodiff;

import static dev.engram.autodiff.Oracle.f64;
import static dev.engram.autodiff.Oracle.graph;
import static dev.engram.autodiff.Oracle.i32;
import static dev.engram.autodiff.Oracle.random;
import static dev.engram.autodiff.Oracle.scan;

import dev.engram.ir.DType;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Lit;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.Tracer;
import dev.engram.ir.op.Control;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Loops, branches and calls, at first and second order, batched, and inside each other. */
class ControlTest {
  private static int trials;
  private static final TensorType BOOL = TensorType.scalar(DType.BOOL);

  static Stream<Trial> trials() {
    List<Trial> all = new ArrayList<>();
    scans(all);
    conds(all);
    calls(all);
    return all.stream();
  }

  private static Tensor lit(Tensor like, TensorType type, double value) {
    return ((Tracer) like).builder().tracer(Lit.of(type, value));
  }

  static Graph rnnBody() {
    return graph(
        "rnn",
        List.of(f64(3, 3), f64(2, 3), f64(2, 3)),
        x -> {
          Tensor h = x.get(1).matmul(x.get(0)).add(x.get(2)).tanh();
          return List.of(h, h.square().sum(1));
        });
  }

  static Graph rnn(boolean reverse) {
    return graph(
        List.of(f64(3, 3), f64(2, 3), f64(4, 2, 3)),
        x -> scan(rnnBody(), 1, 1, 4, reverse, x.get(0), x.get(1), x.get(2)));
  }

  private static void scans(List<Trial> all) {
    all.add(Trial.of("rnn", rnn(false), 1));
    all.add(Trial.of("reversed rnn", rnn(true), 2));
    all.add(Trial.of("no steps", steps(0), 3));
    all.add(Trial.of("power", steps(5), 4));

    // A carry without a tangent at first, an integer carry, an output that no carry feeds.
    Graph mixed =
        graph(
            "mixed",
            List.of(f64(2), i32(), f64(2), f64(2), f64(2)),
            x -> {
              Tensor w = x.get(0);
              Tensor i = x.get(1);
              Tensor a = x.get(2).mul(x.get(4)).add(w);
              Tensor b = x.get(3).add(x.get(2)).mul(0.5).sin();
              Tensor even = i.rem(lit(i, i32(), 2)).eq(0);
              Tensor y = even.select(a.mul(b), b);
              return List.of(i.add(1), a, b, y, i, x.get(4).exp().mul(w.exp()));
            });
    all.add(
        Trial.of(
            "mixed carries",
            graph(
                List.of(f64(2), f64(3, 2)),
                x ->
                    scan(
                        mixed,
                        1,
                        3,
                        3,
                        false,
                        x.get(0),
                        lit(x.get(0), i32(), 0),
                        lit(x.get(0), f64(2), 1),
                        lit(x.get(0), f64(2), 0.5),
                        x.get(1))),
            5));

    // A loop in a loop; the inner one reads the outer carry as a constant.
    Graph inner =
        graph(
            "inner",
            List.of(f64(2), f64(2), f64(2)),
            x -> {
              Tensor c = x.get(1).mul(x.get(0)).add(x.get(2)).sin();
              return List.of(c, c.mul(x.get(0)));
            });
    Graph outer =
        graph(
            "outer",
            List.of(f64(2), f64(3, 2)),
            x -> {
              List<Tensor> out = scan(inner, 1, 1, 3, true, x.get(0), x.get(0).exp(), x.get(1));
              return List.of(out.get(0).add(out.get(1).sum(0)).tanh(), out.get(1));
            });
    all.add(
        Trial.of(
            "nested scans",
            graph(
                List.of(f64(2), f64(4, 3, 2)),
                x -> scan(outer, 0, 1, 4, false, x.get(0), x.get(1))),
            6));

    // What only loop constants determine, and is not cheap to compute again.
    Graph invariant =
        graph(
            "invariant",
            List.of(f64(3, 3), f64(3), f64(3)),
            x -> {
              Tensor q = x.get(0).matmul(x.get(0)).tanh();
              return List.of(x.get(1).matmul(q).mul(x.get(2)).sin());
            });
    all.add(
        Trial.of(
            "invariant residual",
            graph(
                List.of(f64(3, 3), f64(3), f64(4, 3)),
                x -> scan(invariant, 1, 1, 4, false, x.get(0), x.get(1), x.get(2))),
            7));
  }

  private static Graph steps(int length) {
    Graph body =
        graph("power", List.of(f64(2), f64(2)), x -> List.of(x.get(1).mul(x.get(0)), x.get(1)));
    return graph(List.of(f64(2), f64(2)), x -> scan(body, 1, 1, length, false, x.get(0), x.get(1)));
  }

  private static void conds(List<Trial> all) {
    Graph onTrue =
        graph(
            "onTrue",
            List.of(f64(2), f64(2)),
            x -> List.of(x.get(0).exp().mul(x.get(1)).sin(), x.get(0), x.get(0).like(3)));
    Graph onFalse =
        graph(
            "onFalse",
            List.of(f64(2), f64(2)),
            x -> List.of(x.get(1).tanh(), x.get(1).cos().mul(x.get(0)), x.get(0).like(4)));
    Graph g =
        graph(
            List.of(BOOL, f64(2), f64(2)), x -> Tensor.apply(new Control.Cond(onTrue, onFalse), x));
    SplittableRandom random = new SplittableRandom(3);
    for (boolean p : new boolean[] {true, false}) {
      List<HostTensor> args = new ArrayList<>(random(random, g.paramTypes()));
      args.set(0, HostTensor.of(new boolean[] {p}, new int[0]));
      all.add(Trial.of("cond " + p, g, args));
    }

    // A branch that each step takes by its own number.
    Graph half = graph("half", List.of(f64(2)), x -> List.of(x.get(0).mul(0.5)));
    Graph wave = graph("wave", List.of(f64(2)), x -> List.of(x.get(0).sin().exp()));
    Graph body =
        graph(
            "steps",
            List.of(f64(2), f64()),
            x -> {
              Tensor p = x.get(1).gt(0);
              return Tensor.apply(new Control.Cond(half, wave), List.of(p, x.get(0)));
            });
    all.add(
        Trial.of(
            "cond in scan",
            graph(List.of(f64(2), f64(5)), x -> scan(body, 0, 1, 5, false, x.get(0), x.get(1))),
            9));
    Graph many =
        graph(
            "many",
            List.of(f64(2), f64(3, 2)),
            x -> {
              Graph step =
                  graph(
                      "step",
                      List.of(f64(2), f64(2)),
                      y -> List.of(y.get(0).mul(y.get(1)).tanh(), y.get(0)));
              List<Tensor> out = scan(step, 0, 1, 3, false, x.get(0), x.get(1));
              return List.of(out.get(0).add(out.get(1).sum(0)));
            });
    Graph none = graph("none", List.of(f64(2), f64(3, 2)), x -> List.of(x.get(0)));
    Graph scanInCond =
        graph(
            List.of(f64(), f64(2), f64(3, 2)),
            x ->
                Tensor.apply(
                    new Control.Cond(many, none), List.of(x.get(0).gt(-5), x.get(1), x.get(2))));
    all.add(Trial.of("scan in cond", scanInCond, 10));
  }

  private static void calls(List<Trial> all) {
    Graph body = graph("body", List.of(f64(2), f64(2)), x -> List.of(x.get(0).mul(x.get(1)).sin()));
    all.add(call("plain call", body, new Control.Derivative.Plain()));
    all.add(call("call with jvp rule", body, new Control.Derivative.Jvp(jvpRule())));
    all.add(call("call with vjp rule", body, vjpRule()));

    // The same, inside a loop.
    for (Control.Derivative d : List.of(new Control.Derivative.Jvp(jvpRule()), vjpRule())) {
      Graph step =
          graph(
              "step",
              List.of(f64(2), f64(2), f64(2)),
              x -> {
                Tensor y =
                    Tensor.apply(new Control.Call(body, d), List.of(x.get(0), x.get(1))).getFirst();
                return List.of(y.add(x.get(2)), y);
              });
      all.add(
          Trial.of(
              d.getClass().getSimpleName() + " rule in a loop",
              graph(
                  List.of(f64(2), f64(2), f64(3, 2)),
                  x -> scan(step, 1, 1, 3, false, x.get(0), x.get(1), x.get(2))),
              12));
    }
  }

  private static Trial call(String name, Graph body, Control.Derivative d) {
    Graph g =
        graph(
            List.of(f64(2), f64(2)),
            x ->
                List.of(
                    Tensor.apply(
                            new Control.Call(body, d), List.of(x.get(0).exp(), x.get(1).square()))
                        .getFirst()
                        .mul(x.get(0))));
    return Trial.of(name, g, 11);
  }

  // d sin(ab) = cos(ab) (b da + a db)
  static Graph jvpRule() {
    return graph(
        "rule",
        List.of(f64(2), f64(2), f64(2), f64(2)),
        x -> {
          Tensor a = x.get(0);
          Tensor b = x.get(1);
          Tensor t = b.mul(x.get(2)).add(x.get(3).mul(a));
          return List.of(a.mul(b).sin(), a.mul(b).cos().mul(t));
        });
  }

  static Control.Derivative.Vjp vjpRule() {
    Graph forward =
        graph(
            "forward",
            List.of(f64(2), f64(2)),
            x -> {
              Tensor p = x.get(0).mul(x.get(1));
              return List.of(p.sin(), p.cos(), x.get(0), x.get(1));
            });
    Graph backward =
        graph(
            "backward",
            List.of(f64(2), f64(2), f64(2), f64(2)),
            x -> {
              Tensor c = x.get(0).mul(x.get(3));
              return List.of(c.mul(x.get(2)), c.mul(x.get(1)));
            });
    return new Control.Derivative.Vjp(forward, backward);
  }

  @ParameterizedTest
  @MethodSource("trials")
  void holds(Trial t) {
    trials++;
    t.first().second().batches().batchAndDifferentiate();
  }

  @AfterAll
  static void count() {
    System.out.println("control: " + trials + " functions, each through all transformations");
  }
}
