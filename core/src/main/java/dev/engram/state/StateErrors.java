package dev.engram.state;

import dev.engram.ir.Shape;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Storage;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TraceException;
import dev.engram.ir.TypeException;
import java.util.Optional;

/** What is wrong with the use of a state. */
final class StateErrors {
  private StateErrors() {}

  /** It is set to a value of another type. */
  static TypeException misfit(StateSlot s, TensorType got, TensorType want) {
    Shape shape = got.shape();
    int more = got.rank() - want.rank();
    String fix =
        got.dtype() != want.dtype()
            ? "cast the value to " + want.dtype() + ", or change the type with replace(...)"
            : more == 1 && shape.range(1, got.rank()).equals(want.shape()) && s.hasInit()
                ? "for whole batches give the states a batch axis with model.initAllStates("
                    + shape.dim(0)
                    + "), or map over the examples with Vmap"
                : "give it a value of that type, or change the type with replace(...)";
    return new TypeException(
        "%s is set to %s, expected %s (%s); %s"
            .formatted(s.describe(), got, want, SourceLocation.here(), fix));
  }

  /** It is set to a tensor that was given away. */
  static TraceException gone(StateSlot s, Tensor value, Storage memory) {
    String how =
        memory.isClosed()
            ? "that was closed (%s); set it before, and close it when the state has another value"
            : "whose memory was donated (%s); set it to the result of that call, or call the"
                + " function without donating";
    return new TraceException(
        "%s is set to a tensor of type %s ".formatted(s.describe(), value.type())
            + how.formatted(SourceLocation.here()));
  }

  /** It is set to a tracer where there is no trace. */
  static TraceException traced(StateSlot s, Tensor value) {
    return new TraceException(
        ("%s cannot be set to a traced value of type %s outside of its trace (%s); set it inside"
                + " the traced function, or return the value from it")
            .formatted(s.describe(), value.type(), SourceLocation.here()));
  }

  /** It is read and has no value. */
  static TraceException noValue(StateSlot s) {
    Optional<Throwable> broken = s.memory().broken();
    if (broken.isPresent()) {
      return new TraceException(
          "%s is read at %s but a run that was writing it has failed (%s); set, load or initialize it again"
              .formatted(s.describe(), SourceLocation.here(), broken.get()),
          broken.get());
    }
    String fix =
        StateScope.isTrace(s.birth())
            ? "it was made in a traced function and ended with it; make it outside, or return its"
                + " value"
            : s.hasInit()
                ? "call initAllStates() first on the model that holds it in a field, such as"
                    + " model.initAllStates()"
                : "give it a value with set(...) first";
    return new TraceException(
        "%s is read at %s but has no value; %s"
            .formatted(s.describe(), SourceLocation.here(), fix));
  }
}
