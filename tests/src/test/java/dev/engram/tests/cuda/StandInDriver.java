package dev.engram.tests.cuda;

import dev.engram.backend.cuda.driver.Card;
import dev.engram.backend.cuda.driver.CudaException;
import dev.engram.backend.cuda.driver.Driver;
import dev.engram.backend.cuda.driver.Task;
import dev.engram.backend.cuda.text.CudaKernel;
import dev.engram.backend.cuda.text.CudaSource;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A driver whose card is the stand-in. Its stream is a thread, so that work is done later than it
 * is asked for, and its memory is full of NaN before it is written and after it is given back. It
 * counts calls and bytes, and any call can be made to fail.
 */
@SuppressWarnings("restricted") // calls what the compiler made
final class StandInDriver implements Driver {
  private static final byte POISON = (byte) 0xFF;
  private static final long ALIGNMENT = 256;
  private static final int MOST_BLOCKS = 7;

  /** Blocks that run at the same time, unless a test wants others. */
  private static final int AT_ONCE = 3;

  private static final long BYTES = 1L << 33;

  /** By text: the compiler takes a good part of a second. */
  private static final Map<String, StandInUnit.Code> COMPILED = new ConcurrentHashMap<>();

  private final ExecutorService stream =
      Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().name("stream").factory());

  /** What is allocated as the stream sees it, by address. */
  private final TreeMap<Long, MemorySegment> memory = new TreeMap<>();

  /** What was given back, to be taken again by allocations of the same size. */
  private final Map<Long, Deque<MemorySegment>> free = new HashMap<>();

  private final Map<Long, MemorySegment> taken = new HashMap<>();
  private final AtomicLong held = new AtomicLong();
  private final AtomicLong graphs = new AtomicLong();
  private final AtomicLong calls = new AtomicLong();
  private final AtomicLong toCard = new AtomicLong();
  private final AtomicLong toHost = new AtomicLong();
  private final AtomicLong launches = new AtomicLong();
  private volatile int atOnce = AT_ONCE;
  private volatile long failing = Long.MAX_VALUE;
  private volatile int failingCode;

  /** What the stream could not do, which all later calls say. */
  private volatile CudaException broken;

  private record Kernel(CudaKernel kernel, StandInUnit.Code code) implements Function {}

  /** Bytes that came to the card, and went from it, kernels, and graphs that ran, so far. */
  List<Long> traffic() {
    return List.of(toCard.get(), toHost.get(), launches.get(), graphs.get());
  }

  /** Modules and graphs that are there. */
  long handles() {
    return held.get();
  }

  long calls() {
    return calls.get();
  }

  /** Pieces of memory that are allocated. */
  int pieces() {
    synchronized (taken) {
      return taken.size();
    }
  }

  /** So many blocks run at the same time from now on. */
  void blocksAtOnce(int blocks) {
    atOnce = blocks;
  }

  /** The n-th call from now on fails, counted from 1. */
  void failAt(long n, int code) {
    failingCode = code;
    failing = calls.get() + n;
  }

  private void call(String what) {
    CudaException before = broken;
    if (before != null) {
      throw before;
    }
    if (calls.incrementAndGet() == failing) {
      throw new CudaException(failingCode, what, "as the test wants it");
    }
  }

  private void later(Runnable work) {
    var _ =
        stream.submit(
            () -> {
              try {
                work.run();
              } catch (RuntimeException | AssertionError e) {
                broken = new CudaException(700, "work on the stream", String.valueOf(e));
              }
            });
  }

  private void await() {
    Future<?> all = stream.submit(() -> {});
    try {
      all.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      // A wait for a card is not interrupted.
      try {
        all.get();
      } catch (ExecutionException | InterruptedException again) {
        throw new IllegalStateException(again);
      } finally {
        Thread.currentThread().interrupt();
      }
    }
    CudaException failed = broken;
    if (failed != null) {
      throw failed;
    }
  }

  @Override
  public Card card() {
    return new Card("stand-in", 9, 0, BYTES, 1, true);
  }

  @Override
  public long freeBytes() {
    synchronized (taken) {
      return BYTES - taken.values().stream().mapToLong(MemorySegment::byteSize).sum();
    }
  }

  @Override
  public long allocate(long bytes) {
    call("an allocation");
    synchronized (taken) {
      MemorySegment again = free.getOrDefault(bytes, new ArrayDeque<>()).poll();
      MemorySegment s = again != null ? again : Arena.ofAuto().allocate(bytes, ALIGNMENT);
      taken.put(s.address(), s);
      later(
          () -> {
            s.fill(POISON);
            synchronized (memory) {
              memory.put(s.address(), s);
            }
          });
      return s.address();
    }
  }

  @Override
  public void free(long address) {
    synchronized (taken) {
      MemorySegment s = taken.remove(address);
      if (s == null) {
        throw new AssertionError("memory that is not allocated is freed");
      }
      free.computeIfAbsent(s.byteSize(), _ -> new ArrayDeque<>()).add(s);
      later(
          () -> {
            synchronized (memory) {
              memory.remove(address);
            }
            s.fill(POISON);
          });
    }
  }

  @Override
  public void trim() {
    synchronize();
  }

  /** Memory that must be allocated. */
  private MemorySegment at(long address, long bytes) {
    synchronized (memory) {
      Map.Entry<Long, MemorySegment> e = memory.floorEntry(address);
      if (e == null || address - e.getKey() + bytes > e.getValue().byteSize()) {
        throw new AssertionError("memory that is not allocated is used");
      }
      return e.getValue().asSlice(address - e.getKey(), bytes);
    }
  }

  @Override
  public void copyToCard(long to, MemorySegment from) {
    call("a copy to the card");
    toCard.addAndGet(from.byteSize());
    MemorySegment staged = Arena.ofAuto().allocate(from.byteSize()).copyFrom(from);
    later(() -> at(to, staged.byteSize()).copyFrom(staged));
  }

  @Override
  public void copyToHost(MemorySegment to, long from) {
    call("a copy to the host");
    toHost.addAndGet(to.byteSize());
    await();
    to.copyFrom(at(from, to.byteSize()));
  }

  @Override
  public void copy(long to, long from, long bytes) {
    call("a copy on the card");
    later(() -> at(to, bytes).copyFrom(at(from, bytes)));
  }

  private static StandInUnit.Code compiled(CudaSource source) {
    StandInUnit unit = new StandInUnit();
    unit.add(source);
    return unit.build().getFirst();
  }

  @Override
  public Module load(CudaSource source) {
    call("the loading of a module");
    StandInUnit.Code code = COMPILED.computeIfAbsent(source.text(), _ -> compiled(source));
    Map<String, Kernel> names = new HashMap<>();
    source.kernels().forEach(k -> names.putIfAbsent(k.function(), new Kernel(k, code)));
    held.incrementAndGet();
    return new Module() {
      @Override
      public Function function(String name) {
        call("a look for a kernel");
        return names.get(name);
      }

      @Override
      public void unload() {
        await();
        held.decrementAndGet();
      }
    };
  }

  @Override
  public void run(Task task) {
    later(work(task));
  }

  private Runnable work(Task task) {
    return switch (task) {
      case Task.Fill f -> {
        call("a fill");
        yield () -> at(f.to(), f.bytes()).fill(f.value());
      }
      case Task.Launch l -> {
        if (l.cooperative() && l.blocks() > atOnce) {
          throw new AssertionError(l.blocks() + " blocks wait for each other");
        }
        yield launching(l.function(), l.blocks(), l.threads(), l.params());
      }
    };
  }

  @Override
  public int blocksAtOnce(Function function, int threads) {
    call("the question for blocks");
    return atOnce;
  }

  private Runnable launching(Function function, int blocks, int threads, MemorySegment params) {
    Kernel f = (Kernel) function;
    call("a launch of " + f.kernel.function());
    launches.incrementAndGet();
    List<Long> values = new ArrayList<>();
    int n = f.kernel.params();
    int arrays = f.kernel.buffers().size() + f.kernel.scratchBytes().size();
    for (int i = 0; i < n; i++) {
      MemorySegment p = params.getAtIndex(ValueLayout.ADDRESS, i).reinterpret(Long.BYTES);
      values.add(
          f.kernel.isNarrow(i) ? p.get(ValueLayout.JAVA_INT, 0) : p.get(ValueLayout.JAVA_LONG, 0));
    }
    return () -> run(f, values, arrays, blocks, threads);
  }

  @Override
  public Graph graph(List<Task> tasks) {
    call("a graph");
    List<Runnable> work = new ArrayList<>(tasks.stream().map(this::work).toList());
    held.incrementAndGet();
    return new Graph() {
      @Override
      public void run() {
        call("the launch of a graph");
        graphs.incrementAndGet();
        work.forEach(StandInDriver.this::later);
      }

      @Override
      public void change(int at, Task.Launch launch) {
        work.set(at, work(launch));
      }

      @Override
      public void close() {
        held.decrementAndGet();
      }
    };
  }

  private void run(Kernel f, List<Long> values, int arrays, int blocks, int threads) {
    try (Arena call = Arena.ofConfined()) {
      MemorySegment p = call.allocate(ValueLayout.ADDRESS, Math.max(1, values.size()));
      MemorySegment sizes = call.allocate(ValueLayout.JAVA_LONG, Math.max(1, values.size()));
      for (int i = 0; i < values.size(); i++) {
        if (i < arrays) {
          MemorySegment _ = at(values.get(i), 0);
          sizes.setAtIndex(ValueLayout.JAVA_LONG, i, Long.MAX_VALUE);
        }
        p.setAtIndex(
            ValueLayout.ADDRESS, i, call.allocateFrom(ValueLayout.JAVA_LONG, values.get(i)));
      }
      MethodHandle run = f.code.kernels().get(f.kernel.function());
      // Threads of a stand-in are in global variables.
      synchronized (f.code) {
        int bad = (int) run.invokeExact(p, sizes, Math.min(blocks, MOST_BLOCKS), threads, 1, 0);
        if (bad != 0) {
          throw f.code.fault(f.kernel.function());
        }
      }
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void synchronize() {
    call("a wait");
    await();
  }
}
