package dev.engram.transform;

import dev.engram.Axes;
import dev.engram.Engram;
import dev.engram.Fn1;
import dev.engram.JvpResult;
import dev.engram.LinearizeResult;
import dev.engram.TracedFunction;
import dev.engram.Tree;
import dev.engram.VjpResult;
import dev.engram.autodiff.ExpandTransposes;
import dev.engram.autodiff.Jvp;
import dev.engram.autodiff.Linearize;
import dev.engram.autodiff.Linearized;
import dev.engram.autodiff.Vjp;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.Given;
import dev.engram.ir.tensor.Moves;
import dev.engram.jit.Fns;
import dev.engram.trace.Flattening;
import dev.engram.trace.TraceOrRun;
import dev.engram.trace.Tracing;
import dev.engram.trace.TreeSpec;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;

/** {@code jvp} and {@code vjp}: derivatives along a tangent, or against a cotangent. */
public final class Directional {
  private Directional() {}

  public static <A, R> JvpResult<R> jvp(Fn1<A, R> f, A a, A tangent) {
    Tree.Flat x = Tree.flatten(a, "jvp: the argument");
    List<Tensor> dx =
        sameTypes("jvp: the tangent", Tree.flatten(tangent, "jvp: the tangent"), TreeSpec.of(x));
    TracedFunction t = trace("jvp", f, x);
    List<Tensor> operands = new ArrayList<>(t.operands(x.leaves()));
    operands.addAll(floats(x, dx));
    List<? extends Tensor> outs = TraceOrRun.graph(Jvp.of(t.graph(), wrt(t)), operands);
    int own = t.graph().outs().size();
    List<TensorType> types = t.graph().outTypes().subList(0, t.resultCount());
    Object dy = t.result().build(filled(types, outs.subList(own, outs.size())));
    return new JvpResult<>(
        Flattening.<R>cast(t.apply(outs.subList(0, own))), Flattening.<R>cast(dy));
  }

  public static <A, R> VjpResult<A, R> vjp(Fn1<A, R> f, A a) {
    Tree.Flat x = Tree.flatten(a, "vjp: the argument");
    TracedFunction t = trace("vjp", f, x);
    List<Tensor> operands = t.operands(x.leaves());
    R value = Flattening.<R>cast(t.apply(TraceOrRun.graph(t.graph(), operands)));
    List<TensorType> types = t.graph().outTypes();
    List<TensorType> results = types.subList(0, t.resultCount());
    List<Boolean> seeded = new ArrayList<>();
    for (int i = 0; i < types.size(); i++) {
      if (types.get(i).dtype().isFloat()) {
        seeded.add(i < results.size());
      }
    }
    Graph all = Vjp.of(t.graph(), wrt(t), seeded);
    // The values have been computed and the function's effects have happened: keep the cotangents
    // only.
    Graph g =
        new Graph(
            all.name(),
            all.params(),
            all.eqns(),
            all.outs().subList(types.size(), all.outs().size()));
    return new VjpResult<>(
        value,
        ct -> {
          Tree.Flat flat = Tree.flatten(ct, "vjp: the cotangent");
          List<Tensor> cts =
              sameTypes("vjp: the cotangent", flat, new TreeSpec(t.result(), results));
          List<Tensor> in = new ArrayList<>(operands);
          in.addAll(floats(results, cts));
          List<? extends Tensor> grads = TraceOrRun.graph(g, in);
          return Flattening.<A>cast(x.structure().build(filled(x.types(), grads)));
        });
  }

  public static <A, R> LinearizeResult<A, R> linearize(Fn1<A, R> f, A a) {
    Tree.Flat x = Tree.flatten(a, "linearize: the argument");
    TracedFunction t = trace("linearize", f, x);
    Linearized lin = Linearize.of(t.graph(), wrt(t));
    Graph map = ExpandTransposes.run(lin.tangent());
    List<? extends Tensor> outs = TraceOrRun.graph(lin.primal(), t.operands(x.leaves()));
    int own = t.graph().outs().size();
    List<? extends Tensor> residuals = List.copyOf(outs.subList(own, outs.size()));
    List<TensorType> types = t.graph().outTypes().subList(0, t.resultCount());
    R value = Flattening.<R>cast(t.apply(outs.subList(0, own)));
    return new LinearizeResult<>(
        value,
        dx -> {
          Tree.Flat flat = Tree.flatten(dx, "linearize: the tangent");
          List<Tensor> all = new ArrayList<>(residuals);
          all.addAll(floats(x, sameTypes("linearize: the tangent", flat, TreeSpec.of(x))));
          return Flattening.<R>cast(t.result().build(filled(types, TraceOrRun.graph(map, all))));
        });
  }

  /** Returns the n × n identity matrix as a stack of basis vectors of a tensor of n elements. */
  private static HostTensor basis(String op, TensorType of) {
    int n = Moves.length(op, "the axis of the elements of " + of, of.size());
    HostTensor basis = HostTensor.full(new TensorType(of.dtype(), Shape.of(n, n)), 0);
    for (long i = 0; i < n; i++) {
      basis.setDouble(i * n + i, 1);
    }
    return basis;
  }

  private static void requireFloat(String what, Tensor x) {
    Given.given(what, x);
    if (!x.dtype().isFloat()) {
      throw new TypeException(
          what
              + " has type "
              + x.type()
              + ", expected a float type; cast it first ("
              + SourceLocation.here()
              + ")");
    }
  }

  public static Tensor jacrev(Fn1<Tensor, Tensor> f, Tensor x) {
    requireFloat("jacrev: the argument", x);
    VjpResult<Tensor, Tensor> p = vjp(f, x);
    Tensor y = p.value();
    requireFloat("jacrev: the result", y);
    HostTensor basis = basis("jacrev", y.type());
    Tensor rows =
        Engram.<Tensor, Tensor>vmap(ct -> p.pullback().apply(ct.reshape(y.shape()))).apply(basis);
    return rows.reshape(Moves.named("jacrev", () -> y.shape().concat(x.shape())));
  }

  public static Tensor jacfwd(Fn1<Tensor, Tensor> f, Tensor x) {
    requireFloat("jacfwd: the argument", x);
    HostTensor basis = basis("jacfwd", x.type());
    Tensor rows =
        Engram.<Tensor, Tensor>vmap(
                dx -> {
                  Tensor dy = jvp(f, x, dx.reshape(x.shape())).tangent();
                  requireFloat("jacfwd: the result", dy);
                  return dy;
                },
                Axes.in(0).withOut(-1))
            .apply(basis);
    return rows.reshape(rows.shape().range(0, rows.rank() - 1).concat(x.shape()));
  }

  private static <A, R> TracedFunction trace(String name, Fn1<A, R> f, Tree.Flat x) {
    return Tracing.run(name, Tracing.Kind.PLAIN, Fns.list(f), List.of(TreeSpec.of(x))).finish();
  }

  /** Selects the float tensors of the argument; captured values are constants. */
  private static List<Boolean> wrt(TracedFunction t) {
    List<Boolean> out = new ArrayList<>();
    for (int i = 0; i < t.graph().params().size(); i++) {
      out.add(i < t.argCount() && t.graph().params().get(i).type().dtype().isFloat());
    }
    return out;
  }

  /** Selects those of {@code all} that belong to the float tensors of {@code like}. */
  private static List<Tensor> floats(Tree.Flat like, List<Tensor> all) {
    return floats(like.types(), all);
  }

  private static List<Tensor> floats(List<TensorType> like, List<Tensor> all) {
    return IntStream.range(0, all.size())
        .filter(i -> like.get(i).dtype().isFloat())
        .mapToObj(all::get)
        .toList();
  }

  /**
   * Returns one tensor of each type: those of {@code floats} in turn, and zeros for other types.
   */
  static List<Tensor> filled(List<TensorType> types, List<? extends Tensor> floats) {
    Iterator<? extends Tensor> next = floats.iterator();
    List<Tensor> out = new ArrayList<>();
    for (TensorType type : types) {
      out.add(type.dtype().isFloat() ? next.next() : HostTensor.full(type, 0));
    }
    return out;
  }

  /**
   * Returns the tensors of {@code got}, which must have the structure and the float types of {@code
   * want}.
   */
  static List<Tensor> sameTypes(String what, Tree.Flat got, TreeSpec want) {
    List<String> paths = want.structure().paths(what);
    if (!got.structure().equals(want.structure())) {
      throw new TypeException(
          what
              + " has "
              + got.structure().paths("tree")
              + ", expected "
              + want.structure().paths("tree")
              + " and equal static parts ("
              + SourceLocation.here()
              + ")");
    }
    for (int i = 0; i < paths.size(); i++) {
      TensorType type = want.types().get(i);
      if (type.dtype().isFloat() && !got.leaves().get(i).type().equals(type)) {
        throw new TypeException(
            paths.get(i)
                + " has type "
                + got.leaves().get(i).type()
                + ", expected "
                + type
                + " ("
                + SourceLocation.here()
                + "); convert it to that type with .cast or .broadcastTo");
      }
    }
    return got.leaves();
  }
}
