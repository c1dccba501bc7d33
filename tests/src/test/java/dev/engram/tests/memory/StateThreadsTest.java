package dev.engram.tests.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Compiler;
import dev.engram.Debug;
import dev.engram.Engram;
import dev.engram.Fn0;
import dev.engram.Fn1;
import dev.engram.State;
import dev.engram.States;
import dev.engram.ir.DType;
import dev.engram.ir.EngramException;
import dev.engram.ir.HostTensor;
import dev.engram.ir.InterruptedRunException;
import dev.engram.ir.RunException;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.ref.WeakReference;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Several threads and one state: updates are kept, and who reads sees one version of all. */
@Timeout(120)
class StateThreadsTest {
  private static final int SIZE = 1 << 14;

  @TempDir Path folder;

  private static HostTensor zeros(int n) {
    return HostTensor.allocate(TensorType.of(DType.F64, n));
  }

  /** Runs all at once; throws what one of them throws. */
  private static void together(List<Callable<Void>> bodies) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(bodies.size());
    try {
      List<Future<Void>> running = new ArrayList<>();
      bodies.forEach(b -> running.add(threads.submit(b)));
      for (Future<Void> f : running) {
        f.get(100, TimeUnit.SECONDS);
      }
    } finally {
      threads.shutdownNow();
    }
  }

  /** {@code readers} threads call {@code read} until {@code write} has been called so often. */
  private static void readWhileWriting(
      int readers, Callable<Void> read, int writes, Callable<Void> write) throws Exception {
    AtomicBoolean stop = new AtomicBoolean();
    List<Callable<Void>> all = new ArrayList<>();
    for (int i = 0; i < readers; i++) {
      all.add(
          () -> {
            while (!stop.get()) {
              read.call();
            }
            return null;
          });
    }
    all.add(
        () -> {
          try {
            for (int i = 0; i < writes; i++) {
              write.call();
            }
          } finally {
            stop.set(true);
          }
          return null;
        });
    together(all);
  }

  private static Fn0<Tensor> increment(State... states) {
    return Engram.jit(
        () -> {
          for (State s : states) {
            s.set(s.value().add(1));
          }
          return states[0].value().get(0);
        });
  }

  private static Void isOneVersion(Tensor values) {
    double[] all = values.host().toDoubles();
    for (double v : all) {
      assertEquals(all[0], v);
    }
    return null;
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "loops", "interpreter"})
  void countsAreKept(String backend) throws Exception {
    State count = State.other(zeros(1));
    Fn0<Tensor> next =
        Engram.jit(
            new Compiler(backend),
            () -> {
              count.set(count.value().add(1));
              return count.value();
            });
    Callable<Void> body =
        () -> {
          double before = 0;
          for (int i = 0; i < 2000; i++) {
            double now = next.apply().host().item();
            assertTrue(now > before, "each call sees its own count");
            before = now;
          }
          return null;
        };
    together(List.of(body, body, body, body));
    assertEquals(8000, count.value().host().item());
  }

  @Test
  void predictionsAreOfOneVersion() throws Exception {
    State w = State.parameter(zeros(SIZE));
    Fn0<Tensor> train = increment(w);
    Fn1<Tensor, Tensor> infer = Engram.jit((Tensor x) -> w.value().mul(x));
    HostTensor one = HostTensor.of(new double[] {1}, 1);
    readWhileWriting(3, () -> isOneVersion(infer.apply(one)), 3000, call(train));
    assertEquals(3000, w.value().host().getDouble(SIZE - 1));
  }

  @Test
  void twoStatesThatAreSetTogetherAreReadTogether() throws Exception {
    State a = State.parameter(zeros(SIZE));
    State b = State.parameter(zeros(SIZE));
    Fn0<Tensor> train = increment(a, b);
    Fn0<Tensor> both = Engram.jit(() -> Tensor.concat(0, a.value(), b.value()));
    readWhileWriting(3, () -> isOneVersion(both.apply()), 3000, call(train));
  }

  @Test
  void whatAUserReadsStaysAsItWas() throws Exception {
    State w = State.parameter(zeros(SIZE));
    Fn0<Tensor> train = increment(w);
    Callable<Void> read =
        () -> {
          Tensor held = w.value();
          isOneVersion(held);
          double before = held.host().getDouble(0);
          Thread.yield();
          isOneVersion(held);
          assertEquals(before, held.host().getDouble(SIZE - 1));
          return null;
        };
    readWhileWriting(3, read, 3000, call(train));
  }

  @Test
  void valuesThatUsersSetAreSeenWhole() throws Exception {
    State w = State.parameter(zeros(SIZE));
    Fn0<Tensor> infer = Engram.jit(() -> w.value().add(1));
    double[] next = {0};
    Callable<Void> set =
        () -> {
          w.set(HostTensor.full(w.type(), next[0]++));
          return null;
        };
    readWhileWriting(3, () -> isOneVersion(infer.apply()), 1000, set);
  }

  /** A set that falls into a run of a program that sets the state, too, comes after it. */
  @Test
  void noUpdateIsLostBetweenAProgramAndAUser() throws Exception {
    State flag = State.other(zeros(1));
    State w = State.parameter(zeros(SIZE));
    Fn0<Tensor> keep = increment(w, flag);
    AtomicBoolean stop = new AtomicBoolean();
    together(
        List.of(
            () -> {
              while (!stop.get()) {
                keep.apply();
              }
              return null;
            },
            () -> {
              try {
                for (int i = 1; i <= 200; i++) {
                  flag.set(HostTensor.of(new double[] {1e9 * i}, 1));
                  double now = flag.value().host().item();
                  assertTrue(now >= 1e9 * i && now < 1e9 * i + 1e8, i + " became " + now);
                }
              } finally {
                stop.set(true);
              }
              return null;
            }));
  }

  @Test
  void aFileHasOneVersionOfAllStates() throws Exception {
    State a = State.parameter(zeros(SIZE));
    State b = State.parameter(zeros(SIZE));
    States states = new States(Map.of("a", a, "b", b));
    Fn0<Tensor> train = increment(a, b);
    State x = State.parameter(zeros(SIZE));
    State y = State.parameter(zeros(SIZE));
    States loaded = new States(Map.of("a", x, "b", y));
    Path file = folder.resolve("states.safetensors");
    Callable<Void> save =
        () -> {
          states.save(file);
          loaded.load(file);
          isOneVersion(Tensor.concat(0, x.value(), y.value()));
          return null;
        };
    readWhileWriting(1, save, 3000, call(train));
  }

  @Test
  void statesAreLoadedAtOnce() throws Exception {
    State a = State.parameter(zeros(SIZE));
    State b = State.parameter(zeros(SIZE));
    States states = new States(Map.of("a", a, "b", b));
    Path zero = folder.resolve("zero");
    Path one = folder.resolve("one");
    states.save(zero);
    increment(a, b).apply();
    states.save(one);
    Fn0<Tensor> both = Engram.jit(() -> Tensor.concat(0, a.value(), b.value()));
    boolean[] which = {false};
    Callable<Void> load =
        () -> {
          which[0] = !which[0];
          states.load(which[0] ? zero : one);
          return null;
        };
    readWhileWriting(3, () -> isOneVersion(both.apply()), 200, load);
  }

  /** One thread trains, and publishes now and then to a copy that others predict from. */
  @Test
  void aCopyIsServedFromWhileTheSourceLearns() throws Exception {
    State a = State.parameter(zeros(SIZE));
    State b = State.parameter(zeros(SIZE));
    States trained = new States(Map.of("a", a, "b", b));
    State x = State.parameter(zeros(SIZE));
    State y = State.parameter(zeros(SIZE));
    States served = new States(Map.of("a", x, "b", y));
    Fn0<Tensor> train = increment(a, b);
    Fn0<Tensor> predict = Engram.jit(() -> Tensor.concat(0, x.value(), y.value()));
    int[] steps = {0};
    Callable<Void> step =
        () -> {
          train.apply();
          if (++steps[0] % 10 == 0) {
            served.copyFrom(trained);
          }
          return null;
        };
    readWhileWriting(
        3,
        () -> {
          Tensor now = predict.apply();
          isOneVersion(now);
          assertEquals(0, now.host().getDouble(0) % 10, "only what was published is seen");
          return null;
        },
        3000,
        step);
    assertEquals(3000, x.value().host().getDouble(0));
  }

  @Test
  void aSnapshotIsOfOneVersionAndStays() throws Exception {
    State a = State.parameter(zeros(SIZE));
    State b = State.parameter(zeros(SIZE));
    States states = new States(Map.of("a", a, "b", b));
    Callable<Void> look =
        () -> {
          Map<String, Tensor> now = states.snapshot();
          Tensor both = Tensor.concat(0, now.get("a"), now.get("b"));
          Thread.yield();
          isOneVersion(both);
          assertEquals(both.host().getDouble(0), now.get("b").host().getDouble(SIZE - 1));
          return null;
        };
    readWhileWriting(3, look, 3000, call(increment(a, b)));
  }

  @Test
  void aCopyOfOtherPathsOrTypesChangesNothing() {
    State a = State.parameter(zeros(2));
    State b = State.parameter(zeros(3));
    States target = new States(Map.of("a", a, "b", b));
    HostTensor ones = HostTensor.full(a.type(), 1);
    for (States source :
        List.of(
            new States(Map.of("a", State.parameter(ones))),
            new States(Map.of("a", State.parameter(ones), "c", State.parameter(zeros(3)))),
            new States(Map.of("a", State.parameter(ones), "b", State.parameter(zeros(4)))))) {
      String text = assertThrows(EngramException.class, () -> target.copyFrom(source)).getMessage();
      assertTrue(
          text.startsWith("copyFrom: ") && text.contains("no state was changed (State"), text);
      assertEquals(0, a.value().host().getDouble(0));
    }
  }

  /** The user's function of one call waits for that of another: no lock may be held there. */
  @Test
  void twoCallsAreTracedAtTheSameTime() throws Exception {
    CyclicBarrier both = new CyclicBarrier(2);
    Fn1<Tensor, Tensor> f =
        Engram.jit(
            (Tensor x) -> {
              try {
                both.await(20, TimeUnit.SECONDS);
              } catch (Exception e) {
                throw new IllegalStateException(e);
              }
              return x.add(1);
            });
    Callable<Void> one = () -> isOneVersion(f.apply(zeros(2)));
    Callable<Void> other = () -> isOneVersion(f.apply(zeros(3)));
    together(List.of(one, other));
  }

  private static Callable<Void> call(Fn0<Tensor> f) {
    return () -> {
      f.apply();
      return null;
    };
  }

  /** A loop outside of {@code jit} reads its states for as long as it is compiled and runs. */
  @Test
  void aLoopOutsideOfJitReadsOneVersion() throws Exception {
    State a = State.parameter(zeros(SIZE));
    State b = State.parameter(zeros(SIZE));
    Fn0<Tensor> train = increment(a, b);
    int[] steps = {0};
    Callable<Void> look =
        () -> {
          Tensor spread =
              Engram.forLoop(
                  (Tensor x) -> {
                    b.set(a.value().add(x));
                    return a.value().max().sub(a.value().min());
                  },
                  HostTensor.allocate(TensorType.of(DType.F64, 1 + steps[0]++ % 7)));
          assertEquals(0, spread.abs().max().host().item());
          return null;
        };
    readWhileWriting(1, look, 2000, call(train));
  }

  /** Two hooks that want each other's states must not wait for ever. */
  @Test
  void aHookDoesNotWaitForAnotherWriter() throws Exception {
    State a = State.other(zeros(1));
    State b = State.other(zeros(1));
    Fn0<Tensor> first = increment(a);
    Fn0<Tensor> both = increment(a, b);
    Tensor zero = HostTensor.of(new int[] {0});
    Fn0<Tensor> hooked =
        Engram.jit(
            () -> {
              b.set(b.value().add(1));
              Debug.progress(zero, 1, (_, _) -> first.apply());
              return b.value();
            });
    int[] refused = {0};
    Callable<Void> withHook =
        () -> {
          for (int i = 0; i < 2000; i++) {
            try {
              hooked.apply();
            } catch (RunException e) {
              assertTrue(e.getMessage().contains("must not wait for others"), e.getMessage());
              refused[0]++;
            }
          }
          return null;
        };
    Callable<Void> withoutHook =
        () -> {
          for (int i = 0; i < 2000; i++) {
            both.apply();
          }
          return null;
        };
    together(List.of(withHook, withoutHook));
    assertEquals(4000 - refused[0], b.value().host().item());
    assertEquals(4000 - refused[0], a.value().host().item());
  }

  @Test
  void aThreadThatWaitsForItsTurnCanBeInterrupted() throws Exception {
    State w = State.other(zeros(2));
    CountDownLatch running = new CountDownLatch(1);
    Tensor zero = HostTensor.of(new int[] {0});
    Fn0<Tensor> endless =
        Engram.jit(
            () -> {
              Debug.progress(zero, 1, (_, _) -> running.countDown());
              w.set(
                  Engram.whileLoop(
                      (Tensor v) -> v.sum().lt(v.like(1).sum()),
                      (Tensor v) -> v.add(v.mul(0)),
                      w.value()));
              return w.value();
            });
    List<Throwable> thrown = Collections.synchronizedList(new ArrayList<>());
    Thread runs = new Thread(() -> thrown.add(caught(endless::apply)));
    Thread waits = new Thread(() -> thrown.add(caught(() -> w.set(zeros(2)))));
    runs.start();
    assertTrue(running.await(60, TimeUnit.SECONDS));
    waits.start();
    while (waits.getState() != Thread.State.WAITING) {
      Thread.sleep(1);
    }
    waits.interrupt();
    waits.join(20_000);
    assertEquals(1, thrown.size());
    assertTrue(
        thrown.getFirst() instanceof InterruptedRunException
            && thrown.getFirst().getMessage().contains("waited to set"),
        thrown::toString);
    runs.interrupt();
    runs.join(20_000);
    assertTrue(thrown.get(1) instanceof InterruptedRunException, thrown::toString);
    w.set(zeros(2));
  }

  private static Throwable caught(Runnable body) {
    try {
      body.run();
      return new IllegalStateException("nothing thrown");
    } catch (RuntimeException e) {
      return e;
    }
  }

  /** Functions that are called no more do not keep what they were called with. */
  @Test
  void idleFunctionsKeepNoOldValues() {
    State w = State.parameter(zeros(SIZE));
    List<Fn0<Tensor>> idle = new ArrayList<>();
    List<WeakReference<MemorySegment.Scope>> versions = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      double n = i;
      Fn0<Tensor> f = Engram.jit(() -> w.value().add(n));
      w.set(zeros(SIZE));
      versions.add(new WeakReference<>(w.value().host().segment().scope()));
      f.apply();
      f.apply();
      f.apply();
      idle.add(f);
    }
    long kept = 20;
    for (int i = 0; i < 50 && kept > 3; i++) {
      System.gc();
      kept = versions.stream().filter(v -> v.get() != null).count();
    }
    assertTrue(kept <= 3, kept + " of 20 versions are kept by " + idle.size() + " functions");
  }
}
