package dev.engram.etrace.analysis;

import dev.engram.etrace.EtraceException;
import dev.engram.ir.Builder;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.checks.Given;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A method of a coordinate of a rule that others have written; checks what it returns.
 *
 * @param coordinate an instance of their class
 */
public record UserClass(Object coordinate, String method) {

  /** The simple name of a class, {@code custom} for a lambda or another class without a name. */
  public static String name(Object coordinate) {
    return hasName(coordinate.getClass()) ? coordinate.getClass().getSimpleName() : "custom";
  }

  private static boolean hasName(Class<?> c) {
    return !c.isHidden() && !c.isSynthetic() && !c.isAnonymousClass();
  }

  /** The method, for errors; of a class without a name, where it was written. */
  private String who() {
    Class<?> c = coordinate.getClass();
    return hasName(c)
        ? c.getSimpleName() + "." + method
        : method + " of a class without a name in " + c.getNestHost().getSimpleName();
  }

  /** An error of the coordinate. */
  public EtraceException refused(String what, String fix) {
    return new EtraceException(
        "%s: %s (%s); %s".formatted(who(), what, SourceLocation.here(), fix));
  }

  /**
   * Returns a tensor of {@code b}.
   *
   * @param of says what it is for, such as {@code for the state rnn.h}
   * @throws EtraceException when it is of another type
   */
  public Tensor one(Builder b, String of, @Nullable Tensor got, TensorType want) {
    Tensor t = Given.given("the result of " + who() + " " + of, got);
    if (!t.type().equals(want)) {
      throw refused(
          "got %s %s, expected %s".formatted(t.type(), of, want), "return a tensor of that type");
    }
    return b.tracer(b.lift(t));
  }

  /**
   * {@link #one} for each of several.
   *
   * @throws EtraceException when there are more or fewer, or one is of another type
   */
  public List<Tensor> all(Builder b, String of, @Nullable List<Tensor> got, List<TensorType> want) {
    List<Tensor> all = Given.all(who(), "the result " + of, got);
    if (all.size() != want.size()) {
      throw refused(
          "got %d tensors %s, expected %d".formatted(all.size(), of, want.size()),
          "return " + (want.isEmpty() ? "an empty list" : "one each of " + want));
    }
    List<Tensor> out = new ArrayList<>();
    for (int i = 0; i < want.size(); i++) {
      out.add(one(b, "as number " + i + " " + of, all.get(i), want.get(i)));
    }
    return out;
  }
}
