package dev.engram.ir.op;

import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.InterruptedRunException;
import dev.engram.ir.RunException;
import dev.engram.ir.Shape;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.TensorType;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.TypeRules;
import dev.engram.ir.runtime.Sinks;
import dev.engram.ir.syntax.Literals;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Tells the host something while a program runs: a line to print, or how far a loop is.
 *
 * <p>Operands: the <em>order</em>, an {@code i32[]}; whether it is told, a {@code bool}; the
 * values. The result is the order plus one. Who tells something next takes that result as its
 * order, so a chain of data keeps notices in turn: in one graph as written, in loops and branches
 * because the order is a carry or a result of them. No pass has to know more: a notice whose order
 * nobody uses, such as one in a copy of a graph that a derivative computes again, is dropped with
 * all else that nobody uses; one that is used runs once for each time that its graph does.
 *
 * <p>Under a batch the second operand may have axes of examples; each value then has the same axes
 * in front.
 */
public sealed interface HostEffect extends Op {

  /** Number of operands in front of the values. */
  int VALUES = 2;

  @Override
  default Set<Effect> effects(List<TensorType> operands) {
    Given.all("HostEffect.effects", "operands", operands);
    return Set.of(Effect.HOST);
  }

  /**
   * Text with a place <code>{}</code> for each value, one line for each example.
   *
   * <p>Under a batch a line starts with the example, as in {@code [3] h = 0.5}.
   */
  record Print(String text) implements HostEffect {
    public Print {
      Given.given("Print", "text", text);
    }

    private static final String PLACE = "{}";

    @Override
    public String mnemonic() {
      return "print";
    }

    @Override
    public void requireValues(List<TensorType> in) {
      Given.all("Print.requireValues", "in", in);
      int places = 0;
      for (int at = text.indexOf(PLACE); at >= 0; at = text.indexOf(PLACE, at + PLACE.length())) {
        places++;
      }
      if (places != in.size() - VALUES) {
        throw new TypeException(
            "print: got "
                + (in.size() - VALUES)
                + " values, expected "
                + places
                + ", one for each {} in "
                + Literals.quoted(text));
      }
    }

    @Override
    public void say(List<HostTensor> in) {
      Given.all("Print.say", "in", in);
      Consumer<String> sink = Sinks.current();
      HostTensor told = in.get(1);
      for (long k = 0; k < told.type().size(); k++) {
        if (told.bits(k) != 0) {
          sink.accept(line(in, k));
        }
      }
    }

    private String line(List<HostTensor> in, long example) {
      Shape examples = in.get(1).shape();
      StringBuilder out = new StringBuilder();
      if (examples.rank() > 0) {
        out.append('[').append(examples.indices(example)).append("] ");
      }
      int from = 0;
      for (HostTensor value : in.subList(VALUES, in.size())) {
        int at = text.indexOf(PLACE, from);
        out.append(text, from, at).append(example(value, examples.rank(), example).elements());
        from = at + PLACE.length();
      }
      return out.append(text.substring(from)).toString();
    }

    private static HostTensor example(HostTensor x, int axes, long example) {
      TensorType one = x.type().with(x.shape().range(axes, x.shape().rank()));
      return x.part(one, example * one.size());
    }
  }

  /**
   * Calls {@code hook} with the first value, a whole number that says how far a loop is, and the
   * other values: when the number is a multiple of {@code every}, and at the last one of {@code
   * total}.
   *
   * <p>Under a batch it is called once, with the values of all examples, and the greatest number of
   * those that tell.
   */
  record Progress(Hook hook, int every, Optional<Integer> total) implements HostEffect {
    public Progress {
      Given.given("Progress", "hook", hook);
      Given.given("Progress", "total", total);
      if (every < 1) {
        throw new TypeException("progress: every=" + every + ", expected at least 1");
      }
    }

    @Override
    public String mnemonic() {
      return "progress";
    }

    @Override
    public void requireValues(List<TensorType> in) {
      Given.all("Progress.requireValues", "in", in);
      if (in.size() == VALUES
          || !in.get(VALUES).dtype().isInteger()
          || !in.get(VALUES).shape().equals(in.get(1).shape())) {
        throw new TypeException(
            "progress: got the values "
                + in.subList(VALUES, in.size())
                + ", expected first the step, a scalar integer");
      }
    }

    @Override
    public void say(List<HostTensor> in) {
      Given.all("Progress.say", "in", in);
      HostTensor told = in.get(1);
      HostTensor steps = in.get(VALUES);
      long step = Long.MIN_VALUE;
      boolean any = false;
      for (long k = 0; k < told.type().size(); k++) {
        if (told.bits(k) != 0) {
          step = Math.max(step, steps.bits(k));
          any = true;
        }
      }
      boolean last = total.isPresent() && step == total.get() - 1;
      if (any && (step % every == 0 || last)) {
        hook.callback().at(step, in.stream().skip(VALUES + 1).map(HostEffect::copy).toList());
      }
    }
  }

  /**
   * Code of the host that a program calls. Equal hooks have the very same callback.
   *
   * @param name what the text form says of it
   */
  record Hook(String name, Callback callback) {
    public Hook {
      Given.given("Hook", "name", name);
      Given.given("Hook", "callback", callback);
    }

    /** A hook as the parser makes it: it prints name, step and values. */
    public static Hook named(String name) {
      return new Hook(name, new Line(name));
    }

    private record Line(String name) implements Callback {
      @Override
      public void at(long step, List<HostTensor> values) {
        StringBuilder line = new StringBuilder(name).append(": step ").append(step);
        values.forEach(v -> line.append(", ").append(v.elements()));
        Sinks.current().accept(line.toString());
      }
    }

    @Override
    public String toString() {
      return name;
    }
  }

  /** What a {@link Hook} does. */
  @FunctionalInterface
  interface Callback {
    /** The values are copies; the running program must not be called from here. */
    void at(long step, List<HostTensor> values);
  }

  private static HostTensor copy(HostTensor x) {
    HostTensor own = HostTensor.allocate(x.type());
    own.segment().copyFrom(x.segment());
    return own;
  }

  /** Checks the values behind order and mask, which fit. */
  void requireValues(List<TensorType> in);

  /** Tells; operands are of types that {@link #typeOf} accepts. */
  void say(List<HostTensor> in);

  @Override
  default List<TensorType> typeOf(List<TensorType> in) {
    Given.all("HostEffect.typeOf", "in", in);
    if (in.size() < VALUES) {
      throw new TypeException(
          mnemonic()
              + ": got "
              + in.size()
              + " operands, expected the order, whether it is told, and the values");
    }
    if (!in.get(0).equals(TensorType.scalar(DType.I32))) {
      throw TypeRules.bad(mnemonic(), 0, in.get(0), "i32[], the order");
    }
    if (in.get(1).dtype() != DType.BOOL) {
      throw TypeRules.bad(mnemonic(), 1, in.get(1), "bool[], whether it is told");
    }
    Shape examples = in.get(1).shape();
    for (int i = VALUES; i < in.size(); i++) {
      Shape s = in.get(i).shape();
      if (s.rank() < examples.rank() || !s.range(0, examples.rank()).equals(examples)) {
        throw TypeRules.bad(
            mnemonic(), i, in.get(i), "axes [" + examples + "] in front, as operand 1 has");
      }
    }
    requireValues(in);
    return List.of(in.getFirst());
  }

  /**
   * Tells, and gives the next order.
   *
   * @throws RunException when a hook or the sink throws, with the user's line; theirs is the cause
   */
  default HostTensor tell(List<HostTensor> in, SourceLocation where) {
    Given.all("HostEffect.tell", "in", in);
    Given.given("HostEffect.tell", "where", where);
    try {
      say(in);
    } catch (InterruptedRunException | Error e) {
      throw e;
    } catch (Throwable t) { // from code that need not declare what it throws
      throw new RunException(
          mnemonic() + ": the code of the host has thrown " + t + " (" + where + ")", t);
    }
    return HostTensor.of(new int[] {(int) in.getFirst().bits(0) + 1});
  }

  /** Runs {@code body} on this thread with printed lines going to {@code sink}. */
  static void to(Consumer<String> sink, Runnable body) {
    Given.given("HostEffect.to", "body", body);
    Given.given("HostEffect.to", "sink", sink);
    Sinks.with(sink, body);
  }
}
