package dev.engram.tests.memory;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Compiler;
import dev.engram.Engram;
import dev.engram.Fn0;
import dev.engram.Jitted;
import dev.engram.State;
import dev.engram.States;
import dev.engram.io.Safetensors;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TraceException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a user holds keeps its values, whatever runs later. */
class OwnershipTest {
  private static HostTensor f32(float... values) {
    return HostTensor.of(values, values.length);
  }

  private static float[] floats(Tensor t) {
    return t.host().toFloats();
  }

  private static Fn0<Tensor> step(State w) {
    return Engram.jit(
        () -> {
          w.set(w.value().add(1));
          return w.value().sum();
        });
  }

  @Test
  void aStateThatIsReadAndSetBackIsTheUsers() {
    State w = State.parameter(f32(1, 2, 3));
    Fn0<Tensor> step = step(w);
    step.apply();
    Tensor v = w.value();
    w.set(v);
    for (int i = 0; i < 5; i++) {
      step.apply();
      assertArrayEquals(new float[] {2, 3, 4}, floats(v));
    }
    assertArrayEquals(new float[] {7, 8, 9}, floats(w.value()));
  }

  @Test
  void aTensorInTwoStatesIsWrittenByTheProgramOfNeither() {
    State a = State.parameter(f32(1, 2));
    State b = State.parameter(f32(0, 0));
    Fn0<Tensor> step = step(a);
    step.apply();
    b.set(a.value());
    for (int i = 0; i < 5; i++) {
      step.apply();
    }
    assertArrayEquals(new float[] {2, 3}, floats(b.value()));
    assertArrayEquals(new float[] {7, 8}, floats(a.value()));
  }

  /** Neither value is nobody's between the two moments at which the states get them. */
  @Test
  void valuesThatChangePlacesBelongToTheStatesThatGetThem() {
    State a = State.parameter(f32(1, 2));
    State b = State.parameter(f32(10, 20));
    State c = State.parameter(f32(100, 200));
    Fn0<Tensor> both =
        Engram.jit(
            () -> {
              a.set(a.value().add(1));
              b.set(b.value().add(1));
              return a.value();
            });
    // It does not read the state that it sets, so it takes the memory of an earlier value.
    Fn0<Tensor> set =
        Engram.jit(
            () -> {
              a.set(c.value().add(1));
              return c.value();
            });
    both.apply();
    new States(Map.of("x", a, "y", b)).copyFrom(new States(Map.of("x", b, "y", a)));
    set.apply();
    assertArrayEquals(new float[] {101, 201}, floats(a.value()));
    assertArrayEquals(new float[] {2, 3}, floats(b.value()));
    new States(Map.of("y", a, "x", b)).copyFrom(new States(Map.of("y", b, "x", a)));
    both.apply();
    set.apply();
    assertArrayEquals(new float[] {101, 201}, floats(a.value()));
    assertArrayEquals(new float[] {102, 202}, floats(b.value()));
  }

  @Test
  void aStateUnderTwoNamesLetsGoOfItsValueOnce() {
    State a = State.parameter(f32(1, 2));
    State b = State.parameter(f32(10, 20));
    Fn0<Tensor> step = step(a);
    step.apply();
    for (int i = 0; i < 3; i++) {
      new States(Map.of("x", a, "y", a)).copyFrom(new States(Map.of("x", b, "y", b)));
      step.apply();
      assertArrayEquals(new float[] {11, 21}, floats(a.value()));
    }
  }

  @Test
  void whatAnotherFunctionLeavesInAStateIsKeptFromTheFirst() {
    State a = State.parameter(f32(1, 2));
    State b = State.parameter(f32(0, 0));
    Fn0<Tensor> step = step(a);
    // The interpreter may give the memory of an operand as a result.
    Fn0<Tensor> copy =
        Engram.jit(
            new Compiler("interpreter"),
            () -> {
              b.set(a.value());
              return b.value().sum();
            });
    step.apply();
    copy.apply();
    for (int i = 0; i < 5; i++) {
      step.apply();
    }
    assertArrayEquals(new float[] {2, 3}, floats(b.value()));
  }

  /** Every op whose result may be a view of its operand, and the operand itself. */
  private static List<Tensor> views(Tensor x) {
    return List.of(
        x.reshape(2, 3),
        x.reshape(1, 6).squeeze(0),
        x.expandDims(0),
        x.reshape(3, 2).reshape(6),
        x.broadcastTo(6),
        x.slice(0, 0, 6),
        x.transpose(0),
        x.stopGradient(),
        x.add(0));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7, 8})
  void aViewOfADonatedTensorKeepsItsValuesOrIsRefused(int which) {
    Tensor x = f32(1, 2, 3, 4, 5, 6);
    Tensor view = views(x).get(which);
    float[] before = floats(view);
    Jitted.Of1<Tensor, Tensor> f = Engram.jit((Tensor t) -> t.mul(10)).donating(0);
    f.apply(x);
    for (int i = 0; i < 4; i++) {
      f.apply(f32(7, 7, 7, 7, 7, 7));
    }
    assertThrows(TraceException.class, x::toString);
    if (view.host().storage().equals(x.host().storage())) {
      String text = assertThrows(TraceException.class, () -> floats(view)).getMessage();
      assertTrue(text.contains("is read after its memory was donated"), text);
    } else {
      assertArrayEquals(before, floats(view));
    }
  }

  /** The last slice that a loop reads may be its result as it is. */
  @ParameterizedTest
  @ValueSource(strings = {"interpreter", "loops", "cpu"})
  void whatALoopGivesOfItsInputIsNoOtherCallsResult(String backend) {
    Tensor rows = HostTensor.of(new float[][] {{1, 2}, {3, 4}});
    Tensor last =
        Engram.jit(
                new Compiler(backend),
                (Tensor xs) -> {
                  State seen = State.other(f32(0, 0));
                  Engram.forLoop(
                      (Tensor x) -> {
                        seen.set(x);
                        return x.sum();
                      },
                      xs);
                  return seen.value();
                })
            .apply(rows);
    boolean shares = last.host().storage().equals(rows.host().storage());
    Jitted.Of1<Tensor, Tensor> f = Engram.jit((Tensor t) -> t.mul(10)).donating(0);
    f.apply(rows);
    f.apply(HostTensor.of(new float[][] {{7, 7}, {7, 7}}));
    if (shares) {
      assertThrows(TraceException.class, () -> floats(last));
    } else {
      assertArrayEquals(new float[] {3, 4}, floats(last));
    }
  }

  private static Jitted.Of1<Tensor, Tensor> donatingTimesTen() {
    return Engram.jit((Tensor t) -> t.mul(10)).donating(0);
  }

  /** The state keeps its value, whether a compiled function is bound to it or not. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3})
  void aDonatedValueOfAStateIsTheStates(int calls) {
    State w = State.parameter(f32(1, 2, 3));
    Fn0<Tensor> sum = Engram.jit(() -> w.value().sum());
    for (int i = 0; i < calls; i++) {
      sum.apply();
    }
    Jitted.Of1<Tensor, Tensor> f = donatingTimesTen();
    f.apply(w.value());
    for (int i = 0; i < 3; i++) {
      f.apply(f32(7, 7, 7));
      assertEquals(6, sum.apply().host().item());
    }
    assertArrayEquals(new float[] {1, 2, 3}, floats(w.value()));
  }

  /** The interpreter may give the memory of an operand as a result. */
  @ParameterizedTest
  @ValueSource(strings = {"interpreter", "loops", "cpu"})
  void theResultOfACallIsNotWhatItsArgumentGave(String backend) {
    Jitted.Of1<Tensor, List<Tensor>> f =
        Engram.jit(
                new Compiler(backend), (Tensor x) -> List.of(x, x.reshape(1, 2), x.slice(0, 1, 2)))
            .donating(0);
    HostTensor x = f32(1, 2);
    List<Tensor> results = f.apply(x);
    assertTrue(x.isDonated());
    f.apply(f32(7, 7));
    f.apply(f32(8, 8));
    assertArrayEquals(new float[] {1, 2}, floats(results.get(0)));
    assertArrayEquals(new float[] {1, 2}, floats(results.get(1)));
    assertArrayEquals(new float[] {2}, floats(results.get(2)));
  }

  @Test
  void aStateIsNotSetToWhatWasDonated() {
    State w = State.parameter(f32(1, 2));
    HostTensor x = f32(5, 6);
    donatingTimesTen().apply(x);
    String text = assertThrows(TraceException.class, () -> w.set(x)).getMessage();
    assertTrue(text.contains("is set to a tensor of type f32[2] whose memory was donated"), text);
    assertArrayEquals(new float[] {1, 2}, floats(w.value()));
  }

  @Test
  void aValueThatWasCopiedToAnotherModelIsNeithersToDonate() {
    State a = State.parameter(f32(1, 2));
    State b = State.parameter(f32(0, 0));
    new States(Map.of("w", b)).copyFrom(new States(Map.of("w", a)));
    a.set(f32(5, 6));
    Jitted.Of1<Tensor, Tensor> f = donatingTimesTen();
    f.apply(b.value());
    f.apply(f32(7, 7));
    assertArrayEquals(new float[] {1, 2}, floats(b.value()));
  }

  @Test
  void memoryThatAUserHasWrappedIsNotWritten() {
    MemorySegment own = Arena.ofAuto().allocate(12, 64);
    own.setAtIndex(ValueLayout.JAVA_FLOAT, 1, 5);
    Jitted.Of1<Tensor, Tensor> f = donatingTimesTen();
    f.apply(HostTensor.wrap(TensorType.of(DType.F32, 3), own));
    f.apply(f32(7, 7, 7));
    f.apply(f32(8, 8, 8));
    assertEquals(5, own.getAtIndex(ValueLayout.JAVA_FLOAT, 1));
  }

  @Test
  void anEntryOfAFileIsTheTensorItNames() {
    HostTensor x = f32(1, 2, 3);
    Safetensors.Entry entry = Safetensors.Entry.of("x", x);
    Tensor y = entry.tensor();
    Jitted.Of1<Tensor, Tensor> f = donatingTimesTen();
    f.apply(x);
    f.apply(f32(7, 7, 7));
    assertThrows(TraceException.class, () -> floats(y));
    assertThrows(TraceException.class, entry::data);
  }

  /** Many threads donate the same tensors to two functions: each result is its own. */
  @Test
  void aTensorIsDonatedToOneOfTwoFunctions() throws Exception {
    Jitted.Of1<Tensor, Tensor> f = donatingTimesTen();
    Jitted.Of1<Tensor, Tensor> g = Engram.jit((Tensor t) -> t.add(1)).donating(0);
    for (int i = 0; i < 300; i++) {
      HostTensor x = HostTensor.full(TensorType.of(DType.F32, 64), i);
      CyclicBarrier both = new CyclicBarrier(2);
      CompletableFuture<Tensor> other =
          CompletableFuture.supplyAsync(
              () -> {
                await(both);
                return result(g, x);
              });
      await(both);
      Tensor one = result(f, x);
      Tensor two = other.get();
      Tensor three = f.apply(HostTensor.full(x.type(), 3));
      Tensor four = g.apply(HostTensor.full(x.type(), 4));
      assertEquals(30, three.host().getDouble(63));
      assertEquals(5, four.host().getDouble(63));
      assertTrue(one.host().isDonated() || one.host().getDouble(63) == 10.0 * i || one == x);
      assertTrue(two.host().isDonated() || two.host().getDouble(63) == i + 1.0 || two == x);
    }
  }

  /** The result, or the argument where the other function had it first. */
  private static Tensor result(Jitted.Of1<Tensor, Tensor> f, HostTensor x) {
    try {
      return f.apply(x);
    } catch (TraceException donated) {
      return x;
    }
  }

  private static void await(CyclicBarrier barrier) {
    try {
      barrier.await();
    } catch (InterruptedException | BrokenBarrierException e) {
      throw new IllegalStateException(e);
    }
  }
}
