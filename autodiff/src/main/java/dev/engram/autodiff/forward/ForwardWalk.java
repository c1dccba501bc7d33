package dev.engram.autodiff.forward;

import dev.engram.autodiff.AutodiffException;
import dev.engram.autodiff.Transpose;
import dev.engram.autodiff.facts.Terms;
import dev.engram.ir.Builder;
import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.Lit;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import dev.engram.ir.op.Cast;
import dev.engram.ir.op.Check;
import dev.engram.ir.op.Control;
import dev.engram.ir.op.Custom;
import dev.engram.ir.op.Dot;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.ElementwiseRow;
import dev.engram.ir.op.HostEffect;
import dev.engram.ir.op.Index;
import dev.engram.ir.op.Move;
import dev.engram.ir.op.OptimizationBarrier;
import dev.engram.ir.op.Reduce;
import dev.engram.ir.op.Rows;
import dev.engram.ir.op.Source;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Walks a graph forwards: its equations go to {@code primal}, those of its tangents to {@code
 * tangent}. The rules here are the derivatives of every family; the two kinds of forward walk
 * differ only in where tangents go and in how they run inner graphs. Not a {@link
 * dev.engram.ir.passes.GraphRewriter}: with each value goes its tangent, if there is one.
 */
public abstract sealed class ForwardWalk permits JvpWalk, LinearizeWalk {
  final Builder primal;
  final Builder tangent;

  ForwardWalk(Builder primal, Builder tangent) {
    this.primal = primal;
    this.tangent = tangent;
  }

  /** A value of {@link #primal} for use in {@link #tangent}. */
  abstract Value saved(Value v);

  abstract List<Dual> scan(Control.Scan op, List<Dual> in);

  abstract List<Dual> loop(Graph g, Eqn e, Control.While op, List<Dual> in);

  abstract List<Dual> cond(Control.Cond op, List<Dual> in);

  abstract List<Dual> callJvp(Control.Call op, Control.Derivative.Jvp rule, List<Dual> in);

  abstract List<Dual> callRemat(Control.Call op, Control.Derivative.Remat rule, List<Dual> in);

  abstract List<Dual> callVjp(Control.Call op, Control.Derivative.Vjp rule, List<Dual> in);

  /** The tangents of {@code transposed} when its residuals have none. */
  abstract List<Dual> transposed(Control.Transposed op, List<Dual> in);

  /** The results of {@code g}. */
  public final List<Dual> push(Graph g, List<Dual> args) {
    Map<Value, Dual> env = new HashMap<>();
    for (int i = 0; i < args.size(); i++) {
      env.put(g.params().get(i).var(), args.get(i));
    }
    for (Eqn e : g.eqns()) {
      List<Dual> in = e.inputs().stream().map(v -> dual(env, v)).toList();
      tangent.at(e.where());
      List<Dual> out =
          primal.rule(
              e, () -> in.stream().anyMatch(Dual::hasTangent) ? push(g, e, in) : copy(e, in));
      for (int i = 0; i < out.size(); i++) {
        env.put(e.outputs().get(i), out.get(i));
      }
    }
    return g.outs().stream().map(v -> dual(env, v)).toList();
  }

  private static Dual dual(Map<Value, Dual> env, Value v) {
    return v instanceof Var ? env.get(v) : Dual.constant(v);
  }

  /** The equation for the values alone. */
  final List<Dual> copy(Eqn e, List<Dual> in) {
    return primal.emit(e.op(), primals(in)).stream().map(Dual::constant).toList();
  }

  public static List<Value> primals(List<Dual> in) {
    return in.stream().map(Dual::primal).toList();
  }

  private List<Dual> push(Graph g, Eqn e, List<Dual> in) {
    return switch (e.op()) {
      case Elementwise op -> one(e, in, y -> elementwise(g, e, op.row(), in, y));
      case Cast op -> one(e, in, y -> op.to().isFloat() ? linear(op, in) : Optional.empty());
      case Reduce op -> one(e, in, y -> new ReduceTangent(this).of(op, in.getFirst(), y));
      case Dot op -> one(e, in, y -> dot(op, in));
      case Move op -> one(e, in, y -> move(op, in));
      case Index op -> one(e, in, y -> new IndexTangent(this).of(op, in, y));
      case Check.Finite _ -> one(e, in, _ -> in.getFirst().tangent());
      case Source _, Check _, HostEffect _ -> copy(e, in);
      case Control.Scan op -> scan(op, in);
      case Control.While op -> loop(g, e, op, in);
      case Control.Cond op -> cond(op, in);
      case Control.Call op -> call(op, in);
      case Control.Transposed op -> pushTransposed(op, in);
      case Custom op -> custom(g, e, op, in);
    };
  }

  private List<Dual> custom(Graph g, Eqn e, Custom op, List<Dual> in) {
    return switch (op) {
      case OptimizationBarrier _ -> one(e, in, _ -> in.getFirst().tangent());
      case Custom.Linear l -> {
        List<Value> dx =
            in.stream().map(d -> Terms.orZero(d.tangent(), d.primal().type())).toList();
        yield zip(copyValues(e, in), List.copyOf(tangent.emit(l, dx)));
      }
      case Custom.Differentiable d -> {
        List<Value> outs = copyValues(e, in);
        List<Tensor> x = in.stream().<Tensor>map(v -> savedTensor(v.primal())).toList();
        List<Tensor> y = outs.stream().<Tensor>map(this::savedTensor).toList();
        List<Tensor> dx =
            in.stream()
                .<Tensor>map(v -> tangent.tracer(Terms.orZero(v.tangent(), v.primal().type())))
                .toList();
        List<Value> dy = d.tangents(x, y, dx).stream().map(tangent::lift).toList();
        Terms.sameTypes(g, e, "tangents", dy, outs);
        yield zip(
            outs,
            IntStream.range(0, dy.size())
                .filter(i -> Terms.isFloat(outs.get(i)))
                .mapToObj(dy::get)
                .toList());
      }
      case Custom _ -> push(Terms.expansion(op, e), in);
    };
  }

  private List<Value> copyValues(Eqn e, List<Dual> in) {
    return List.copyOf(primal.emit(e.op(), primals(in)));
  }

  private interface Rule {
    Optional<Value> tangent(Value result);
  }

  private List<Dual> one(Eqn e, List<Dual> in, Rule rule) {
    Value y = primal.emit(e.op(), primals(in)).getFirst();
    return List.of(new Dual(y, Terms.isFloat(y) ? rule.tangent(y) : Optional.empty()));
  }

  // dy = Σ_i ∂y/∂x_i dx_i
  private Optional<Value> elementwise(Graph g, Eqn e, ElementwiseRow row, List<Dual> in, Value y) {
    if (row.equals(Rows.SELECT)) {
      return select(in);
    }
    if (row.has(ElementwiseRow.Flag.ZERO_DERIVATIVE)) {
      return Optional.empty();
    }
    if (row.partials().size() != row.arity()) {
      throw new AutodiffException(
          "%s has no derivative: the row %s lacks partials; add one for each operand, or use .stopGradient() before it"
              .formatted(Terms.describe(g, e), row.name()));
    }
    Partials partials =
        new Partials(tangent, row, primals(in).stream().map(this::saved).toList(), saved(y));
    Optional<Value> sum = Optional.empty();
    for (int i = 0; i < in.size(); i++) {
      if (in.get(i).hasTangent()) {
        Value partial = partials.get(i);
        if (!partial.type().equals(y.type())) {
          throw new AutodiffException(
              "%s: partial %d of the row %s has type %s, expected %s, as the result"
                  .formatted(Terms.describe(g, e), i, row.name(), partial.type(), y.type()));
        }
        sum = plus(sum, times(partial, in.get(i).tangent().get()));
      }
    }
    return sum;
  }

  // d select(p, a, b) = select(p, da, db)
  private Optional<Value> select(List<Dual> in) {
    TensorType type = in.get(1).primal().type();
    Value p = saved(in.getFirst().primal());
    Value a = Terms.orZero(in.get(1).tangent(), type);
    Value b = Terms.orZero(in.get(2).tangent(), type);
    return Optional.of(Terms.row(tangent, Rows.SELECT, p, a, b));
  }

  // d(a·b) = da·b + a·db
  private Optional<Value> dot(Dot op, List<Dual> in) {
    Dual a = in.get(0);
    Dual b = in.get(1);
    return plus(
        a.tangent().map(t -> tangent.emit1(op, t, saved(b.primal()))),
        b.tangent().map(t -> tangent.emit1(op, saved(a.primal()), t)));
  }

  private Optional<Value> move(Move op, List<Dual> in) {
    return switch (op) {
      case Move.Reshape _, Move.Transpose _, Move.Broadcast _ -> linear(op, in);
      case Move.Slice _, Move.Pad _, Move.Concat _, Move.Reverse _, Move.Shear _ -> linear(op, in);
    };
  }

  /** {@code op} is linear in all its operands together: it maps their tangents. */
  final Optional<Value> linear(dev.engram.ir.op.Op op, List<Dual> in) {
    List<Value> tangents =
        in.stream().map(d -> Terms.orZero(d.tangent(), d.primal().type())).toList();
    return Optional.of(tangent.emit(op, tangents).getFirst());
  }

  private List<Dual> call(Control.Call op, List<Dual> in) {
    return switch (op.derivative()) {
      case Control.Derivative.Plain _ -> push(op.body(), in);
      case Control.Derivative.Remat rule -> callRemat(op, rule, in);
      case Control.Derivative.Jvp rule -> callJvp(op, rule, in);
      case Control.Derivative.Vjp rule -> callVjp(op, rule, in);
    };
  }

  private List<Dual> pushTransposed(Control.Transposed op, List<Dual> in) {
    boolean constantMap = in.stream().limit(op.residuals()).noneMatch(Dual::hasTangent);
    return constantMap ? transposed(op, in) : push(Transpose.of(op.backward(), op.residuals()), in);
  }

  final Tensor savedTensor(Value v) {
    return tangent.tracer(saved(v));
  }

  final Optional<Value> plus(Optional<Value> x, Optional<Value> y) {
    return Terms.add(tangent, x, y);
  }

  /** {@code coefficient · t}, without a product when the coefficient is 0, 1 or -1. */
  final Optional<Value> times(Value coefficient, Value t) {
    if (coefficient instanceof Lit l) {
      if (l.is(0)) {
        return Optional.empty();
      }
      if (l.is(1)) {
        return Optional.of(t);
      }
      if (l.is(-1)) {
        return Optional.of(Terms.row(tangent, Rows.NEG, t));
      }
    }
    return Optional.of(Terms.row(tangent, Rows.MUL, coefficient, t));
  }

  /** One value for each float operand, in order: its tangent or zeros. */
  public static List<Value> floatTangents(List<Dual> in) {
    return in.stream()
        .filter(d -> Terms.isFloat(d.primal()))
        .map(d -> Terms.orZero(d.tangent(), d.primal().type()))
        .toList();
  }

  /** Values with the tangents of the float ones, in order. */
  static List<Dual> zip(List<? extends Value> primals, List<? extends Value> tangents) {
    List<Dual> out = new ArrayList<>();
    int next = 0;
    for (Value v : primals) {
      out.add(Terms.isFloat(v) ? Dual.of(v, tangents.get(next++)) : Dual.constant(v));
    }
    return out;
  }
}
