package dev.engram.tests.memory;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Compiler;
import dev.engram.Engram;
import dev.engram.Fn0;
import dev.engram.Fn1;
import dev.engram.State;
import dev.engram.States;
import dev.engram.backend.cpu.CpuOptions;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.RunException;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.ElementwiseRow;
import dev.engram.ir.op.Rows;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The function of a row runs in the middle of a program, in any thread: what it must not do. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RowFunctionsTest {
  private static final List<String> BACKENDS = List.of("cpu", "loops", "interpreter");
  private static final TensorType SMALL = TensorType.of(DType.F64, 1 << 12);

  /** Enough for all threads of the backend {@code cpu}. */
  private static final TensorType LARGE = TensorType.of(DType.F64, 1 << 19);

  /** x + 1, and before it what a test does. */
  private static Tensor plusOne(Tensor x, Runnable before) {
    ElementwiseRow row =
        ElementwiseRow.of(
            "plusOne",
            1,
            (a, _, _) -> {
              before.run();
              return a + 1;
            },
            Rows.TANH.domain(),
            List.of((_, y) -> y.like(1)));
    return Tensor.apply(new Elementwise(row), List.of(x)).getFirst();
  }

  /** s = s + 1, by that row. */
  private static Fn0<Tensor> increment(String backend, State s, Runnable before) {
    return Engram.jit(
        new Compiler(backend),
        () -> {
          s.set(plusOne(s.value(), before));
          return s.value().get(0);
        });
  }

  private static State zeros(TensorType type) {
    return State.other(HostTensor.allocate(type));
  }

  private static void assertUniform(double want, State s) {
    for (double v : s.value().host().toDoubles()) {
      assertEquals(want, v);
    }
  }

  @SuppressWarnings("unchecked")
  private static <T extends Throwable> void sneakily(Throwable t) throws T {
    throw (T) t;
  }

  private static int endless(int x) {
    return x < 0 ? 0 : 1 + endless(x + 1);
  }

  /** What functions throw: anything. */
  private enum Kind {
    CHECKED,
    UNCHECKED,
    ASSERTION,
    OVERFLOW,
    MEMORY;

    void thrown() {
      switch (this) {
        case CHECKED -> RowFunctionsTest.<RuntimeException>sneakily(new IOException("disk"));
        case UNCHECKED -> throw new IllegalStateException("13");
        case ASSERTION -> throw new AssertionError("13");
        case OVERFLOW -> endless(0);
        case MEMORY -> throw new OutOfMemoryError("13");
      }
    }

    void check(Throwable got) {
      switch (this) {
        case CHECKED -> {
          String text = assertInstanceOf(RunException.class, got).getMessage();
          assertTrue(
              text.matches(
                  "the code of a row has thrown java.io.IOException: disk"
                      + " \\(RowFunctionsTest.java:\\d+\\), which is checked; throw an unchecked"
                      + " exception"),
              text);
          assertInstanceOf(IOException.class, got.getCause());
        }
        case UNCHECKED -> assertInstanceOf(IllegalStateException.class, got);
        case ASSERTION -> assertInstanceOf(AssertionError.class, got);
        case OVERFLOW -> assertInstanceOf(StackOverflowError.class, got);
        case MEMORY -> assertInstanceOf(OutOfMemoryError.class, got);
      }
    }
  }

  static Stream<Arguments> throwing() {
    return BACKENDS.stream().flatMap(b -> Stream.of(Kind.values()).map(k -> Arguments.of(b, k)));
  }

  /** Also where the program could write it in place, but for the row. */
  @ParameterizedTest
  @MethodSource("throwing")
  void aFunctionThatThrowsLeavesTheStatesAsTheyWere(String backend, Kind kind) {
    State s = zeros(SMALL);
    State count = State.other(HostTensor.of(new double[] {0}, 1));
    AtomicInteger left = new AtomicInteger();
    Fn0<Tensor> next =
        Engram.jit(
            new Compiler(backend),
            () -> {
              count.set(count.value().add(1));
              s.set(
                  plusOne(
                      s.value(),
                      () -> {
                        if (left.decrementAndGet() == 0) {
                          kind.thrown();
                        }
                      }));
              return s.value().get(0);
            });
    next.apply();
    next.apply(); // both are the library's from here on
    for (int i = 0; i < 3; i++) {
      left.set((int) SMALL.size() / 2);
      kind.check(assertThrows(Throwable.class, next::apply));
      assertEquals(2 + i, count.value().host().item());
      assertUniform(2 + i, s);
      next.apply();
      next.apply();
      left.set((int) SMALL.size() / 2);
      kind.check(assertThrows(Throwable.class, next::apply));
      assertUniform(4 + i, s);
      count.set(HostTensor.of(new double[] {3 + i}, 1));
      s.set(HostTensor.full(SMALL, 3 + i));
      next.apply();
      s.set(HostTensor.full(SMALL, 3 + i));
      count.set(HostTensor.of(new double[] {3 + i}, 1));
    }
  }

  /** What must not be done in the function of a row. */
  private enum Deed {
    READ("is read"),
    SNAPSHOT("is read"),
    GRAD("is read"),
    LOOP("is read"),
    SET("is set"),
    REPLACE("is set"),
    MAKE("is set"),
    COPY("is set"),
    CALL("a compiled function is called"),
    CALL_OF_STATES("a compiled function is called");

    final String says;

    Deed(String says) {
      this.says = says;
    }

    void run(State s, Fn0<Tensor> pure, Fn0<Tensor> step) {
      States all = new States(Map.of("s", s));
      switch (this) {
        case READ -> s.value();
        case SNAPSHOT -> all.snapshot();
        case GRAD -> Engram.grad((Tensor x) -> x.mul(s.value().sum())).apply(scalar());
        case LOOP -> Engram.forLoop(() -> s.value().sum(), 2);
        case SET -> s.set(HostTensor.allocate(s.type()));
        case REPLACE -> s.replace(HostTensor.allocate(SMALL));
        case MAKE -> State.other(scalar());
        case COPY -> all.copyFrom(new States(Map.of("s", s)));
        case CALL -> pure.apply();
        case CALL_OF_STATES -> step.apply();
      }
    }

    private static HostTensor scalar() {
      return HostTensor.of(new double[] {1});
    }
  }

  static Stream<Arguments> deeds() {
    return BACKENDS.stream().flatMap(b -> Stream.of(Deed.values()).map(d -> Arguments.of(b, d)));
  }

  private static void assertRefused(Deed deed, RunException e) {
    String text = e.getMessage();
    assertTrue(
        text.contains(deed.says + " by the function of a row (RowFunctionsTest.java:"), text);
    assertTrue(text.endsWith("which may use its operands alone; make what it needs one of them"));
  }

  /** In the calling thread, by the program that writes the state and by one that does not. */
  @ParameterizedTest
  @MethodSource("deeds")
  void isRefusedInTheCallingThread(String backend, Deed deed) {
    State s = zeros(SMALL);
    AtomicBoolean on = new AtomicBoolean();
    Fn0<Tensor> pure = Engram.jit(() -> HostTensor.of(new double[] {1}).add(1));
    pure.apply();
    List<Fn0<Tensor>> step = new ArrayList<>();
    Runnable before =
        () -> {
          if (on.get()) {
            deed.run(s, pure, step.getFirst());
          }
        };
    step.add(increment(backend, s, before));
    step.getFirst().apply();
    step.getFirst().apply();
    Fn1<Tensor, Tensor> other =
        Engram.jit(new Compiler(backend), (Tensor x) -> plusOne(x, before).sum());
    HostTensor x = HostTensor.allocate(SMALL);
    other.apply(x);
    on.set(true);
    assertRefused(deed, assertThrows(RunException.class, step.getFirst()::apply));
    assertRefused(deed, assertThrows(RunException.class, () -> other.apply(x)));
    on.set(false);
    assertUniform(2, s);
    step.getFirst().apply();
    assertUniform(3, s);
    on.set(true);
    deed.run(s, pure, () -> HostTensor.of(new double[] {1})); // control: here it may
  }

  static Stream<Deed> allDeeds() {
    return Stream.of(Deed.values());
  }

  /** There it waited for the run, which waited for it. */
  @ParameterizedTest
  @MethodSource("allDeeds")
  void isRefusedInAWorker(Deed deed) {
    State s = zeros(LARGE);
    AtomicBoolean on = new AtomicBoolean();
    AtomicBoolean done = new AtomicBoolean();
    Thread caller = Thread.currentThread();
    boolean alone = CpuOptions.ofProperties().threads() == 1;
    Fn0<Tensor> pure = Engram.jit(() -> HostTensor.of(new double[] {1}).add(1));
    pure.apply();
    List<Fn0<Tensor>> step = new ArrayList<>();
    step.add(
        increment(
            "cpu",
            s,
            () -> {
              boolean mine = Thread.currentThread() == caller;
              if (on.get() && (alone || !mine) && !done.getAndSet(true)) {
                deed.run(s, pure, step.getFirst());
              }
              while (on.get() && mine && !done.get()) {
                Thread.onSpinWait();
              }
            }));
    step.getFirst().apply();
    step.getFirst().apply();
    on.set(true);
    assertRefused(deed, assertThrows(RunException.class, step.getFirst()::apply));
    on.set(false);
    assertTrue(done.get());
    assertUniform(2, s);
    step.getFirst().apply();
    assertUniform(3, s);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void atOnceItIsTheSame(boolean tracing) {
    State s = zeros(SMALL);
    HostTensor x = HostTensor.of(new double[] {1, 2}, 2);
    Fn1<Tensor, Tensor> f = y -> y.add(plusOne(x, s::value));
    Fn1<Tensor, Tensor> g = tracing ? Engram.jit(f) : f;
    assertRefused(Deed.READ, assertThrows(RunException.class, () -> g.apply(x)));
  }

  /** What it may: the operands, and tensors computed on the way. */
  @Test
  void tensorsMayBeUsed() {
    HostTensor one = HostTensor.of(new double[] {1});
    Fn1<Tensor, Tensor> f =
        Engram.jit(x -> plusOne(x, () -> assertEquals(2, one.add(1).host().item())));
    Tensor y = f.apply(HostTensor.of(new double[] {1, 2}, 2));
    assertArrayEquals(new double[] {2, 3}, y.host().toDoubles());
    assertFalse(one.isClosed());
  }
}
