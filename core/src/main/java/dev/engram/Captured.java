package dev.engram;

import dev.engram.ir.Tensor;
import dev.engram.ir.Tracer;
import dev.engram.ir.checks.Given;

/** A value captured from the scope around a traced function: an extra input of its graph. */
public sealed interface Captured {

  /**
   * A state that was read before it was written; {@code mapped} of its axes were hidden from inner
   * code.
   */
  record OfState(State state, int mapped) implements Captured {
    public OfState {
      Given.given("OfState", "state", state);
    }
  }

  /** A value of an enclosing trace. */
  record OfValue(Tracer value) implements Captured {
    public OfValue {
      Given.given("OfValue", "value", value);
    }
  }

  /** Returns its value as the running code sees it. */
  default Tensor now() {
    return switch (this) {
      case OfState c -> c.state.value();
      case OfValue c -> c.value;
    };
  }

  /** Returns a key that is equal for two captures of the same thing. */
  default Object identity() {
    return switch (this) {
      case OfState c -> c.state;
      case OfValue c -> c.value.value();
    };
  }
}
