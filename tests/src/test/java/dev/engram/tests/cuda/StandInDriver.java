package dev.engram.tests.cuda;

import dev.engram.backend.cuda.driver.CudaException;
import dev.engram.backend.cuda.driver.Driver;
import dev.engram.backend.cuda.text.CudaKernel;
import dev.engram.backend.cuda.text.CudaSource;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
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

  /** By text: the compiler takes a good part of a second. */
  private static final Map<String, StandInUnit.Code> COMPILED = new ConcurrentHashMap<>();

  private final ExecutorService stream =
      Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().name("stream").factory());

  /** What is allocated, by address; only the stream frees. */
  private final TreeMap<Long, MemorySegment> memory = new TreeMap<>();

  private final AtomicLong handles = new AtomicLong();
  private final Map<Long, Function> functions = new ConcurrentHashMap<>();
  private final AtomicLong calls = new AtomicLong();
  private final AtomicLong toCard = new AtomicLong();
  private final AtomicLong toHost = new AtomicLong();
  private final AtomicLong launches = new AtomicLong();
  private volatile long failing = Long.MAX_VALUE;
  private volatile int failingCode;

  /** What the stream could not do, which all later calls say. */
  private volatile CudaException broken;

  private record Function(CudaKernel kernel, StandInUnit.Code code) {}

  /** Bytes that came to the card, and went from it, and kernels, so far. */
  List<Long> traffic() {
    return List.of(toCard.get(), toHost.get(), launches.get());
  }

  long calls() {
    return calls.get();
  }

  /** Pieces of memory that are allocated. */
  int pieces() {
    synchronized (memory) {
      return memory.size();
    }
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
  public String card() {
    return "stand-in";
  }

  @Override
  public long allocate(long bytes) {
    call("an allocation");
    MemorySegment s = Arena.ofAuto().allocate(bytes, ALIGNMENT).fill(POISON);
    synchronized (memory) {
      memory.put(s.address(), s);
    }
    return s.address();
  }

  @Override
  public void free(long address) {
    later(
        () -> {
          MemorySegment s;
          synchronized (memory) {
            s = memory.remove(address);
          }
          if (s == null) {
            throw new AssertionError("memory that is not allocated is freed");
          }
          s.fill(POISON);
        });
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

  @Override
  public void fill(long to, byte value, long bytes) {
    call("a fill");
    later(() -> at(to, bytes).fill(value));
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
    Map<String, Long> names = new HashMap<>();
    for (CudaKernel k : source.kernels()) {
      names.computeIfAbsent(
          k.function(),
          _ -> {
            long handle = handles.incrementAndGet();
            functions.put(handle, new Function(k, code));
            return handle;
          });
    }
    return new Module() {
      @Override
      public long function(String name) {
        call("a look for a kernel");
        return names.get(name);
      }

      @Override
      public void unload() {
        later(() -> names.values().forEach(functions::remove));
      }
    };
  }

  @Override
  public void launch(long function, int blocks, int threads, MemorySegment params) {
    Function f = functions.get(function);
    call("a launch of " + f.kernel.function());
    launches.incrementAndGet();
    List<Long> values = new ArrayList<>();
    int n = StandInUnit.params(f.kernel);
    int arrays = f.kernel.buffers().size() + f.kernel.scratchBytes().size();
    int narrow = arrays + f.kernel.loops().size();
    for (int i = 0; i < n; i++) {
      MemorySegment p = params.getAtIndex(ValueLayout.ADDRESS, i).reinterpret(Long.BYTES);
      boolean isInt = i >= arrays && i < narrow;
      values.add(isInt ? p.get(ValueLayout.JAVA_INT, 0) : p.get(ValueLayout.JAVA_LONG, 0));
    }
    later(() -> run(f, values, arrays, blocks, threads));
  }

  private void run(Function f, List<Long> values, int arrays, int blocks, int threads) {
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
      int bad = (int) run.invokeExact(p, sizes, Math.min(blocks, MOST_BLOCKS), threads, 1, 0);
      if (bad != 0) {
        throw f.code.fault(f.kernel.function());
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
