package dev.engram.etrace.analysis;

import dev.engram.autodiff.Vjp;
import dev.engram.etrace.normalize.Relabelling;
import dev.engram.etrace.signal.StepCopy;
import dev.engram.etrace.traces.MovedLayout;
import dev.engram.etrace.traces.TraceLayout;
import dev.engram.ir.Builder;
import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.Lit;
import dev.engram.ir.Role;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import dev.engram.ir.op.Custom;
import dev.engram.ir.op.Dot;
import dev.engram.ir.op.Index;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * A site: an op where a weight, or a value computed from weights only, meets data: {@code y = x ·
 * w}.
 */
public sealed interface Site {

  /** Returns the value computed from weights only. */
  Value weight();

  /** Returns the signal y, through which the weight acts. */
  Var signal();

  Eqn eqn();

  default SourceLocation where() {
    return eqn().where();
  }

  /** Returns the type of x; empty if the data are part of the path instead. */
  Optional<TensorType> dataType();

  /** Returns x as a float tensor. */
  Optional<Tensor> data(StepCopy copy);

  /** Returns {@code x ⊗ dy}: the gradient of the weight value for the cotangent of y. */
  Tensor pullback(StepCopy copy, Tensor dy);

  /** {@link #pullback} with another tensor in place of x; needs the weights' side of a copy. */
  Tensor product(StepCopy copy, Tensor x, Tensor dy);

  /** A contraction with data: y is its result. */
  record Contract(Eqn eqn, int weightOperand) implements Site {
    @Override
    public Value weight() {
      return eqn.in(weightOperand);
    }

    @Override
    public Var signal() {
      return eqn.out();
    }

    public Value data() {
      return eqn.in(1 - weightOperand);
    }

    public Dot dot() {
      return (Dot) eqn.op();
    }

    @Override
    public Optional<TensorType> dataType() {
      return Optional.of(data().type());
    }

    @Override
    public Optional<Tensor> data(StepCopy copy) {
      return Optional.of(copy.tensor(data()));
    }

    @Override
    public Tensor pullback(StepCopy copy, Tensor dy) {
      return product(copy, copy.tensor(data()), dy);
    }

    @Override
    public Tensor product(StepCopy copy, Tensor x, Tensor dy) {
      Builder b = copy.b;
      Builder one = new Builder("site");
      Var left = one.param(eqn.in(0).type(), Role.INPUT, "");
      Var right = one.param(eqn.in(1).type(), Role.INPUT, "");
      Graph g = one.build(one.at(where()).emit(eqn.op(), List.of(left, right)));
      List<Boolean> wrt = List.of(weightOperand == 0, weightOperand == 1);
      Value w = Lit.zero(weight().type()); // the product is linear in it
      List<Value> args =
          weightOperand == 0
              ? List.of(w, b.lift(x), b.lift(dy))
              : List.of(b.lift(x), w, b.lift(dy));
      return b.tracer(b.inline(Vjp.of(g, wrt), args).get(1));
    }
  }

  /** Rows of a table, looked up by data: a contraction with the one-hot of the indices. */
  record Lookup(Eqn eqn) implements Site {
    @Override
    public Value weight() {
      return eqn.in(0);
    }

    @Override
    public Var signal() {
      return eqn.out();
    }

    public Value indices() {
      return eqn.in(1);
    }

    public Index.Gather gather() {
      return (Index.Gather) eqn.op();
    }

    private int rows() {
      return weight().type().shape().dim(gather().axis());
    }

    @Override
    public Optional<TensorType> dataType() {
      TensorType i = indices().type();
      return Optional.of(
          new TensorType(weight().type().dtype(), i.shape().insert(i.rank(), rows())));
    }

    @Override
    public Optional<Tensor> data(StepCopy copy) {
      Tensor i = copy.tensor(indices());
      Tensor last = i.like(rows() - 1);
      Tensor inside = i.max(i.like(0)).min(last); // as the op itself does
      return Optional.of(inside.oneHot(rows(), weight().type().dtype()));
    }

    @Override
    public Tensor pullback(StepCopy copy, Tensor dy) {
      Builder one = new Builder("site");
      Var table = one.param(eqn.in(0).type(), Role.INPUT, "");
      Var at = one.param(eqn.in(1).type(), Role.INPUT, "");
      Graph g = one.build(one.at(where()).emit(eqn.op(), List.of(table, at)));
      Value w = Lit.zero(weight().type()); // linear in it
      List<Value> args = List.of(w, copy.value(indices()), copy.b.lift(dy));
      return copy.b.tracer(copy.b.inline(Vjp.of(g, List.of(true, false)), args).get(1));
    }

    @Override
    public Tensor product(StepCopy copy, Tensor x, Tensor dy) {
      int axis = gather().axis();
      int j = indices().type().rank();
      List<Integer> ofX = IntStream.range(0, j).boxed().toList();
      List<Integer> ofY = IntStream.range(axis, axis + j).boxed().toList();
      // [rows, p…, q…]
      Tensor g = x.dot(dy, new Dot(ofX, ofY, List.of(), List.of()));
      return g.moveAxis(0, axis);
    }
  }

  /** A product by tables of connections, which stay the same from step to step. */
  record Connected(Eqn eqn) implements Site {
    /** The operands that say which element of the data and of the result each weight joins. */
    public List<Value> tables() {
      return eqn.inputs().subList(2, eqn.inputs().size());
    }

    public Custom.Connecting op() {
      return (Custom.Connecting) eqn.op();
    }

    @Override
    public Value weight() {
      return eqn.in(1);
    }

    @Override
    public Var signal() {
      return eqn.out();
    }

    @Override
    public Optional<TensorType> dataType() {
      return Optional.of(eqn.in(0).type());
    }

    @Override
    public Optional<Tensor> data(StepCopy copy) {
      return Optional.of(copy.tensor(eqn.in(0)));
    }

    @Override
    public Tensor pullback(StepCopy copy, Tensor dy) {
      return product(copy, copy.tensor(eqn.in(0)), dy);
    }

    @Override
    public Tensor product(StepCopy copy, Tensor x, Tensor dy) {
      TraceLayout at = TraceLayout.of(this).within(copy);
      return at.spreadData(x).mul(at.spreadSignal(dy));
    }
  }

  /**
   * A site whose result is used with its positions relabelled: y is the relabelled result. A
   * product that is used with several relabellings, like the gates in one product, is one such site
   * for each.
   *
   * @param chain the equations that relabel, the first of which reads the base's result
   */
  record Moved(Site base, List<Eqn> chain, Relabelling relabel) implements Site {
    public Moved {
      chain = List.copyOf(chain);
    }

    @Override
    public Value weight() {
      return base.weight();
    }

    @Override
    public Var signal() {
      return chain.getLast().out();
    }

    @Override
    public Eqn eqn() {
      return base.eqn();
    }

    @Override
    public Optional<TensorType> dataType() {
      return base.dataType();
    }

    @Override
    public Optional<Tensor> data(StepCopy copy) {
      return base.data(copy);
    }

    @Override
    public Tensor pullback(StepCopy copy, Tensor dy) {
      return base.pullback(copy, back(copy.b, dy));
    }

    @Override
    public Tensor product(StepCopy copy, Tensor x, Tensor dy) {
      return base.product(copy, x, back(copy.b, dy));
    }

    private Tensor back(Builder b, Tensor dy) {
      Graph g = MovedLayout.backward(relabel, base.signal().type());
      return b.tracer(b.inline(g, List.of(b.lift(dy))).getFirst());
    }
  }

  /**
   * Any other use with data: y is the weight value itself, so that the ops on it count as the path.
   * For example a bias, a gain, a time constant.
   */
  record Direct(Eqn eqn, Var weight) implements Site {
    @Override
    public Var signal() {
      return weight;
    }

    @Override
    public Optional<TensorType> dataType() {
      return Optional.empty();
    }

    @Override
    public Optional<Tensor> data(StepCopy copy) {
      return Optional.empty();
    }

    @Override
    public Tensor pullback(StepCopy copy, Tensor dy) {
      return dy;
    }

    @Override
    public Tensor product(StepCopy copy, Tensor x, Tensor dy) {
      return dy;
    }
  }
}
