package dev.engram.autodiff.reverse;

import dev.engram.autodiff.AutodiffException;
import dev.engram.autodiff.Linearize;
import dev.engram.autodiff.Linearized;
import dev.engram.autodiff.facts.DependenceAnalysis;
import dev.engram.autodiff.facts.Terms;
import dev.engram.ir.Builder;
import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.Lit;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
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
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Walks a linear graph backwards. What does not depend on its linear parameters is computed
 * forwards first; then every equation hands the cotangents of its results to its operands. No
 * cotangent stands for zero. Not a {@link dev.engram.ir.passes.GraphRewriter}: cotangents go from
 * the results to the parameters.
 */
public final class TransposeWalk {
  final Builder b;
  private final Graph g;
  private final Map<Value, Value> constants = new HashMap<>();
  private final Set<Value> linear = new HashSet<>();
  private final Map<Value, Value> cotangents = new HashMap<>();
  private final Map<Eqn, Split> splits = new HashMap<>();
  final CotangentMasks masks;

  /** An equation that mixes linear and other results, linearized, with its residuals. */
  private record Split(Linearized lin, List<Value> residuals) {}

  private TransposeWalk(Builder b, Graph g) {
    this.b = b;
    this.g = g;
    this.masks = new CotangentMasks(b);
  }

  /**
   * The cotangents of the linear parameters of {@code g}: those after the {@code residuals}.
   *
   * @param outs the cotangents of its results
   */
  public static List<Optional<Value>> pull(
      Builder b, Graph g, List<Value> residuals, List<Optional<Value>> outs) {
    TransposeWalk p = new TransposeWalk(b, g);
    int n = residuals.size();
    for (int i = 0; i < n; i++) {
      p.constants.put(g.params().get(i).var(), residuals.get(i));
    }
    List<Var> inputs = DependenceAnalysis.vars(g, n, g.params().size());
    p.linear.addAll(inputs);
    g.eqns().forEach(e -> b.rule(e, () -> p.forward(e)));
    for (int i = 0; i < outs.size(); i++) {
      p.give(g.outs().get(i), outs.get(i));
    }
    g.eqns().reversed().forEach(p::backward);
    return inputs.stream().map(p::cotangent).map(ct -> ct.map(p.masks::clean)).toList();
  }

  boolean isLinear(Value v) {
    return linear.contains(v);
  }

  /** The value of something that is not linear. */
  Value constant(Value v) {
    return Builder.mapped(constants, v);
  }

  private Tensor constantTensor(Value v) {
    return b.tracer(constant(v));
  }

  private Optional<Value> cotangent(Value v) {
    return Optional.ofNullable(cotangents.get(v));
  }

  void give(Value v, Optional<Value> cotangent) {
    cotangent.ifPresent(ct -> give(v, ct));
  }

  /** Adds {@code cotangent} to that of {@code v}; values that are not linear take none. */
  void give(Value v, Value cotangent) {
    if (isLinear(v) && !Terms.isZero(cotangent)) {
      cotangents.merge(v, cotangent, masks::sum);
    }
  }

  private Eqn forward(Eqn e) {
    if (e.inputs().stream().noneMatch(this::isLinear)) {
      List<Value> in = e.inputs().stream().map(this::constant).toList();
      List<Var> outs = b.emit(e.op(), in);
      for (int i = 0; i < outs.size(); i++) {
        constants.put(e.outputs().get(i), outs.get(i));
      }
    } else if (e.op() instanceof OptimizationBarrier && !isLinear(e.in(0))) {
      // What it waits for comes later now.
      constants.put(e.out(), constant(e.in(0)));
    } else if (e.op() instanceof HostEffect) {
      // The values it would tell are not there when one goes backwards.
      constants.put(e.out(), constant(e.in(0)));
    } else if (isDirect(e)) {
      linear.addAll(e.outputs());
    } else {
      split(e);
    }
    return e;
  }

  /** True when all results are linear, so that the rule for the op applies. */
  private boolean isDirect(Eqn e) {
    return switch (e.op()) {
      case Elementwise _, Cast _, Reduce _, Dot _, Move _, Index _, Source _, Check _ -> true;
      case Control.Transposed _ -> true;
      case Control.Scan s -> new TransposeScan(this, s, e).isDirect();
      case Control.Cond c -> new TransposeCond(this, c, e).isDirect();
      case Custom c -> c instanceof Custom.Linear || c instanceof OptimizationBarrier;
      case Control.While _, Control.Call _, HostEffect _ -> false;
    };
  }

  /** Its derivative with respect to the linear operands is the linear part of the equation. */
  private void split(Eqn e) {
    Builder one = new Builder(e.op().mnemonic()).at(e.where());
    List<Value> operands = e.inputs().stream().map(v -> Terms.param(one, v.type())).toList();
    Graph alone = one.build(one.emit(e.op(), operands));
    List<Boolean> wrt = e.inputs().stream().map(this::isLinear).toList();
    Linearized lin = Linearize.of(alone, wrt);
    List<Var> moving = new ArrayList<>();
    List<Value> args = new ArrayList<>();
    for (int i = 0; i < operands.size(); i++) {
      if (wrt.get(i)) {
        moving.add(lin.primal().params().get(i).var());
      }
      args.add(wrt.get(i) ? Lit.zero(operands.get(i).type()) : constant(e.in(i)));
    }
    List<Value> all = lin.primal().outs();
    List<Value> residuals = all.subList(alone.outs().size(), all.size());
    Set<Value> reached = DependenceAnalysis.dependents(lin.primal(), moving);
    if (residuals.stream().anyMatch(reached::contains)) {
      throw notLinear(e);
    }
    List<Value> values = b.inline(lin.primal(), args);
    for (int i = 0; i < alone.outs().size(); i++) {
      if (lin.outHasTangent().get(i)) {
        linear.add(e.outputs().get(i));
      } else {
        constants.put(e.outputs().get(i), values.get(i));
      }
    }
    splits.put(e, new Split(lin, values.subList(alone.outs().size(), values.size())));
  }

  private void backward(Eqn e) {
    List<Optional<Value>> given = e.outputs().stream().map(this::cotangent).toList();
    if (given.stream().anyMatch(Optional::isPresent)) {
      b.rule(e, () -> backward(e, given));
    }
  }

  private Eqn backward(Eqn e, List<Optional<Value>> given) {
    Split split = splits.get(e);
    if (split == null && given.getFirst().isPresent() && masked(e, given.getFirst().get())) {
      return e;
    }
    List<Optional<Value>> cts = given.stream().map(ct -> ct.map(masks::clean)).toList();
    if (split != null) {
      pullSplit(e, split, cts);
      return e;
    }
    switch (e.op()) {
      case Dot op -> new TransposeDot(this).pull(e, op, cts.getFirst().orElseThrow());
      case Index op -> new TransposeIndex(this).pull(e, op, cts.getFirst().orElseThrow());
      case Control.Scan op -> new TransposeScan(this, op, e).pull(cts);
      case Control.Cond op -> new TransposeCond(this, op, e).pull(cts);
      case Control.Transposed op -> transposed(e, op, cts);
      case OptimizationBarrier _ -> give(e.in(0), cts.getFirst());
      case Custom op when op instanceof Custom.Linear l -> custom(e, l, cts);
      case Elementwise _, Cast _, Reduce _, Move _, Source _, Check _, HostEffect _ ->
          throw notLinear(e);
      case Control.While _, Control.Call _, Custom _ -> throw notLinear(e);
    }
    return e;
  }

  /** The ops through which a mask goes on; false for others. */
  private boolean masked(Eqn e, Value ct) {
    switch (e.op()) {
      case Elementwise op -> elementwise(e, op.row(), ct);
      case Cast _ -> cast(e, ct);
      case Reduce op -> reduce(e, op, ct);
      case Move op -> new TransposeMove(this).pull(e, op, ct);
      default -> {
        return false;
      }
    }
    return true;
  }

  private void custom(Eqn e, Custom.Linear op, List<Optional<Value>> cts) {
    List<Tensor> given = new ArrayList<>();
    for (int i = 0; i < cts.size(); i++) {
      given.add(tensor(Terms.orZero(cts.get(i), e.outputs().get(i).type())));
    }
    List<Value> out =
        op.transpose(e.inputs().stream().map(Value::type).toList(), given).stream()
            .map(b::lift)
            .toList();
    Terms.sameTypes(g, e, "transpose", out, e.inputs());
    for (int i = 0; i < out.size(); i++) {
      give(e.in(i), out.get(i));
    }
  }

  AutodiffException notLinear(Eqn e) {
    return new AutodiffException(
        "not linear: "
            + Terms.describe(g, e)
            + "; only values that are not transposed may be used so");
  }

  private void elementwise(Eqn e, ElementwiseRow row, Value ct) {
    switch (row) {
      case ElementwiseRow r when r.equals(Rows.ADD) -> {
        give(e.in(0), ct);
        give(e.in(1), ct);
      }
      case ElementwiseRow r when r.equals(Rows.SUB) -> {
        give(e.in(0), ct);
        giveNegated(e.in(1), ct);
      }
      case ElementwiseRow r when r.equals(Rows.NEG) -> giveNegated(e.in(0), ct);
      case ElementwiseRow r when r.equals(Rows.MUL) -> {
        requireOneLinear(e);
        int i = isLinear(e.in(0)) ? 0 : 1;
        Value factor = constant(e.in(1 - i));
        give(e.in(i), masks.scaled(ct, factor, Terms.row(b, Rows.MUL, factor, ct)));
      }
      case ElementwiseRow r when r.equals(Rows.DIV) -> {
        requireOneLinear(e);
        requireConstant(e, 1);
        Value divisor = constant(e.in(1));
        give(e.in(0), masks.scaled(ct, divisor, Terms.row(b, Rows.DIV, ct, divisor)));
      }
      case ElementwiseRow r when r.equals(Rows.SELECT) -> select(e, ct);
      case ElementwiseRow r when r.equals(Rows.UNTRACED) -> give(e.in(0), ct);
      case ElementwiseRow r when r.equals(Rows.STOP_GRADIENT) -> requireGuard(e);
      default -> throw notLinear(e);
    }
  }

  private void giveNegated(Value v, Value ct) {
    if (isLinear(v)) {
      give(v, masks.same(ct, Terms.row(b, Rows.NEG, ct)));
    }
  }

  private void select(Eqn e, Value ct) {
    requireConstant(e, 0);
    Value zero = Lit.zero(ct.type());
    Value p = constant(e.in(0));
    if (isLinear(e.in(1))) {
      give(e.in(1), masks.chosen(ct, p, true, Terms.row(b, Rows.SELECT, p, ct, zero)));
    }
    if (isLinear(e.in(2))) {
      give(e.in(2), masks.chosen(ct, p, false, Terms.row(b, Rows.SELECT, p, zero, ct)));
    }
  }

  /**
   * A guard {@code select(p, x, stopGradient(x))} is linear where {@code p} holds, and elsewhere
   * nobody reads it; any other use is not linear.
   */
  private void requireGuard(Eqn e) {
    boolean guards =
        g.eqns().stream()
            .filter(u -> u.inputs().contains(e.out()))
            .allMatch(
                u ->
                    u.op() instanceof Elementwise w
                        && w.row().equals(Rows.SELECT)
                        && u.in(1).equals(e.in(0))
                        && u.in(2).equals(e.out()));
    if (!guards || g.outs().contains(e.out())) {
      throw notLinear(e);
    }
  }

  /** A product of two linear values is not linear. */
  void requireOneLinear(Eqn e) {
    if (isLinear(e.in(0)) && isLinear(e.in(1))) {
      throw notLinear(e);
    }
  }

  void requireConstant(Eqn e, int operand) {
    if (isLinear(e.in(operand))) {
      throw notLinear(e);
    }
  }

  private void cast(Eqn e, Value ct) {
    if (!Terms.isFloat(e.in(0)) || !Terms.isFloat(e.out())) {
      throw notLinear(e);
    }
    give(e.in(0), masks.same(ct, b.emit1(new Cast(e.in(0).type().dtype()), ct)));
  }

  private void reduce(Eqn e, Reduce op, Value ct) {
    switch (op.kind()) {
      case SUM -> {
        Shape shape = e.in(0).type().shape();
        give(e.in(0), masks.moved(ct, v -> Terms.spread(b, v, shape, op.axes())));
      }
      case PROD, MAX, MIN, ANY, ALL, ARGMAX, ARGMIN -> throw notLinear(e);
    }
  }

  // The transpose of the transpose is the rule itself.
  private void transposed(Eqn e, Control.Transposed op, List<Optional<Value>> cts) {
    List<Optional<Value>> args = new ArrayList<>();
    for (int i = 0; i < op.residuals(); i++) {
      requireConstant(e, i);
      args.add(Optional.of(constant(e.in(i))));
    }
    args.addAll(cts);
    List<Optional<Value>> result = SymbolicZeros.inline(b, op.backward(), args);
    for (int i = 0; i < result.size(); i++) {
      Value to = e.in(op.residuals() + i);
      result.get(i).ifPresent(v -> give(to, v));
    }
  }

  private void pullSplit(Eqn e, Split split, List<Optional<Value>> cts) {
    List<Optional<Value>> floats = new ArrayList<>();
    for (int i = 0; i < cts.size(); i++) {
      if (Terms.isFloat(e.outputs().get(i))) {
        floats.add(cts.get(i));
      }
    }
    List<Optional<Value>> result = pull(b, split.lin().tangent(), split.residuals(), floats);
    List<Value> operands = e.inputs().stream().filter(this::isLinear).toList();
    for (int i = 0; i < result.size(); i++) {
      give(operands.get(i), result.get(i));
    }
  }

  /** Gives {@code rule(ct)} to operand {@code i} when that is linear. */
  void giveTensor(Eqn e, int i, Supplier<Tensor> rule) {
    if (isLinear(e.in(i))) {
      give(e.in(i), b.lift(rule.get()));
    }
  }

  Tensor tensor(Value v) {
    return b.tracer(v);
  }

  Tensor at(Eqn e, int operand) {
    requireConstant(e, operand);
    return constantTensor(e.in(operand));
  }
}
