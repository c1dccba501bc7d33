package dev.engram.lower.run;

import dev.engram.ir.HostTensor;
import dev.engram.ir.InterruptedRunException;
import dev.engram.ir.Lit;
import dev.engram.ir.runtime.Thrown;
import dev.engram.lower.Access;
import dev.engram.lower.Stmt;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.LongUnaryOperator;
import java.util.stream.LongStream;

/**
 * The host's part of a run: loops, branches and notices. Nests and sorts, steps that the subclass
 * runs together, and where buffers lie, are the subclass's.
 */
public abstract class HostSteps {
  private final String program;

  /** Those of the loops around, outermost first. */
  private long[] counters = new long[0];

  /** Steps that have begun. */
  private long begun;

  /**
   * @param program its name, for errors
   */
  protected HostSteps(String program) {
    this.program = program;
  }

  /** Runs as many steps as are {@link #together}, of which this is the first. */
  protected abstract void launch(Stmt first);

  /** How many steps from this one on {@link #launch} runs; 0 for one that is the host's. */
  protected int together(Stmt first) {
    return first instanceof Stmt.Nest || first instanceof Stmt.Sort ? 1 : 0;
  }

  /**
   * Looks at elements of a buffer, which waits for what was launched, and throws what has failed by
   * then.
   *
   * @return the bits of an element by its position, from {@code first} to {@code last}
   */
  protected abstract LongUnaryOperator elements(int buffer, long first, long last);

  /** Sets an element of a buffer, in the order of the launches. */
  protected abstract void setElement(int buffer, long at, long bits);

  /** Makes two buffers exchange their memory. */
  protected abstract void swap(Stmt.Swap s);

  /** Remembers where the buffers are; what it returns puts them back. */
  protected Runnable places() {
    return () -> {};
  }

  /** Called before a notice is told. */
  protected void beforeNotice() {}

  /** Runs steps that are in no loop. */
  protected final void run(List<Stmt> steps) {
    counters = new long[0];
    steps(steps);
  }

  /** The counters of the loops around the step of now, outermost first; not to be changed. */
  protected final long[] counters() {
    return counters;
  }

  private void steps(List<Stmt> steps) {
    int at = 0;
    while (at < steps.size()) {
      begun++;
      Stmt s = steps.get(at);
      int some = together(s);
      if (some > 0) {
        if (hasLoop(steps, at, at + some)) {
          InterruptedRunException.check(program, 0);
        }
        launch(s);
      } else {
        step(s);
      }
      at += Math.max(1, some);
    }
  }

  private static boolean hasLoop(List<Stmt> steps, int from, int to) {
    for (int i = from; i < to; i++) {
      if (steps.get(i) instanceof Stmt.Loop) {
        return true;
      }
    }
    return false;
  }

  private void step(Stmt s) {
    switch (s) {
      case Stmt.Nest _, Stmt.Sort _ -> throw new AssertionError(s);
      case Stmt.Tell t -> tell(t);
      case Stmt.Loop l when l.parallel() -> parallel(l);
      case Stmt.Loop l -> loop(l);
      case Stmt.While w -> loop(w);
      case Stmt.Branch b -> steps(holds(b.predicate()) ? b.onTrue() : b.onFalse());
    }
  }

  private void loop(Stmt.Loop l) {
    long[] outside = counters;
    counters = Arrays.copyOf(outside, outside.length + 1);
    for (int i = 0; i < l.length(); i++) {
      InterruptedRunException.check(program, i);
      counters[outside.length] = l.reverse() ? l.length() - 1 - i : i;
      steps(l.body());
      l.swaps().forEach(this::swap);
    }
    counters = outside;
  }

  // One iteration after the other; what is thrown is what would be thrown first if all of them took
  // their steps at the same time.
  private void parallel(Stmt.Loop l) {
    long[] outside = counters;
    Optional<Throwable> first = Optional.empty();
    long least = Long.MAX_VALUE;
    for (int i = 0; i < l.length(); i++) {
      InterruptedRunException.check(program, i);
      counters = Arrays.copyOf(outside, outside.length + 1);
      counters[outside.length] = l.reverse() ? l.length() - 1 - i : i;
      Runnable back = places();
      long before = begun;
      try {
        steps(l.body());
        l.swaps().forEach(this::swap);
      } catch (InterruptedRunException e) {
        throw e;
      } catch (Throwable t) {
        back.run();
        if (begun - before < least) {
          least = begun - before;
          first = Optional.of(t);
        }
      }
    }
    counters = outside;
    if (first.isPresent()) {
      throw Thrown.unchecked(first.get());
    }
  }

  private void loop(Stmt.While w) {
    long[] outside = counters;
    counters = Arrays.copyOf(outside, outside.length + 1);
    for (long step = 0; w.bound().isEmpty() || step < w.bound().get(); step++) {
      steps(w.condition());
      if (!holds(w.predicate())) {
        break;
      }
      InterruptedRunException.check(program, step);
      steps(w.body());
      w.swaps().forEach(this::swap);
    }
    counters = outside;
  }

  private void tell(Stmt.Tell t) {
    beforeNotice();
    List<HostTensor> in = t.operands().stream().map(this::gathered).toList();
    HostTensor next = t.op().tell(in, t.where());
    setElement(t.order().buffer(), position(t.order()), next.bits(0));
  }

  private HostTensor gathered(Stmt.Operand operand) {
    return switch (operand) {
      case Stmt.Operand.Known(Lit value) -> HostTensor.fill(value.type(), value.bits());
      case Stmt.Operand.Stored s -> {
        HostTensor out = HostTensor.allocate(s.type());
        if (s.type().size() > 0) {
          LongUnaryOperator from = elements(s.from().buffer(), least(s), most(s));
          for (long k = 0; k < s.type().size(); k++) {
            out.setBits(k, from.applyAsLong(position(s, k)));
          }
        }
        yield out;
      }
    };
  }

  private long position(Stmt.Operand.Stored s, long k) {
    return s.position(k, t -> counters[t]);
  }

  private long least(Stmt.Operand.Stored s) {
    return LongStream.range(0, s.type().size()).map(k -> position(s, k)).min().orElse(0);
  }

  private long most(Stmt.Operand.Stored s) {
    return LongStream.range(0, s.type().size()).map(k -> position(s, k)).max().orElse(0);
  }

  private boolean holds(Access p) {
    long at = position(p);
    return elements(p.buffer(), at, at).applyAsLong(at) != 0;
  }

  /** Of the element at which all counters of a nest are 0. */
  private long position(Access a) {
    long at = a.at().offset();
    for (int t = 0; t < counters.length; t++) {
      at += a.at().outer().get(t) * counters[t];
    }
    return at;
  }
}
