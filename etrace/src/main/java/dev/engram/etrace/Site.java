package dev.engram.etrace;

import dev.engram.autodiff.Vjp;
import dev.engram.ir.Builder;
import dev.engram.ir.Dot;
import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.Lit;
import dev.engram.ir.Role;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import dev.engram.ir.Where;
import java.util.List;
import java.util.Optional;

/** A place where a weight, or a value made of weights alone, meets data: {@code y = x · w}. */
sealed interface Site {

  /** The value made of weights alone. */
  Value weight();

  /** The value y that carries it on. */
  Var signal();

  Eqn eqn();

  default Where where() {
    return eqn().where();
  }

  /** Type of x; empty where the data are part of the path instead. */
  Optional<TensorType> dataType();

  /** x as a float tensor. */
  Optional<Tensor> data(StepCopy copy);

  /** {@code x ⊗ dy}: the gradient of the weight value for the cotangent of y. */
  Tensor pullback(StepCopy copy, Tensor dy);

  /** {@link #pullback} with another tensor in the place of x. */
  Tensor product(Builder b, Tensor x, Tensor dy);

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

    Value data() {
      return eqn.in(1 - weightOperand);
    }

    Dot dot() {
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
      return product(copy.b, copy.tensor(data()), dy);
    }

    @Override
    public Tensor product(Builder b, Tensor x, Tensor dy) {
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

  /**
   * Any other meeting: y is the weight value itself, so that what is done to it counts as the path.
   * A bias, a gain, a time constant.
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
    public Tensor product(Builder b, Tensor x, Tensor dy) {
      return dy;
    }
  }
}
