package dev.engram.tests.memory;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Compiler;
import dev.engram.Debug;
import dev.engram.Engram;
import dev.engram.Fn0;
import dev.engram.Fn1;
import dev.engram.Jitted;
import dev.engram.State;
import dev.engram.States;
import dev.engram.io.Safetensors;
import dev.engram.ir.DType;
import dev.engram.ir.DeviceTensor;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TraceException;
import dev.engram.tests.device.FakeBackend;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tensors that a user gives back. */
class CloseTest {
  private static final TensorType SMALL = TensorType.of(DType.F32, 3);
  private static final TensorType LARGE = TensorType.of(DType.F32, 1 << 19);

  private static Tensor tensor(String what) {
    return switch (what) {
      case "small" -> HostTensor.full(SMALL, 2);
      case "large" -> HostTensor.full(LARGE, 2);
      case "wrapped" -> HostTensor.wrap(SMALL, Arena.global().allocate(12, 4));
      case "on a device" -> new FakeBackend().device().put(HostTensor.full(SMALL, 2));
      case "result" -> Engram.jit((Tensor x) -> x.mul(2)).apply(HostTensor.full(LARGE, 1));
      case "result on a device" ->
          Engram.jit(new Compiler("fake"), (Tensor x) -> x.mul(2)).apply(HostTensor.full(SMALL, 1));
      default -> throw new IllegalArgumentException(what);
    };
  }

  private static String refusal(Runnable body) {
    try {
      body.run();
    } catch (TraceException e) {
      return e.getMessage();
    }
    throw new AssertionError("not refused");
  }

  private static void assertClosed(Runnable use) {
    String text = refusal(use);
    assertTrue(text.contains("closed") && text.contains("f32["), text);
    assertTrue(text.contains("CloseTest.java:"), text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"small", "large", "wrapped", "on a device", "result", "result on a device"})
  void isNotReadAfterIt(String what) {
    Tensor x = tensor(what);
    State w = State.parameter(HostTensor.full(x.type(), 1));
    Fn1<Tensor, Tensor> twice = Engram.jit((Tensor t) -> t.mul(2));
    twice.apply(x);
    assertFalse(x.isClosed());
    x.close();
    x.close();
    assertTrue(x.isClosed());
    assertClosed(() -> x.host().toFloats());
    assertClosed(() -> assertEquals("", x.toString()));
    assertClosed(() -> x.add(1));
    assertClosed(() -> w.value().add(x));
    assertClosed(() -> twice.apply(x));
    assertClosed(() -> Engram.jit(() -> w.value().add(x)).apply());
    assertClosed(() -> Engram.grad((Tensor t) -> t.mul(t).sum()).apply(x));
    assertClosed(() -> Engram.vmap((Tensor t) -> t.mul(2)).apply(x));
    assertClosed(() -> Engram.jit((Tensor t) -> t.mul(2)).donating(0).apply(x));
    assertClosed(() -> w.set(x));
    assertClosed(() -> w.replace(x));
    assertClosed(() -> State.parameter(x));
    assertClosed(() -> Safetensors.Entry.of("x", x.host()));
    assertClosed(() -> Debug.print("{}", x));
    assertEquals(1, w.value().host().getDouble(0));
    assertEquals(x.type(), x.like(1).type()); // the type is known still
  }

  @ParameterizedTest
  @ValueSource(strings = {"small", "large"})
  void viewsAreClosedTogether(String what) {
    HostTensor x = tensor(what).host();
    Tensor view = x.reshape(1, x.dim(0));
    HostTensor part = x.part(TensorType.of(DType.F32, 2), 1);
    Tensor copy = x.add(0.5);
    Safetensors.Entry entry = Safetensors.Entry.of("x", x);
    view.close();
    assertTrue(x.isClosed() && part.isClosed() && view.isClosed());
    assertClosed(() -> x.getDouble(0));
    assertClosed(() -> part.getDouble(0));
    assertClosed(() -> x.setDouble(0, 1));
    assertClosed(() -> view.add(1));
    assertClosed(entry::data);
    assertFalse(copy.isClosed());
    assertEquals(2.5, copy.host().getDouble(2));
  }

  @Test
  void theSameMemoryIsUsedAgain() {
    HostTensor x = tensor("large").host();
    long address = x.segment().address();
    x.reshape(2, 1 << 18).close();
    HostTensor y = HostTensor.allocate(TensorType.of(DType.F64, 1 << 18));
    assertEquals(address, y.segment().address());
    assertEquals(0, y.getDouble(0));
    assertEquals(0, y.getDouble((1 << 18) - 1));
    // What holds y is not what closes x again.
    x.close();
    assertEquals(0, y.getDouble(0));
    HostTensor z = HostTensor.allocate(LARGE);
    assertFalse(z.segment().address() == address);
    // Far less would waste it.
    y.close();
    HostTensor little = HostTensor.allocate(TensorType.of(DType.U8, 1 << 19));
    assertFalse(little.segment().address() == address);
  }

  @ParameterizedTest
  @ValueSource(strings = {"small", "large", "on a device"})
  void isRefusedWhileAStateHasIt(String what) {
    Tensor x = tensor(what);
    State w = State.parameter(x);
    State v = State.parameter(HostTensor.full(x.type(), 1));
    new States(Map.of("w", v)).copyFrom(new States(Map.of("w", w)));
    for (State last : List.of(w, v)) {
      for (Tensor t :
          List.of(x, last.value(), last.value().host().reshape(1, x.dim(0)).squeeze(0))) {
        if (!(t instanceof HostTensor && x instanceof DeviceTensor)) { // that is a copy
          String text = refusal(t::close);
          assertTrue(text.contains("closed while a state has it (CloseTest.java:"), text);
          assertTrue(text.contains(x.type().toString()), text);
        }
      }
      last.set(HostTensor.full(x.type(), 3));
    }
    assertEquals(2, x.host().getDouble(0));
    x.close();
    assertTrue(x.isClosed());
    assertEquals(3, w.value().host().getDouble(0));
  }

  /** A compiled function that writes its state over and over leaves nothing of it to the user. */
  @Test
  void anEarlierValueOfAStateIsTheUsers() {
    State w = State.parameter(HostTensor.full(LARGE, 0));
    Fn0<Tensor> step =
        Engram.jit(
            () -> {
              w.set(w.value().add(1));
              return w.value().max();
            });
    for (int i = 1; i < 20; i++) {
      Tensor before = w.value();
      assertThrows(TraceException.class, before::close);
      assertEquals(i, step.apply().host().item());
      before.close();
      assertTrue(before.isClosed());
      assertEquals(i, w.value().host().getDouble(0));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"interpreter", "loops", "cpu", "eager"})
  void isRefusedWhileAProgramReadsIt(String backend) {
    HostTensor x = HostTensor.full(SMALL, 2);
    String[] said = {""};
    Fn1<Tensor, Tensor> f =
        t -> {
          Debug.progress(
              HostTensor.of(new int[] {0}).reshape(),
              1,
              (_, _) -> said[0] = refusal(x::close),
              t.sum());
          return t.mul(2);
        };
    Fn1<Tensor, Tensor> run =
        backend.equals("eager") ? mapped(f) : Engram.jit(new Compiler(backend), f);
    assertEquals(4, run.apply(x).host().getDouble(1));
    assertTrue(said[0].contains("f32[3] is closed while a program reads it (CloseTest"), said[0]);
    x.close();
    assertTrue(x.isClosed());
  }

  private static Fn1<Tensor, Tensor> mapped(Fn1<Tensor, Tensor> f) {
    return x -> Engram.cond(HostTensor.of(new boolean[] {true}).reshape(), f, f, x);
  }

  @Test
  void isRefusedAfterItWasDonated() {
    HostTensor x = HostTensor.full(LARGE, 2);
    Jitted.Of1<Tensor, Tensor> f = Engram.jit((Tensor t) -> t.mul(2)).donating(0);
    Tensor y = f.apply(x);
    String text = refusal(x::close);
    assertTrue(text.contains("is closed after its memory was donated (CloseTest.java:"), text);
    assertFalse(x.isClosed());
    Tensor z = f.apply(HostTensor.full(LARGE, 3)); // in the memory of x
    assertEquals(6, z.host().getDouble(0));
    z.close();
    assertEquals(4, y.host().getDouble(0));
  }

  @Test
  void whatWasClosedIsNotDonated() {
    HostTensor x = HostTensor.full(LARGE, 2);
    x.close();
    assertClosed(x::donate);
    assertTrue(x.tryDonate().isEmpty());
    HostTensor mine = HostTensor.full(LARGE, 2).donate();
    mine.close();
    assertTrue(mine.isClosed());
  }

  @Test
  void wrappedMemoryStaysTheUsers() {
    MemorySegment own = Arena.ofAuto().allocate(4L << 19, 64);
    own.setAtIndex(ValueLayout.JAVA_FLOAT, 1, 5);
    HostTensor x = HostTensor.wrap(LARGE, own);
    x.close();
    assertClosed(() -> x.getDouble(1));
    HostTensor y = HostTensor.full(LARGE, 7);
    assertFalse(y.segment().address() == own.address());
    assertEquals(5, own.getAtIndex(ValueLayout.JAVA_FLOAT, 1));
  }

  @Test
  void aTracedValueIsNotClosed() {
    String text =
        refusal(
            () ->
                Engram.jit(
                        (Tensor x) -> {
                          x.close();
                          return x;
                        })
                    .apply(HostTensor.full(SMALL, 1)));
    assertTrue(text.contains("a traced value of type f32[3] is closed"), text);
  }

  @Test
  void aDeviceGetsItsBytesBack() {
    long before = FakeBackend.held().sum();
    Tensor x = tensor("on a device");
    assertEquals(12, FakeBackend.held().sum() - before);
    x.close();
    assertEquals(0, FakeBackend.held().sum() - before);
    x.close();
    assertEquals(0, FakeBackend.held().sum() - before);
  }

  /**
   * What a compiled function has captured is its own copy, or it says that the tensor is closed.
   */
  @ParameterizedTest
  @ValueSource(strings = {"interpreter", "loops", "cpu", "fake"})
  void aCapturedTensorKeepsItsValuesOrIsRefused(String backend) {
    HostTensor c = HostTensor.full(LARGE, 2).add(HostTensor.of(new float[1 << 19], 1 << 19)).host();
    c.setDouble(7, 3);
    Fn1<Tensor, Tensor> f = Engram.jit(new Compiler(backend), (Tensor x) -> x.mul(c));
    HostTensor x = HostTensor.full(LARGE, 10);
    assertEquals(30, f.apply(x).host().getDouble(7));
    c.close();
    HostTensor.full(LARGE, 9); // takes the memory
    try {
      Tensor y = f.apply(x);
      assertEquals(20, y.host().getDouble(0));
      assertEquals(30, y.host().getDouble(7));
    } catch (TraceException e) {
      assertTrue(e.getMessage().contains("is used after it was closed"), e.getMessage());
    }
  }

  /** One of the two is refused: the state never has what was closed. */
  @Test
  void isClosedOrSetNeverBoth() throws Exception {
    State w = State.parameter(HostTensor.full(SMALL, 0));
    int closed = 0;
    int held = 0;
    for (int i = 1; i <= 2000; i++) {
      HostTensor x = HostTensor.full(SMALL, i);
      CyclicBarrier both = new CyclicBarrier(2);
      CompletableFuture<Boolean> set =
          CompletableFuture.supplyAsync(() -> done(both, () -> w.set(x)));
      boolean isClosed = done(both, x::close);
      assertSame(isClosed, x.isClosed());
      assertTrue(set.get() != isClosed, "set and closed, or neither");
      if (isClosed) {
        closed++;
      } else {
        held++;
        assertEquals(i, w.value().host().getDouble(0));
      }
    }
    assertTrue(closed > 0 && held > 0, closed + " closed, " + held + " set");
  }

  private static boolean done(CyclicBarrier both, Runnable body) {
    try {
      both.await();
      body.run();
      return true;
    } catch (TraceException refused) {
      return false;
    } catch (InterruptedException | BrokenBarrierException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void sumsAreThoseOfOpenOnes() {
    float[] all = new float[1 << 19];
    for (int i = 0; i < 50; i++) {
      Tensor x = HostTensor.full(LARGE, i);
      Tensor y = x.add(1);
      x.close();
      Tensor z = y.mul(2);
      y.close();
      Arrays.fill(all, 2f * (i + 1));
      assertArrayEquals(all, z.host().toFloats());
      z.close();
    }
  }
}
