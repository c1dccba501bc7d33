package dev.engram.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.backend.cpu.CpuOptions.Vectors;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.RunException;
import dev.engram.ir.TensorType;
import dev.engram.ir.op.ElementwiseRow;
import dev.engram.ir.op.Rows;
import dev.engram.ir.runtime.RowCode;
import dev.engram.lower.Access;
import dev.engram.lower.Backend;
import dev.engram.lower.BrokenUpdateException;
import dev.engram.lower.CompiledProgram;
import dev.engram.lower.Instr;
import dev.engram.lower.LoopBuffer;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.Stmt;
import dev.engram.lower.interpret.LoopInterpreter;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever the function of a row throws, wherever: the run throws, and nothing is left behind. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ThrowingRowsTest {
  private static final int THREADS = 3;
  private static final int N = 1 << 19;
  private static final long PATIENCE_NANOS = 10_000_000_000L;

  /** Neither an error nor an exception. */
  private static final class Odd extends Throwable {
    private static final long serialVersionUID = 1L;
  }

  /** What is thrown. */
  private enum Kind {
    CHECKED(IOException.class),
    ODD(Odd.class),
    UNCHECKED(IllegalStateException.class),
    ASSERTION(AssertionError.class),
    OVERFLOW(StackOverflowError.class),
    MEMORY(OutOfMemoryError.class);

    final Class<? extends Throwable> type;

    Kind(Class<? extends Throwable> type) {
      this.type = type;
    }

    double thrown() {
      return switch (this) {
        case CHECKED -> ThrowingRowsTest.<RuntimeException>sneakily(new IOException("13"));
        case ODD -> ThrowingRowsTest.<RuntimeException>sneakily(new Odd());
        case UNCHECKED -> throw new IllegalStateException("13");
        case ASSERTION -> throw new AssertionError("13");
        case OVERFLOW -> endless(1);
        case MEMORY -> throw new OutOfMemoryError("13");
      };
    }

    boolean isChecked() {
      return this == CHECKED || this == ODD;
    }
  }

  // As Kotlin, Scala and Lombok do.
  @SuppressWarnings("unchecked")
  private static <T extends Throwable> double sneakily(Throwable t) throws T {
    throw (T) t;
  }

  private static double endless(double x) {
    return x < 0 ? 0 : 1 + endless(x + 1);
  }

  /** x + 1, and what a test does at an element. */
  private static final class Function {
    final Thread caller = Thread.currentThread();
    final AtomicInteger working = new AtomicInteger();
    volatile Runnable each = () -> {};

    final ElementwiseRow row =
        ElementwiseRow.of(
            "plusOne",
            1,
            (x, _, _) -> {
              each.run();
              return x + 1;
            },
            Rows.TANH.domain(),
            List.of((x, _) -> x.getFirst().like(1)));

    boolean isCaller() {
      return Thread.currentThread() == caller;
    }
  }

  private static void await(BooleanSupplier what) {
    long end = System.nanoTime() + PATIENCE_NANOS;
    while (!what.getAsBoolean()) {
      assertTrue(System.nanoTime() < end, "waited in vain");
      Thread.onSpinWait();
    }
  }

  private static void assertThrown(Kind kind, Throwable got) {
    assertTrue(got instanceof RuntimeException || got instanceof Error, got::toString);
    Throwable own = kind.isChecked() ? got.getCause() : got;
    assertInstanceOf(kind.type, own);
    if (kind.isChecked()) {
      String text = assertInstanceOf(RunException.class, got).getMessage();
      assertTrue(text.contains("the code of a row has thrown " + own + " ("), text);
      assertTrue(text.contains("(ThrowingRowsTest.java:"), text);
    }
  }

  private static void right(CompiledProgram p, HostTensor x) {
    HostTensor y = HostTensor.allocate(x.type());
    p.run(List.of(x), List.of(y));
    for (int i = 0; i < N; i++) {
      assertEquals(2, y.getDouble(i));
    }
  }

  /** A run in which all threads of the pool meet. */
  private static void together(CompiledProgram p, HostTensor x, Function f) {
    Set<Thread> here = ConcurrentHashMap.newKeySet();
    f.each =
        () -> {
          if (here.size() < THREADS && here.add(Thread.currentThread())) {
            await(() -> here.size() == THREADS);
          }
        };
    right(p, x);
    assertEquals(THREADS, here.size());
    f.each = () -> {};
  }

  /** Its row at {@link #N} points, for {@link #THREADS} threads. */
  private static CompiledProgram compiled(Function f) {
    return new CpuBackend(new CpuOptions(THREADS, Vectors.OFF))
        .compile(Programs.map(f.row, DType.F64, DType.F64, N));
  }

  @ParameterizedTest
  @EnumSource
  void inAWorker(Kind kind) {
    Function f = new Function();
    CompiledProgram p = compiled(f);
    HostTensor x = HostTensor.full(TensorType.of(DType.F64, N), 1);
    for (int i = 0; i < 3; i++) {
      AtomicBoolean thrown = new AtomicBoolean();
      f.each =
          () -> {
            if (f.isCaller()) {
              await(thrown::get);
            } else if (!thrown.getAndSet(true)) {
              kind.thrown();
            }
          };
      HostTensor y = HostTensor.allocate(x.type());
      assertThrown(kind, assertThrows(Throwable.class, () -> p.run(List.of(x), List.of(y))));
      together(p, x, f);
    }
  }

  @ParameterizedTest
  @EnumSource
  void inTheCallerWhileWorkersWork(Kind kind) {
    Function f = new Function();
    CompiledProgram p = compiled(f);
    HostTensor x = HostTensor.full(TensorType.of(DType.F64, N), 1);
    for (int i = 0; i < 3; i++) {
      AtomicBoolean thrown = new AtomicBoolean();
      f.each =
          () -> {
            if (f.isCaller() && !thrown.get()) {
              await(() -> f.working.get() > 0);
              thrown.set(true);
              kind.thrown();
            } else if (!f.isCaller() && !thrown.get()) {
              f.working.incrementAndGet();
              await(thrown::get); // else nothing might be left for the caller
              pause();
              f.working.decrementAndGet();
            }
          };
      HostTensor y = HostTensor.allocate(x.type());
      assertThrown(kind, assertThrows(Throwable.class, () -> p.run(List.of(x), List.of(y))));
      assertEquals(0, f.working.get(), "threads at work after the run");
      together(p, x, f);
    }
  }

  private static void pause() {
    try {
      Thread.sleep(20);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Backend backend(String name) {
    return name.equals("loops")
        ? new LoopInterpreter()
        : new CpuBackend(new CpuOptions(THREADS, Vectors.OFF));
  }

  /** x = x + 1 over {@code x} itself, which {@link dev.engram.lower.Lowering} would not plan. */
  private static LoopProgram over(ElementwiseRow row) {
    Access x = Programs.access(0, List.of(), 1);
    Stmt nest =
        Programs.nest(
            "plusOne",
            new int[] {N},
            new Instr.Load(DType.F64, x),
            new Instr.Apply(row, DType.F64, List.of(0)),
            new Instr.Store(DType.F64, x, 1));
    LoopBuffer b = new LoopBuffer(TensorType.of(DType.F64, N), new LoopBuffer.Place.Input(0));
    return new LoopProgram("test", List.of(b), List.of(0), List.of(0), List.of(nest), 0);
  }

  @ParameterizedTest
  @CsvSource({
    "cpu,CHECKED",
    "cpu,ODD",
    "cpu,UNCHECKED",
    "cpu,ASSERTION",
    "cpu,OVERFLOW",
    "cpu,MEMORY",
    "loops,CHECKED",
    "loops,ODD",
    "loops,UNCHECKED",
    "loops,ASSERTION",
    "loops,OVERFLOW",
    "loops,MEMORY"
  })
  void whileItWritesOverItsInput(String backend, Kind kind) {
    Function f = new Function();
    CompiledProgram p = backend(backend).compile(over(f.row));
    AtomicInteger left = new AtomicInteger(N / 2);
    f.each =
        () -> {
          if (left.decrementAndGet() == 0) {
            kind.thrown();
          }
        };
    HostTensor x = HostTensor.full(TensorType.of(DType.F64, N), 1);
    BrokenUpdateException broken =
        assertThrows(BrokenUpdateException.class, () -> p.run(List.of(x), List.of(x)));
    assertThrown(kind, broken.getCause());
    HostTensor y = HostTensor.full(TensorType.of(DType.F64, N), 1);
    p.run(List.of(y), List.of(y));
    assertEquals(2, y.getDouble(N - 1));
  }

  /** Every thread that is in the function of a row says so, and none that is not. */
  @ParameterizedTest
  @ValueSource(strings = {"cpu", "loops"})
  void itsThreadsAreMarked(String backend) {
    Function f = new Function();
    CompiledProgram p = backend(backend).compile(Programs.map(f.row, DType.F64, DType.F64, N));
    HostTensor x = HostTensor.full(TensorType.of(DType.F64, N), 1);
    AtomicInteger unmarked = new AtomicInteger();
    Set<Thread> in = ConcurrentHashMap.newKeySet();
    f.each =
        () -> {
          in.add(Thread.currentThread());
          unmarked.addAndGet(RowCode.isRunning() ? 0 : 1);
        };
    right(p, x);
    assertEquals(0, unmarked.get());
    assertTrue(in.contains(f.caller));
    assertFalse(RowCode.isRunning());
  }
}
