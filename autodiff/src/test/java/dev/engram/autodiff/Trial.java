package dev.engram.autodiff;

import static dev.engram.autodiff.Oracle.chosen;
import static dev.engram.autodiff.Oracle.concat;
import static dev.engram.autodiff.Oracle.floatsOf;
import static dev.engram.autodiff.Oracle.inner;
import static dev.engram.autodiff.Oracle.random;
import static dev.engram.autodiff.Oracle.requireClose;

import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Param;
import dev.engram.ir.TensorType;
import dev.engram.ir.interpret.Interpreter;
import dev.engram.ir.op.ElementwiseRow;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * One function put through every transformation and compared with the oracles.
 *
 * @param wrt parameters with tangents
 * @param others where further examples of a batch are sampled
 */
record Trial(
    String name, Graph g, List<HostTensor> args, List<Boolean> wrt, ElementwiseRow.Domain others) {
  private static final double DIFFERENCE = 1e-6;
  private static final double ROUNDING = 1e-9;

  Trial(String name, Graph g, List<HostTensor> args, List<Boolean> wrt) {
    this(name, g, args, wrt, new ElementwiseRow.Domain(0.2, 0.9));
  }

  static Trial of(String name, Graph g, List<HostTensor> args) {
    return new Trial(name, g, args, Oracle.floats(g));
  }

  static Trial of(String name, Graph g, long seed) {
    return of(name, g, random(new SplittableRandom(seed), g.paramTypes()));
  }

  Trial sampledFrom(ElementwiseRow.Domain domain) {
    return new Trial(name, g, args, wrt, domain);
  }

  private HostTensor example(SplittableRandom random, TensorType type) {
    return Oracle.random(random, type, others.low(), others.high());
  }

  private SplittableRandom fresh() {
    return new SplittableRandom(name.hashCode());
  }

  private List<HostTensor> tangents() {
    return random(fresh(), chosen(g.paramTypes(), wrt));
  }

  private List<HostTensor> cotangents() {
    return random(fresh().split(), floatsOf(g.outTypes()));
  }

  List<HostTensor> jvp() {
    List<HostTensor> out = Interpreter.run(Jvp.of(g, wrt), concat(args, tangents()));
    requireClose(name + ": values of jvp", values(out), Interpreter.run(g, args), 0);
    return out.subList(g.outs().size(), out.size());
  }

  private List<HostTensor> values(List<HostTensor> out) {
    return out.subList(0, g.outs().size());
  }

  List<HostTensor> vjp() {
    List<HostTensor> out = Interpreter.run(Vjp.of(g, wrt), concat(args, cotangents()));
    requireClose(name + ": values of vjp", values(out), Interpreter.run(g, args), 0);
    return out.subList(g.outs().size(), out.size());
  }

  /** The forward derivative against central differences. */
  Trial jvpIsDifference() {
    requireClose(name + ": jvp", jvp(), Oracle.differences(g, args, wrt, tangents()), DIFFERENCE);
    return this;
  }

  /** {@code <ct, J t> = <Jᵀ ct, t>}. */
  Trial vjpIsTransposedJvp() {
    requireClose(
        name + ": <vjp, t> against <ct, jvp>",
        inner(vjp(), tangents()),
        inner(cotangents(), jvp()),
        ROUNDING);
    return this;
  }

  /** The two halves of linearize give the forward derivative. */
  Trial linearizeIsJvp() {
    Linearized lin = Linearize.of(g, wrt);
    List<HostTensor> primal = Interpreter.run(lin.primal(), args);
    List<HostTensor> residuals = primal.subList(g.outs().size(), primal.size());
    Graph twice = Transpose.of(Transpose.of(lin.tangent(), residuals.size()), residuals.size());
    requireClose(
        name + ": transposed twice",
        Interpreter.run(twice, concat(residuals, tangents())),
        jvp(),
        ROUNDING);
    return this;
  }

  /** The same for the function that computes the reverse derivative. */
  Trial second() {
    Graph v = Vjp.of(g, wrt);
    List<Boolean> flags = new ArrayList<>(wrt);
    floatsOf(g.outTypes()).forEach(_ -> flags.add(true));
    new Trial(name + "'", v, concat(args, cotangents()), flags, others)
        .jvpIsDifference()
        .vjpIsTransposedJvp();
    Graph j = Jvp.of(g, wrt);
    List<Boolean> more = new ArrayList<>(wrt);
    chosen(g.paramTypes(), wrt).forEach(_ -> more.add(true));
    new Trial(name + "˙", j, concat(args, tangents()), more, others)
        .jvpIsDifference()
        .vjpIsTransposedJvp();
    return this;
  }

  Trial first() {
    return jvpIsDifference().vjpIsTransposedJvp().linearizeIsJvp();
  }

  /** The batched function against a loop over examples, for one choice of batched parameters. */
  Trial batch(List<Boolean> batched) {
    int size = 3;
    SplittableRandom random = fresh();
    List<HostTensor> wide = new ArrayList<>();
    for (int i = 0; i < args.size(); i++) {
      HostTensor a = args.get(i);
      if (batched.get(i)) {
        List<HostTensor> parts = new ArrayList<>(List.of(a));
        while (parts.size() < size) {
          parts.add(example(random, a.type()));
        }
        wide.add(Oracle.stack(parts, a.type()));
      } else {
        wide.add(a);
      }
    }
    Batched b = Batch.of(g, batched, size);
    List<HostTensor> got = Interpreter.run(b.graph(), wide);
    List<List<HostTensor>> examples = new ArrayList<>();
    for (int k = 0; k < size; k++) {
      int at = k;
      List<HostTensor> one = new ArrayList<>();
      for (int i = 0; i < wide.size(); i++) {
        one.add(batched.get(i) ? Oracle.slice(wide.get(i), at) : wide.get(i));
      }
      examples.add(Interpreter.run(g, one));
    }
    for (int i = 0; i < got.size(); i++) {
      int at = i;
      HostTensor expected =
          b.outBatched().get(i)
              ? Oracle.stack(examples.stream().map(e -> e.get(at)).toList(), g.outTypes().get(i))
              : examples.getFirst().get(i);
      requireClose(name + ": vmap " + batched, List.of(got.get(i)), List.of(expected), ROUNDING);
    }
    return this;
  }

  /** Every choice of batched parameters (all, none but one, each alone for many). */
  Trial batches() {
    int n = g.params().size();
    if (n <= 4) {
      for (int mask = 1; mask < 1 << n; mask++) {
        List<Boolean> flags = new ArrayList<>();
        for (int i = 0; i < n; i++) {
          flags.add((mask >> i & 1) == 1);
        }
        batch(flags);
      }
      return this;
    }
    batch(Oracle.all(g, true));
    for (int k = 0; k < n; k++) {
      List<Boolean> flags = new ArrayList<>();
      for (Param p : g.params()) {
        flags.add(p.equals(g.params().get(k)));
      }
      batch(flags);
    }
    return this;
  }

  /** Gradients of the batched function, some parameters shared, and the batched gradient. */
  Trial batchAndDifferentiate() {
    for (int shared = -1; shared < args.size(); shared++) {
      differentiateBatch(shared);
    }
    Graph v = Vjp.of(g, wrt);
    new Trial("vjp " + name, v, concat(args, cotangents()), wrt, others).batches();
    return this;
  }

  private void differentiateBatch(int shared) {
    List<Boolean> flags = new ArrayList<>();
    List<HostTensor> wide = new ArrayList<>();
    SplittableRandom random = fresh();
    for (int i = 0; i < args.size(); i++) {
      HostTensor a = args.get(i);
      flags.add(i != shared);
      HostTensor other = a.type().dtype().isFloat() ? example(random, a.type()) : a;
      wide.add(i == shared ? a : Oracle.stack(List.of(a, other), a.type()));
    }
    Graph batch = Batch.of(g, flags, 2).graph();
    new Trial("vmap " + name + " but " + shared, batch, wide, wrt, others).first();
  }
}
