package dev.engram.tests.memory;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.engram.Compiler;
import dev.engram.Engram;
import dev.engram.Fn0;
import dev.engram.Fn1;
import dev.engram.State;
import dev.engram.States;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Programs that write states in place, where what they read lies in the same memory. */
class SharedStatesTest {
  private static HostTensor f64(double... values) {
    return HostTensor.of(values, values.length);
  }

  private static void assertValue(State s, double... want) {
    assertArrayEquals(want, s.value().host().toDoubles());
  }

  /** {@code a ← a + 1, b ← b + 2}. */
  private static Fn0<Tensor> both(String backend, State a, State b) {
    return Engram.jit(
        new Compiler(backend),
        () -> {
          a.set(a.value().add(1));
          b.set(b.value().add(2));
          return a.value().sum();
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "loops", "interpreter"})
  void twoStatesWithOneTensorAreWritten(String backend) {
    HostTensor x = f64(1, 2);
    State a = State.parameter(x);
    State b = State.parameter(x);
    Fn0<Tensor> f = both(backend, a, b);
    f.apply();
    f.apply();
    assertValue(a, 3, 4);
    assertValue(b, 5, 6);
    assertArrayEquals(new double[] {1, 2}, x.toDoubles());
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "loops", "interpreter"})
  void twoViewsOfOneTensorAreWritten(String backend) {
    HostTensor x = f64(1, 2);
    State a = State.parameter(x.reshape(2, 1));
    State b = State.parameter(x.reshape(1, 2));
    both(backend, a, b).apply();
    assertValue(a, 2, 3);
    assertValue(b, 3, 4);
    assertArrayEquals(new double[] {1, 2}, x.toDoubles());
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "loops", "interpreter"})
  void aStateThatWasCopiedFromTheOtherIsWritten(String backend) {
    State a = State.parameter(f64(1, 2));
    State b = State.parameter(f64(0, 0));
    Fn0<Tensor> f = both(backend, a, b);
    f.apply();
    new States(Map.of("w", b)).copyFrom(new States(Map.of("w", a)));
    f.apply();
    f.apply();
    assertValue(a, 4, 5);
    assertValue(b, 6, 7);
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "loops", "interpreter"})
  void theValueOfAStateIsAnArgumentOfTheProgramThatWritesIt(String backend) {
    State a = State.parameter(f64(1, 2));
    Fn1<Tensor, Tensor> f =
        Engram.jit(
            new Compiler(backend),
            (Tensor x) -> {
              a.set(a.value().add(x));
              return x.sum();
            });
    Tensor first = a.value();
    f.apply(first);
    f.apply(a.value());
    assertValue(a, 4, 8);
    assertArrayEquals(new double[] {1, 2}, first.host().toDoubles());
  }
}
