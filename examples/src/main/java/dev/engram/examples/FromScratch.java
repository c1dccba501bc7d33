package dev.engram.examples;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The whole idea in one file, on plain arrays of doubles: trace a program to a graph, derive a
 * second graph from it, and train a recurrent network online with eligibility traces.
 *
 * <p>Four parts, each a miniature of a module: a graph and its interpreter (ir), tracing (core),
 * reverse-mode differentiation (autodiff), and the rule D-RTRL (etrace). The library adds types,
 * shapes, batches, loops and compiled code, but no further idea.
 */
public final class FromScratch {
  private FromScratch() {}

  // 1. A graph: equations between vectors. A matrix is stored as a vector, row by row.

  /** A value of a graph: it has a size and an identity. */
  static final class Var {
    final int size;

    Var(int size) {
      this.size = size;
    }
  }

  /** The operations. The set is closed under differentiation. */
  sealed interface Op {
    record Fill(int size, double value) implements Op {}

    record Add() implements Op {}

    record Mul() implements Op {}

    record Tanh() implements Op {}

    /** y_j = Σ_i x_i w_ij */
    record Dot() implements Op {}

    /** x_i = Σ_j y_j w_ij */
    record DotT() implements Op {}

    /** w_ij = x_i y_j */
    record Outer() implements Op {}
  }

  record Eqn(Op op, List<Var> in, Var out) {}

  record Graph(List<Var> params, List<Eqn> eqns, List<Var> outs) {}

  /** Evaluates a graph: takes one value for each parameter, returns one for each result. */
  static List<double[]> eval(Graph g, List<double[]> args) {
    Map<Var, double[]> value = new HashMap<>();
    for (int i = 0; i < args.size(); i++) {
      value.put(g.params.get(i), args.get(i));
    }
    for (Eqn e : g.eqns) {
      double[] out = new double[e.out.size];
      double[] a = e.in.isEmpty() ? out : value.get(e.in.getFirst());
      double[] b = e.in.isEmpty() ? out : value.get(e.in.getLast());
      compute(e.op, a, b, out);
      value.put(e.out, out);
    }
    return g.outs.stream().map(value::get).toList();
  }

  private static void compute(Op op, double[] a, double[] b, double[] out) {
    int n = out.length;
    switch (op) {
      case Op.Fill(int _, double v) -> Arrays.fill(out, v);
      case Op.Add() -> Arrays.setAll(out, i -> a[i] + b[i]);
      case Op.Mul() -> Arrays.setAll(out, i -> a[i] * b[i]);
      case Op.Tanh() -> Arrays.setAll(out, i -> Math.tanh(a[i]));
      case Op.Outer() -> Arrays.setAll(out, i -> a[i / b.length] * b[i % b.length]);
      case Op.Dot() -> {
        for (int i = 0; i < b.length; i++) {
          out[i % n] += a[i / n] * b[i];
        }
      }
      case Op.DotT() -> {
        for (int i = 0; i < b.length; i++) {
          out[i / a.length] += a[i % a.length] * b[i];
        }
      }
    }
  }

  // 2. Tracing: run the user's code on tracers that record the operations on them.

  static final class Builder {
    private final List<Var> params = new ArrayList<>();
    private final List<Eqn> eqns = new ArrayList<>();

    Traced param(int size) {
      params.add(new Var(size));
      return new Traced(this, params.getLast());
    }

    Traced fill(int size, double value) {
      return emit(new Op.Fill(size, value), size);
    }

    Traced emit(Op op, int size, Traced... in) {
      Var out = new Var(size);
      eqns.add(new Eqn(op, Arrays.stream(in).map(Traced::var).toList(), out));
      return new Traced(this, out);
    }

    Graph build(List<Traced> outs) {
      return new Graph(
          List.copyOf(params), List.copyOf(eqns), outs.stream().map(Traced::var).toList());
    }
  }

  record Traced(Builder to, Var var) {
    Traced add(Traced o) {
      return to.emit(new Op.Add(), var.size, this, o);
    }

    Traced mul(Traced o) {
      return to.emit(new Op.Mul(), var.size, this, o);
    }

    Traced mul(double factor) {
      return mul(to.fill(var.size, factor));
    }

    Traced sub(Traced o) {
      return add(o.mul(-1));
    }

    Traced tanh() {
      return to.emit(new Op.Tanh(), var.size, this);
    }

    Traced dot(Traced w) {
      return to.emit(new Op.Dot(), w.var.size / var.size, this, w);
    }

    Traced dotT(Traced w) {
      return to.emit(new Op.DotT(), w.var.size / var.size, this, w);
    }

    Traced outer(Traced o) {
      return to.emit(new Op.Outer(), var.size * o.var.size, this, o);
    }
  }

  // 3. Reverse mode: walk the equations backwards and apply the chain rule.

  /**
   * Returns, for every value of {@code eqns}, the derivative of {@code out} times {@code seed}.
   *
   * @param fixed equations whose results are constants: nothing flows back through them
   */
  static Map<Var, Traced> pullback(List<Eqn> eqns, Traced out, Traced seed, List<Eqn> fixed) {
    Map<Var, Traced> cotangents = new HashMap<>(Map.of(out.var, seed));
    for (Eqn e : eqns.reversed()) {
      Traced c = cotangents.get(e.out);
      if (c == null || fixed.contains(e)) {
        continue;
      }
      List<Traced> back = transpose(e, c);
      for (int i = 0; i < back.size(); i++) {
        cotangents.merge(e.in.get(i), back.get(i), Traced::add);
      }
    }
    return cotangents;
  }

  /** Returns the cotangent of each operand. */
  private static List<Traced> transpose(Eqn e, Traced c) {
    List<Traced> x = e.in.stream().map(v -> new Traced(c.to, v)).toList();
    return switch (e.op) {
      case Op.Fill _ -> List.of();
      case Op.Add() -> List.of(c, c);
      case Op.Mul() -> List.of(c.mul(x.get(1)), c.mul(x.get(0)));
      // d tanh(x) = 1 - y²
      case Op.Tanh() -> {
        Traced y = new Traced(c.to, e.out);
        yield List.of(c.sub(c.mul(y).mul(y)));
      }
      case Op.Dot() -> List.of(c.dotT(x.get(1)), x.get(0).outer(c));
      case Op.DotT() -> List.of(c.dot(x.get(1)), c.outer(x.get(0)));
      case Op.Outer() -> List.of(x.get(1).dotT(c), x.get(0).dot(c));
    };
  }

  // 4. A model and its gradient: offline through all steps, or online through traces.

  /** One step of a model, on traced values. */
  interface Model {
    Step step(List<Traced> weights, Traced x, Traced target, Traced h);
  }

  record Step(Traced loss, Traced hidden) {}

  record Sizes(int in, int hidden, int out, List<Integer> weights) {}

  /** h ← 0.8 h + tanh(x·u + h·w), ℓ = ½ Σ (h·v - target)² */
  static Step leaky(List<Traced> weights, Traced x, Traced target, Traced h) {
    Traced y = x.dot(weights.get(0)).add(h.dot(weights.get(1)));
    Traced next = h.mul(0.8).add(y.tanh());
    Traced error = next.dot(weights.get(2)).sub(target);
    return new Step(error.dot(error).mul(0.5), next);
  }

  /**
   * Maps (weights…, x and target of each step…) to the gradient of the summed loss for each weight.
   */
  static Graph bptt(Model model, Sizes n, int steps) {
    Builder b = new Builder();
    List<Traced> weights = n.weights.stream().map(b::param).toList();
    Traced h = b.fill(n.hidden, 0);
    Traced loss = b.fill(1, 0);
    for (int t = 0; t < steps; t++) {
      Step s = model.step(weights, b.param(n.in), b.param(n.out), h);
      h = s.hidden;
      loss = loss.add(s.loss);
    }
    Map<Var, Traced> d = pullback(List.copyOf(b.eqns), loss, b.fill(1, 1), List.of());
    return b.build(weights.stream().map(w -> d.get(w.var)).toList());
  }

  /**
   * One step of D-RTRL: maps (weights…, x, target, h, traces…) to (gradients…, new h, new traces…).
   */
  static Graph dRtrl(Model model, Sizes n) {
    Builder b = new Builder();
    List<Traced> weights = n.weights.stream().map(b::param).toList();
    Traced x = b.param(n.in);
    Traced target = b.param(n.out);
    Traced h = b.param(n.hidden);
    Step s = model.step(weights, x, target, h);
    List<Eqn> forward = List.copyOf(b.eqns);

    // Sites: where a weight meets data, y = data · w.
    List<Var> vars = weights.stream().map(Traced::var).toList();
    List<Eqn> sites =
        forward.stream()
            .filter(e -> e.op instanceof Op.Dot && vars.contains(e.in.getLast()))
            .toList();

    // D = ∂h/∂h[t-1] with every y held fixed, and f = ∂h/∂y. Both are diagonal, so a pullback of
    // ones yields their diagonals.
    Map<Var, Traced> local = pullback(forward, s.hidden, b.fill(n.hidden, 1), sites);
    Map<Var, Traced> own = pullback(forward, s.loss, b.fill(1, 1), List.of());
    List<Traced> grads = new ArrayList<>(vars.stream().map(own::get).toList());
    List<Traced> traces = new ArrayList<>();
    for (Eqn site : sites) {
      Traced data = new Traced(b, site.in.getFirst());
      Var w = site.in.getLast();
      Traced f = local.get(site.out);
      if (f == null) {
        continue; // It does not reach h, as in a readout: keep this step's own gradient.
      }
      // ε ← D ε + f ⊗ data
      Traced ones = b.fill(data.var.size, 1);
      Traced trace = b.param(w.size);
      Traced next = ones.outer(local.get(h.var)).mul(trace).add(data.outer(f));
      // grad w = L ε, with L = ∂ℓ/∂h
      grads.set(vars.indexOf(w), ones.outer(own.get(s.hidden.var)).mul(next));
      traces.add(next);
    }
    List<Traced> outs = new ArrayList<>(grads);
    outs.add(s.hidden);
    outs.addAll(traces);
    return b.build(outs);
  }

  /** Returns the gradients of a sequence by D-RTRL. Memory does not depend on its length. */
  static List<double[]> learn(Graph rule, List<double[]> weights, List<double[]> sequence) {
    int n = weights.size();
    List<double[]> sum = weights.stream().map(w -> new double[w.length]).toList();
    List<double[]> carried = rule.params.stream().skip(n + 2).map(v -> new double[v.size]).toList();
    for (int t = 0; t < sequence.size(); t += 2) {
      List<double[]> args = new ArrayList<>(weights);
      args.addAll(sequence.subList(t, t + 2));
      args.addAll(carried);
      List<double[]> out = eval(rule, args);
      for (int k = 0; k < n; k++) {
        double[] g = out.get(k);
        double[] to = sum.get(k);
        Arrays.setAll(to, i -> to[i] + g[i]);
      }
      carried = out.subList(n, out.size());
    }
    return sum;
  }
}
