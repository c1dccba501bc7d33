package dev.engram.transform;

import dev.engram.Captured;
import dev.engram.Fn1;
import dev.engram.GradWithAux;
import dev.engram.Grads;
import dev.engram.State;
import dev.engram.States;
import dev.engram.TracedFunction;
import dev.engram.Tree;
import dev.engram.ValueAndGrad;
import dev.engram.WithAux;
import dev.engram.autodiff.Vjp;
import dev.engram.ir.DType;
import dev.engram.ir.EngramException;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Lit;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TypeException;
import dev.engram.ir.Value;
import dev.engram.state.LostWeights;
import dev.engram.state.UnheldStates;
import dev.engram.trace.Flattening;
import dev.engram.trace.TraceOrRun;
import dev.engram.trace.Tracing;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** {@code grad}: the gradient of a scalar function with respect to its first argument or states. */
public final class Differentiate {
  private final Fn1<List<Object>, Object> f;
  private final Optional<States> weights;

  /**
   * All results of the function, and the gradient: in the first argument's structure, or {@link
   * Grads}.
   */
  public record Result(Object out, Object grad) {
    public <G> ValueAndGrad<G> valueAndGrad() {
      return new ValueAndGrad<>((Tensor) out, Flattening.<G>cast(grad));
    }

    public <G, X> GradWithAux<G, X> withAux() {
      WithAux<X> all = Flattening.<WithAux<X>>cast(out);
      return new GradWithAux<>(Flattening.<G>cast(grad), all.value(), all.aux());
    }
  }

  public Differentiate(Fn1<List<Object>, Object> f, Optional<States> weights) {
    this.f = f;
    this.weights = weights;
  }

  public Result call(List<Object> args) {
    List<Tree.Flat> flat = Tracing.flatten("grad", args);
    TracedFunction t = Tracing.run("loss", Tracing.Kind.PLAIN, f, Tracing.specs(flat)).finish();
    checkLoss(t);
    weights.ifPresent(w -> UnheldStates.tell(t, w));
    List<Boolean> wrt = new ArrayList<>();
    int first = weights.isPresent() ? 0 : checkedFloats(flat.getFirst());
    for (int i = 0; i < t.graph().params().size(); i++) {
      wrt.add(i < first || (i >= t.argCount() && isWeight(t.captured().get(i - t.argCount()))));
    }
    Lit one = Lit.one(t.graph().outs().getFirst().type());
    Graph vjp = Vjp.of(t.graph(), wrt, seeded(t.graph()));
    Graph g = TraceOrRun.bound(t.graph(), vjp, List.of(one));
    List<? extends Tensor> outs = TraceOrRun.graph(g, t.operands(Tracing.leaves(flat)));
    weights.ifPresent(w -> LostWeights.watch(w.values(), outs.getFirst()));
    int own = t.graph().outs().size();
    List<? extends Tensor> grads = outs.subList(own, outs.size());
    Object gradient =
        weights.isPresent()
            ? byPath(weights.get(), t, grads)
            : flat.getFirst().structure().build(grads);
    return new Result(t.apply(outs.subList(0, own)), gradient);
  }

  /** Only the loss, the first result, has a cotangent. */
  private static List<Boolean> seeded(Graph g) {
    List<Boolean> out = new ArrayList<>();
    for (Value v : g.outs()) {
      if (v.type().dtype().isFloat()) {
        out.add(out.isEmpty());
      }
    }
    return out;
  }

  private boolean isWeight(Captured c) {
    return c instanceof Captured.OfState(State s, int _)
        && weights.map(w -> w.values().contains(s)).orElse(false);
  }

  /** A weight that the loss did not read has gradient zero. */
  private static Grads byPath(States weights, TracedFunction t, List<? extends Tensor> grads) {
    Map<State, Tensor> known = new LinkedHashMap<>();
    int next = 0;
    for (Captured c : t.captured()) {
      if (c instanceof Captured.OfState(State s, int _) && weights.values().contains(s)) {
        known.put(s, grads.get(next++));
      }
    }
    Map<String, Tensor> out = new LinkedHashMap<>();
    weights
        .byPath()
        .forEach(
            (path, s) ->
                out.put(path, known.containsKey(s) ? known.get(s) : HostTensor.full(s.type(), 0)));
    return Grads.of(weights, out);
  }

  private static void checkLoss(TracedFunction t) {
    TensorType loss =
        t.resultCount() == 0 ? TensorType.scalar(DType.BOOL) : t.graph().outs().getFirst().type();
    if (t.resultCount() == 0 || loss.rank() != 0 || !loss.dtype().isFloat()) {
      String fix =
          !loss.dtype().isFloat()
              ? "compute it from float tensors; .cast(DType.F32) has no derivative"
              : "reduce it with .mean() or .sum(), or use vjp";
      throw new TypeException(
          "grad: the loss has type "
              + (t.resultCount() == 0 ? "none" : loss.toString())
              + ", expected a float scalar f32[] or f64[]; "
              + fix
              + " ("
              + SourceLocation.here()
              + ")");
    }
  }

  private static int checkedFloats(Tree.Flat x) {
    List<String> paths = x.structure().paths("argument 0");
    for (int i = 0; i < paths.size(); i++) {
      if (!x.leaves().get(i).dtype().isFloat()) {
        throw new TypeException(
            "grad: "
                + paths.get(i)
                + " has type "
                + x.leaves().get(i).type()
                + ", expected a float type; pass it as another argument, or cast it first ("
                + SourceLocation.here()
                + ")");
      }
    }
    if (paths.isEmpty()) {
      throw new EngramException(
          "grad: argument 0 holds no tensor to differentiate with respect to ("
              + SourceLocation.here()
              + "); make the argument to differentiate with respect to the first one");
    }
    return paths.size();
  }
}
