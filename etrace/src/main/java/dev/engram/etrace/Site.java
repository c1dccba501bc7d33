package dev.engram.etrace;

import dev.engram.ir.Dot;
import dev.engram.ir.Eqn;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import dev.engram.ir.Where;

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
  }
}
