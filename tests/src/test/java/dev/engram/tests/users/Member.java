package dev.engram.tests.users;

import dev.engram.Engram;
import dev.engram.State;
import dev.engram.io.Safetensors;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.InterruptedRunException;
import dev.engram.ir.RunException;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TraceException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;

/** One thread of a {@link Crowd}: does things at random, and checks all that it sees. */
final class Member {
  private enum Deed {
    COUNT,
    COUNT_OFTEN,
    COUNT_ANEW,
    READ,
    READ_ALL,
    READ_SLOWLY,
    READ_OUTSIDE,
    SNAPSHOT,
    SAVE,
    LOAD,
    PUBLISH,
    SERVE,
    SET,
    WRITE_BACK,
    DONATE,
    CLOSE,
    INTERRUPT,
    LOOK_BACK
  }

  private final Library library;
  private final List<Group> groups;
  private final Crowd crowd;
  private final SplittableRandom r;
  private final Path file;
  private final int deeds;

  /** What was done, for reports. */
  final List<String> log = new ArrayList<>();

  /** Tensors, and what all their elements are. */
  private final List<Held> held = new ArrayList<>();

  private final Map<Group, Double> seen = new HashMap<>();
  private final Map<Group, Double> seenServed = new HashMap<>();
  private Optional<Group> saved = Optional.empty();

  /** Whether another member has ever interrupted this one. */
  private volatile boolean interrupted;

  private record Held(Tensor tensor, double value, String from) {}

  Member(Crowd crowd, Library library, List<Group> groups, long seed, int deeds, Path file) {
    this.crowd = crowd;
    this.library = library;
    this.groups = groups;
    this.r = new SplittableRandom(seed);
    this.deeds = deeds;
    this.file = file;
  }

  /**
   * @throws AssertionError saying what was seen that must not be
   */
  void run() {
    Deed[] all = Deed.values();
    for (int i = 0; i < deeds && crowd.goesOn(); i++) {
      Deed d = all[r.nextInt(all.length)];
      Group g = groups.get(r.nextInt(groups.size()));
      log.add(d + " " + groups.indexOf(g));
      try {
        act(d, g);
      } catch (InterruptedRunException e) {
        if (!Thread.currentThread().isInterrupted()) {
          throw new AssertionError("nobody has interrupted this: " + e, e);
        }
      } catch (IOException e) {
        // The JDK may close a channel for an interrupt whose status was cleared before.
        if (!interrupted) {
          throw new AssertionError("nobody has interrupted this: " + e, e);
        }
      } finally {
        Thread.interrupted();
      }
      pause();
    }
    lookBack();
  }

  /** Another member is about to interrupt this one. */
  void interrupting() {
    interrupted = true;
  }

  private void pause() {
    switch (r.nextInt(8)) {
      case 0 -> Thread.yield();
      case 1 -> LockSupport.parkNanos(r.nextInt(200_000));
      case 2 -> {
        for (int i = r.nextInt(2000); i > 0; i--) {
          Thread.onSpinWait();
        }
      }
      case 3 -> LockSupport.parkNanos(r.nextInt(8) == 0 ? 3_000_000 : 1000);
      default -> {}
    }
  }

  private void act(Deed d, Group g) throws IOException {
    switch (d) {
      case COUNT -> count(g, g.ways.get(r.nextInt(g.ways.size())));
      case COUNT_OFTEN -> {
        // So often that a state is written in place again after others have read it.
        for (int i = r.nextInt(4) == 0 ? r.nextInt(1100, 3000) : 20; i > 0 && crowd.goesOn(); i--) {
          count(g, g.ways.getFirst());
        }
      }
      case COUNT_ANEW -> count(g, new Group.Way("anew", g.fresh(), 1, false));
      case READ -> {
        State s = g.counters.get(r.nextInt(g.counters.size()));
        Tensor x = library.value(s);
        later(g, one(x, "a value"));
        hold(x, "value");
      }
      case READ_ALL -> {
        List<Tensor> now = g.reads.get(r.nextInt(2)).apply();
        later(g, same(now, "results of a call"));
        now.forEach(x -> hold(x, "result of a reader"));
      }
      case READ_SLOWLY -> {
        // Longer than a state takes to be written in place again after others have read it.
        long nanos = r.nextInt(4) == 0 ? 10_000_000 : r.nextInt(1_000_000);
        Group.HOOK.set(_ -> LockSupport.parkNanos(nanos));
        try {
          later(g, one(g.slowRead.apply(), "what a slow call reads"));
        } finally {
          Group.HOOK.remove();
        }
      }
      case READ_OUTSIDE -> outside(g);
      case SNAPSHOT -> {
        List<Tensor> now = List.copyOf(library.snapshot(g.all).values());
        later(g, same(now, "a snapshot"));
        now.forEach(x -> hold(x, "snapshot"));
      }
      case SAVE -> {
        library.save(g.all, file);
        saved = Optional.of(g);
        List<Tensor> found = new ArrayList<>();
        Safetensors.read(file).entries().forEach(e -> found.add(e.tensor()));
        later(g, same(found, "a file"));
      }
      case LOAD -> {
        if (saved.isPresent()) {
          Group from = saved.get();
          library.load(from.loaded, file);
          same(List.copyOf(from.loaded.snapshot().values()), "loaded states");
        }
      }
      case PUBLISH -> {
        library.copy(g.all, g.served);
        served(g, List.copyOf(library.snapshot(g.served).values()));
      }
      case SERVE -> {
        List<Tensor> now = g.reads.get(2).apply();
        served(g, now);
        now.forEach(x -> hold(x, "result that was served"));
      }
      case SET -> {
        Tensor x = HostTensor.full(g.register.type(), r.nextInt(1 << 20));
        g.register.set(x);
        hold(x, "set");
        one(g.register.value(), "the register");
      }
      case WRITE_BACK -> {
        State s = g.counters.getFirst();
        Tensor x = r.nextBoolean() ? g.register.value() : library.value(s);
        int n = (int) x.shape().size();
        g.register.set(x.reshape(n).reshape(x.shape()));
        hold(x, "written back");
      }
      case DONATE -> donate(g);
      case CLOSE -> close(g);
      case INTERRUPT -> crowd.interrupt(r.nextInt(1 << 20));
      case LOOK_BACK -> lookBack();
    }
  }

  private void count(Group g, Group.Way way) {
    List<Double> atHook = new ArrayList<>();
    Group.HOOK.set(x -> hook(x, atHook));
    List<Tensor> now;
    try {
      now = library.count(g, way);
    } catch (InterruptedRunException e) {
      throw e;
    } catch (RunException e) {
      if (!way.mayFail()) {
        throw e;
      }
      return;
    } finally {
      Group.HOOK.remove();
    }
    g.counted.addAndGet(way.by());
    double version = same(now, "results of counting " + way.name());
    if (version < seen.getOrDefault(g, 0.0) + way.by()) {
      throw new AssertionError(
          "counted %s to %s after %s had been seen".formatted(way.name(), version, seen.get(g)));
    }
    for (double before : atHook) {
      if (before != version - way.by()) {
        throw new AssertionError(
            "a hook has seen %s in a run that counted to %s".formatted(before, version));
      }
    }
    later(g, version);
    now.forEach(x -> hold(x, "result"));
  }

  /** In the middle of a run that counts. */
  private void hook(Group g, List<Double> versions) {
    Tensor x = library.value(g.counters.getLast());
    versions.add(one(x, "a value in a hook"));
    hold(x, "value in a hook");
    versions.add(same(List.copyOf(library.snapshot(g.all).values()), "a snapshot in a hook"));
    try {
      g.counters.getFirst().set(x);
      throw new AssertionError("a hook has set a state of the program that runs");
    } catch (RunException expected) {
      // refused
    }
    Group other = groups.get(r.nextInt(groups.size()));
    if (!other.equals(g)) {
      try {
        library.count(other, other.ways.get(1));
        other.counted.incrementAndGet();
      } catch (InterruptedRunException e) {
        throw e;
      } catch (RunException mustNotWait) {
        // another thread had a turn
      }
    }
    if (r.nextInt(4) == 0) {
      throw new RunException("the hook's own error");
    }
  }

  /** Loops, branches and derivatives outside of {@code jit}. */
  private void outside(Group g) {
    Tensor all =
        switch (r.nextInt(3)) {
          case 0 -> Engram.forLoop(() -> g.bounds(), 2).get(1);
          case 1 ->
              Engram.cond(
                  HostTensor.of(new boolean[] {true}).reshape(),
                  () -> g.bounds(),
                  () -> g.bounds().mul(2));
          default ->
              Engram.jvp(
                      (Tensor x) -> g.bounds().mul(x),
                      HostTensor.full(TensorType.scalar(DType.F64), 1),
                      HostTensor.full(TensorType.scalar(DType.F64), 1))
                  .tangent();
        };
    later(g, one(all, "states outside of jit"));
  }

  private void donate(Group g) {
    int v = r.nextInt(1 << 20);
    HostTensor x = HostTensor.full(g.register.type(), v);
    Tensor view = x.reshape((int) x.type().size());
    Tensor twice = library.doubled(g, x);
    if (one(twice, "a result") != 2.0 * v) {
      throw new AssertionError("twice " + v + " is " + twice);
    }
    hold(twice, "twice a donated one");
    try {
      if (one(view, "a view of a donated tensor") != v) {
        throw new AssertionError("a view of a donated tensor has changed");
      }
    } catch (TraceException gone) {
      // it says so
    }
  }

  private void close(Group g) {
    int v = r.nextInt(1 << 20);
    TensorType large = TensorType.of(DType.F64, 1 << 17);
    HostTensor x = HostTensor.full(r.nextInt(8) == 0 ? large : g.register.type(), v);
    Tensor twice = x.add(x);
    library.close(x.reshape((int) x.type().size()));
    HostTensor next = HostTensor.full(x.type(), v + 1); // this may have the memory
    if (one(twice, "a result") != 2.0 * v || one(next, "a new tensor") != v + 1) {
      throw new AssertionError("what was computed from a closed tensor has changed");
    }
    try {
      throw new AssertionError("a closed tensor was read: " + one(x, "a closed tensor"));
    } catch (TraceException closed) {
      library.close(next);
    }
  }

  private void served(Group g, List<Tensor> values) {
    double version = same(values, "served states");
    if (version < seenServed.getOrDefault(g, 0.0)) {
      throw new AssertionError("served %s after %s".formatted(version, seenServed.get(g)));
    }
    seenServed.put(g, version);
  }

  private void hold(Tensor x, String from) {
    if (held.size() > 60) {
      lookBack();
      held.subList(0, 40).clear();
    }
    held.add(new Held(x, one(x, from), from));
  }

  private void lookBack() {
    for (Held h : held) {
      double now = one(h.tensor, "a kept tensor");
      if (now != h.value) {
        throw new AssertionError(
            "a tensor kept from a %s was %s and is %s".formatted(h.from, h.value, now));
      }
    }
  }

  private void later(Group g, double version) {
    if (version < seen.getOrDefault(g, 0.0)) {
      throw new AssertionError("saw %s after %s".formatted(version, seen.get(g)));
    }
    seen.put(g, version);
  }

  /** The value that all elements of all have. */
  static double same(List<? extends Tensor> all, String what) {
    double first = one(all.getFirst(), what);
    for (Tensor x : all) {
      if (one(x, what) != first) {
        throw new AssertionError(
            what + " are of several versions: " + first + " and " + one(x, what));
      }
    }
    return first;
  }

  /** The value that all elements have. */
  static double one(Tensor x, String what) {
    HostTensor t = x.host();
    // All are equal where each equals the one before it; states are large, and this is fast.
    MemorySegment all = t.segment();
    long rest = all.byteSize() - t.type().dtype().bytes();
    if (all.asSlice(0, rest).mismatch(all.asSlice(all.byteSize() - rest)) >= 0) {
      throw new AssertionError(what + " has several values: " + t);
    }
    return t.getDouble(0);
  }
}
