package dev.engram.bench;

import dev.engram.Fn1;
import dev.engram.Fn2;
import dev.engram.RandomKey;
import dev.engram.RandomTensors;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/**
 * A service: one thread trains a net and publishes it now and then, others predict. Every answer
 * must be, bit for bit, that of the version which it says it has; versions must not go back; and
 * memory must not grow.
 *
 * <p>Options: {@code --minutes} (1), {@code --readers} (8), {@code --publish-ms} (10), {@code
 * --direct} to predict from the copy that is trained, where answers are checked to be of one
 * version by what they say about its states.
 */
public final class ServingSoak {
  private static final int INPUTS = 64;
  private static final int BATCH = 16;
  private static final long SECOND = 1_000_000_000L;
  private static final double MEGABYTE = 1 << 20;

  /** Versions that answers are compared with; a reader that is slower than this is counted. */
  private static final int VERSIONS = 512;

  private static final double MOST_GROWTH = 1.1;
  private static final double MOST_MORE = 8 * MEGABYTE;

  private final ServedNet trained = new ServedNet(1);
  private final Fn2<Tensor, Tensor, Tensor> training = trained.training();
  private final Tensor batch = random(7, BATCH, ServedNet.INPUTS);
  private final Tensor targets = random(8, BATCH, ServedNet.OUTPUTS);
  private final ServedNet served;
  private final boolean direct;
  private final Fn1<Tensor, List<Tensor>> predict;
  private final ConcurrentSkipListMap<Long, Map<String, Tensor>> published =
      new ConcurrentSkipListMap<>();
  private final List<Tensor> inputs = new ArrayList<>();
  private final Latencies latencies = new Latencies();
  private final AtomicLong steps = new AtomicLong();
  private final AtomicLong publications = new AtomicLong();
  private final AtomicLong compared = new AtomicLong();
  private final AtomicLong late = new AtomicLong();
  private final AtomicReference<Throwable> wrong = new AtomicReference<>();
  private volatile boolean over;

  private ServingSoak(boolean direct) {
    this.direct = direct;
    this.served = direct ? trained : new ServedNet(1);
    this.predict = served.predicting();
    for (int i = 0; i < INPUTS; i++) {
      inputs.add(random(100 + i, 1, ServedNet.INPUTS));
    }
  }

  private static Tensor random(long seed, int... dims) {
    return RandomTensors.uniform(RandomKey.of(seed), Shape.of(dims), DType.F32, -1, 1);
  }

  /** Runs it, and exits with 1 if an answer was wrong or memory has grown. */
  public static void main(String[] args) throws InterruptedException {
    Options o = Options.of(args, List.of("minutes", "readers", "publish-ms", "direct"));
    ServingSoak soak = new ServingSoak(o.has("direct"));
    double seconds = 60 * o.number("minutes", 1);
    boolean sound = soak.run(seconds, o.integer("readers", 8), o.integer("publish-ms", 10));
    System.exit(sound ? 0 : 1);
  }

  private boolean run(double seconds, int readers, int publishMillis) throws InterruptedException {
    List<Thread> threads = new ArrayList<>();
    threads.add(new Thread(guarded(() -> train(publishMillis)), "trains"));
    for (int i = 0; i < readers; i++) {
      threads.add(new Thread(guarded(this::predict), "predicts " + i));
    }
    fill();
    long start = System.nanoTime();
    threads.forEach(Thread::start);
    sleepUntil(start + (long) (0.1 * seconds * SECOND));
    Memory first = Memory.held();
    System.out.println("after a tenth: " + first);
    sleepUntil(start + (long) (0.5 * seconds * SECOND));
    Memory middle = Memory.held();
    System.out.println("in the middle: " + middle);
    sleepUntil(start + (long) (seconds * SECOND));
    Memory last = Memory.held();
    System.out.println("at the end:    " + last);
    double took = (System.nanoTime() - start) / (double) SECOND;
    over = true;
    for (Thread t : threads) {
      t.join();
    }
    report(took, readers);
    boolean flat = !last.exceeds(first) && !last.exceeds(middle);
    System.out.println(flat ? "memory is flat" : "memory has grown");
    Throwable e = wrong.get();
    if (e != null) {
      e.printStackTrace(System.out);
    }
    return flat && e == null;
  }

  private void sleepUntil(long nanos) throws InterruptedException {
    while (System.nanoTime() < nanos && wrong.get() == null) {
      Thread.sleep(Math.min(100, 1 + (nanos - System.nanoTime()) / 1_000_000));
    }
  }

  private Runnable guarded(Runnable body) {
    return () -> {
      try {
        body.run();
      } catch (RuntimeException | Error e) {
        wrong.compareAndSet(null, e);
        over = true;
      }
    };
  }

  private void report(double seconds, int readers) {
    System.out.printf(
        "%d readers of %s, %.0f s: %d answers (%.0f a second), %d compared bit for bit, %d of"
            + " versions from too long ago, %s%n",
        readers,
        direct ? "the net that is trained" : "a published copy",
        seconds,
        latencies.count(),
        latencies.count() / seconds,
        compared.get(),
        late.get(),
        wrong.get() == null ? "none wrong" : "one WRONG");
    System.out.printf(
        "a prediction: p50 %.1f us, p99 %.1f us, p99.9 %.1f us, at most %.0f us%n",
        latencies.micros(0.5),
        latencies.micros(0.99),
        latencies.micros(0.999),
        latencies.mostMicros());
    System.out.printf(
        "%d training steps (%.0f a second), %d publications%n",
        steps.get(), steps.get() / seconds, publications.get());
  }

  private void train(int publishMillis) {
    long next = System.nanoTime();
    while (!over) {
      step();
      steps.incrementAndGet();
      if (!direct && System.nanoTime() >= next) {
        publish();
        next = System.nanoTime() + publishMillis * 1_000_000L;
      }
    }
  }

  private void step() {
    Tensor loss = training.apply(batch, targets);
    if (!Double.isFinite(loss.host().item())) {
      throw new AssertionError("the loss is " + loss);
    }
  }

  /** Trains a little: memory is to be full of versions from the beginning. */
  private void fill() {
    publish();
    while (!direct && published.size() < VERSIONS) {
      step();
      publish();
    }
  }

  private void publish() {
    if (direct) {
      return;
    }
    Map<String, Tensor> now = trained.states.snapshot();
    published.put(ServedNet.version(now), now);
    served.states.copyFrom(trained.states);
    publications.incrementAndGet();
    while (published.size() > VERSIONS) {
      published.pollFirstEntry();
    }
  }

  private void predict() {
    Fn2<Tensor, List<Tensor>, Tensor> reference = ServedNet.reference();
    long before = 0;
    for (int i = 0; !over; i++) {
      Tensor x = inputs.get(i % INPUTS);
      long t = System.nanoTime();
      List<Tensor> answer = predict.apply(x);
      latencies.add(System.nanoTime() - t);
      before = check(answer, before);
      if (!direct) {
        compare(x, answer, reference);
      }
    }
  }

  /** Returns the version. */
  private static long check(List<Tensor> answer, long before) {
    double version = answer.get(1).host().item();
    double least = answer.get(2).host().item();
    double greatest = answer.get(3).host().item();
    if (least != version || greatest != version) {
      throw new AssertionError(
          "an answer mixes the versions %s, %s and %s".formatted(version, least, greatest));
    }
    if (version < before) {
      throw new AssertionError("version %s was seen after %d".formatted(version, before));
    }
    return (long) version;
  }

  private void compare(Tensor x, List<Tensor> answer, Fn2<Tensor, List<Tensor>, Tensor> reference) {
    long version = (long) answer.get(1).host().item();
    Map<String, Tensor> then = published.get(version);
    if (then == null) {
      if (version >= published.firstKey()) {
        throw new AssertionError("version %d was never published".formatted(version));
      }
      late.incrementAndGet();
      return;
    }
    HostTensor want = reference.apply(x, ServedNet.weights(then)).host();
    if (!want.sameBits(answer.getFirst().host())) {
      throw new AssertionError(
          "version %d gives %s, the answer was %s".formatted(version, want, answer.getFirst()));
    }
    compared.incrementAndGet();
  }

  /** Reachable memory, in bytes. */
  private record Memory(long heap, long outside) {
    private static final BufferPoolMXBean OUTSIDE =
        ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
            .filter(b -> b.getName().equals("direct"))
            .findFirst()
            .orElseThrow();

    /** The least of some moments after a collection, since all goes on meanwhile. */
    static Memory held() throws InterruptedException {
      long heap = Long.MAX_VALUE;
      long outside = Long.MAX_VALUE;
      for (int i = 0; i < 3; i++) {
        System.gc();
        heap = Math.min(heap, ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
        Thread.sleep(100);
        outside = Math.min(outside, OUTSIDE.getMemoryUsed());
      }
      return new Memory(heap, outside);
    }

    boolean exceeds(Memory earlier) {
      return heap > MOST_GROWTH * earlier.heap + MOST_MORE
          || outside > MOST_GROWTH * earlier.outside + MOST_MORE;
    }

    @Override
    public String toString() {
      return "heap %.1f MB, tensors and arenas %.1f MB"
          .formatted(heap / MEGABYTE, outside / MEGABYTE);
    }
  }
}
