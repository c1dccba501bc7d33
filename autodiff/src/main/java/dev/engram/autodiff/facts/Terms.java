package dev.engram.autodiff.facts;

import dev.engram.autodiff.AutodiffException;
import dev.engram.ir.Builder;
import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.Lit;
import dev.engram.ir.Param;
import dev.engram.ir.Role;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.op.Custom;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.ElementwiseRow;
import dev.engram.ir.op.Move;
import dev.engram.ir.op.Rows;
import dev.engram.ir.text.Names;
import dev.engram.ir.text.Printer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** Terms that the rules share. */
public final class Terms {
  private Terms() {}

  public static Value row(Builder b, ElementwiseRow row, Value... in) {
    return b.emit1(new Elementwise(row), in);
  }

  public static Value add(Builder b, Value x, Value y) {
    return isZero(x) ? y : isZero(y) ? x : row(b, Rows.ADD, x, y);
  }

  public static Optional<Value> add(Builder b, Optional<Value> x, Optional<Value> y) {
    return x.isPresent() && y.isPresent()
        ? Optional.of(add(b, x.get(), y.get()))
        : x.isPresent() ? x : y;
  }

  public static boolean isZero(Value v) {
    return v instanceof Lit l && l.is(0);
  }

  /** {@code tangent}, or zeros of {@code type}. */
  public static Value orZero(Optional<Value> tangent, TensorType type) {
    return tangent.orElseGet(() -> Lit.zero(type));
  }

  /** {@code v} of a shape that lacks {@code axes}, repeated along them to {@code shape}. */
  public static Value spread(Builder b, Value v, Shape shape, Collection<Integer> axes) {
    if (axes.isEmpty()) {
      return v;
    }
    if (v instanceof Lit l) {
      return new Lit(l.type().with(shape), l.bits());
    }
    return b.emit1(new Move.Broadcast(shape, others(shape.rank(), axes)), v);
  }

  public static Tensor spread(Tensor v, Shape shape, Collection<Integer> axes) {
    return axes.isEmpty()
        ? v
        : Tensor.apply(new Move.Broadcast(shape, others(shape.rank(), axes)), List.of(v))
            .getFirst();
  }

  /** The axes below {@code rank} that are not in {@code axes}, ascending. */
  public static List<Integer> others(int rank, Collection<Integer> axes) {
    return IntStream.range(0, rank).filter(i -> !axes.contains(i)).boxed().toList();
  }

  public static List<Integer> inverse(List<Integer> perm) {
    List<Integer> out = new ArrayList<>(perm);
    for (int i = 0; i < perm.size(); i++) {
      out.set(perm.get(i), i);
    }
    return List.copyOf(out);
  }

  /** {@code v} with its axes permuted, or itself when that changes nothing. */
  public static Value permute(Builder b, Value v, List<Integer> perm) {
    return IntStream.range(0, perm.size()).allMatch(i -> perm.get(i) == i)
        ? v
        : b.emit1(new Move.Transpose(perm), v);
  }

  public static List<Value> params(Builder b, Graph g) {
    return g.params().stream().<Value>map(b::param).toList();
  }

  /** An extra parameter without a name. */
  public static Value param(Builder b, TensorType type) {
    return b.param(type, Role.INPUT, "");
  }

  /** The tangent or cotangent of {@code p}. */
  public static Value tangentParam(Builder b, Param p) {
    return param(b, p.type());
  }

  public static boolean isFloat(Value v) {
    return v.type().dtype().isFloat();
  }

  /** The custom op in terms of others, all of them at the line of {@code e}. */
  public static Graph expansion(Custom op, Eqn e) {
    Graph g = op.expansion(e.inputs().stream().map(Value::type).toList(), e.where());
    return new Graph(
        g.name(), g.params(), g.eqns().stream().map(x -> x.at(e.where())).toList(), g.outs());
  }

  /** Checks what a rule of a custom op gives. */
  public static void sameTypes(
      Graph g, Eqn e, String rule, List<? extends Value> got, List<? extends Value> like) {
    List<TensorType> types = got.stream().map(Value::type).toList();
    List<TensorType> want = like.stream().map(Value::type).toList();
    if (!types.equals(want)) {
      throw new AutodiffException(
          "%s: the rule %s of %s gives %s, expected %s"
              .formatted(describe(g, e), rule, e.op().getClass().getName(), types, want));
    }
  }

  /** {@code %2 = mul(%1, %0) (GruNet.java:21)}. */
  public static String describe(Graph g, Eqn e) {
    return Printer.equation(Names.of(g), e) + " (" + e.where() + ")";
  }

  /** Checks that {@code wrt} chooses float parameters of {@code g}. */
  public static void requireFloat(String transform, Graph g, List<Boolean> wrt) {
    if (wrt.size() != g.params().size()) {
      throw new AutodiffException(
          "%s of @%s: got %d flags, expected one for each of %d parameters"
              .formatted(transform, g.name(), wrt.size(), g.params().size()));
    }
    for (int i = 0; i < wrt.size(); i++) {
      Param p = g.params().get(i);
      if (wrt.get(i) && !p.type().dtype().isFloat()) {
        throw new AutodiffException(
            "%s of @%s: parameter %d%s has type %s, expected a float type; cast it inside the function"
                .formatted(
                    transform,
                    g.name(),
                    i,
                    p.path().isEmpty() ? "" : " (" + p.path() + ")",
                    p.type()));
      }
    }
  }
}
