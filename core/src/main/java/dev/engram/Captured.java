package dev.engram;

import dev.engram.ir.Tensor;
import dev.engram.ir.Tracer;
import dev.engram.ir.checks.Given;

/** Something from around a traced function that it used: an extra input of its graph. */
public sealed interface Captured {

  /**
   * A state that was read before it was written; {@code mapped} axes of it were hidden further in.
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

  /** Its value for the running code. */
  default Tensor now() {
    return switch (this) {
      case OfState c -> c.state.value();
      case OfValue c -> c.value;
    };
  }

  /** Equal for two captures of the same thing. */
  default Object identity() {
    return switch (this) {
      case OfState c -> c.state;
      case OfValue c -> c.value.value();
    };
  }
}
