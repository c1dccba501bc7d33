package dev.engram.tests.users;

import dev.engram.Compiler;
import dev.engram.Debug;
import dev.engram.Engram;
import dev.engram.Fn0;
import dev.engram.Jitted;
import dev.engram.State;
import dev.engram.States;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * States that are always counted up together: every element of every one is the number of updates
 * so far. So a torn value, a mixture of versions and a lost update are all seen at once.
 */
final class Group {
  private static final HostTensor ZERO = HostTensor.of(new int[] {0}).reshape().host();
  private static final List<DType> DTYPES = List.of(DType.F32, DType.F64, DType.I32, DType.I64);
  private static final List<String> BACKENDS =
      List.of("cpu", "cpu", "cpu", "cpu", "loops", "interpreter");
  private static final int[][] SHAPES = {
    {1}, {5}, {64}, {7, 3}, {4, 4}, {32, 32}, {2, 3, 4}, {1000}, {4096}, {65, 64}
  };

  /** What hooks do, in the thread that runs; null outside of such a call. */
  static final ThreadLocal<Consumer<Group>> HOOK = new ThreadLocal<>();

  final List<State> counters = new ArrayList<>();
  final States all;

  /** Copies that are served from, and such that files are loaded into. */
  final States served;

  final States loaded;

  /** One that users set as they like, each time to a tensor of equal elements. */
  final State register;

  final List<Way> ways = new ArrayList<>();
  final List<Fn0<List<Tensor>>> reads = new ArrayList<>();

  /** Reads all, four times, with a hook in between. */
  final Fn0<Tensor> slowRead;

  final Jitted.Of1<Tensor, Tensor> doubling;
  final AtomicLong counted = new AtomicLong();
  private final SplittableRandom r;

  /**
   * A way to count.
   *
   * @param by how far
   * @param mayFail whether the run may end with an error
   */
  record Way(String name, Fn0<List<Tensor>> call, int by, boolean mayFail) {}

  Group(SplittableRandom r) {
    this.r = r;
    int n = r.nextInt(1, 4);
    TensorType one = type();
    boolean same = r.nextInt(3) > 0;
    Map<String, State> mine = new LinkedHashMap<>();
    Map<String, State> copies = new LinkedHashMap<>();
    Map<String, State> read = new LinkedHashMap<>();
    HostTensor shared = HostTensor.allocate(one);
    for (int i = 0; i < n; i++) {
      TensorType t = i == 0 || same ? one : type();
      boolean alias = t.equals(one) && r.nextInt(4) == 0;
      State s = State.parameter(alias ? shared : HostTensor.allocate(t));
      counters.add(s);
      mine.put("s" + i, s);
      copies.put("s" + i, State.parameter(HostTensor.allocate(t)));
      read.put("s" + i, State.other(HostTensor.allocate(t)));
    }
    all = new States(mine);
    served = new States(copies);
    loaded = new States(read);
    register = State.other(HostTensor.allocate(one));
    addWays(same);
    for (int i = 0; i < 3; i++) {
      reads.add(read(i == 2 ? served : all));
    }
    slowRead =
        Engram.jit(
            compiler(),
            () ->
                Engram.forLoop(
                    () -> {
                      Debug.progress(ZERO, 1, (_, _) -> HOOK.get().accept(this));
                      return bounds();
                    },
                    4));
    doubling = Engram.jit(compiler(), (Tensor x) -> x.add(x)).donating(0);
  }

  private TensorType type() {
    return TensorType.of(DTYPES.get(r.nextInt(DTYPES.size())), SHAPES[r.nextInt(SHAPES.length)]);
  }

  private Compiler compiler() {
    return new Compiler(BACKENDS.get(r.nextInt(BACKENDS.size())));
  }

  /** A function that returns all values, as a user traces it. */
  Fn0<List<Tensor>> read(States which) {
    return Engram.jit(compiler(), () -> which.values().stream().map(State::value).toList());
  }

  /** A function that counts by 1 and has not been compiled yet. */
  Fn0<List<Tensor>> fresh() {
    return counting(() -> counters.forEach(Group::plusOne));
  }

  private static void plusOne(State s) {
    s.set(s.value().add(s.value().like(1)));
  }

  private Fn0<List<Tensor>> counting(Runnable body) {
    return Engram.jit(
        compiler(),
        () -> {
          body.run();
          return List.of(counters.getFirst().value(), counters.getLast().value());
        });
  }

  private void way(String name, int by, boolean mayFail, Runnable body) {
    ways.add(new Way(name, counting(body), by, mayFail));
  }

  private void addWays(boolean same) {
    State first = counters.getFirst();
    ways.add(new Way("each", fresh(), 1, false));
    ways.add(new Way("each, again", fresh(), 1, false));
    way(
        "each gets the next one's",
        1,
        false,
        () -> {
          List<Tensor> now = counters.stream().map(State::value).toList();
          for (int i = 0; i < now.size(); i++) {
            Tensor from = now.get(same ? (i + 1) % now.size() : i);
            counters.get(i).set(from.add(from.like(1)));
          }
        });
    way(
        "in reverse",
        1,
        false,
        () -> counters.forEach(s -> s.set(s.value().reverse(0).add(s.value().like(1)))));
    way(
        "one in reverse",
        1,
        false,
        () -> {
          counters.forEach(Group::plusOne);
          first.set(first.value().roll(0, 1));
        });
    way(
        "in a loop",
        4,
        false,
        () ->
            Engram.forLoop(
                () -> {
                  counters.forEach(Group::plusOne);
                  return ZERO;
                },
                4));
    way(
        "in branches",
        1,
        false,
        () ->
            Engram.cond(
                first.value().reshape((int) first.type().size()).get(0).gt(100),
                () -> {
                  counters.forEach(Group::plusOne);
                  return ZERO;
                },
                () -> {
                  counters.forEach(Group::plusOne);
                  return ZERO;
                }));
    way(
        "row by row",
        1,
        false,
        () ->
            counters.forEach(
                s -> s.set(Engram.vmap((Tensor row) -> row.add(row.like(1))).apply(s.value()))));
    way(
        "where a check holds",
        1,
        true,
        () -> {
          counters.forEach(Group::plusOne);
          first.set(
              first
                  .value()
                  .rem(first.value().like(3))
                  .cast(DType.I32)
                  .checkRange("thirds", 0, 2)
                  .cast(first.type().dtype())
                  .mul(first.value().like(0))
                  .add(first.value()));
        });
    way(
        "with a hook",
        1,
        true,
        () -> {
          counters.forEach(Group::plusOne);
          Debug.progress(ZERO, 1, (_, _) -> HOOK.get().accept(this));
        });
  }

  /** Least and greatest elements of all states. */
  Tensor bounds() {
    List<Tensor> ends = new ArrayList<>();
    for (State s : counters) {
      Tensor x = s.value().cast(DType.F64);
      ends.add(x.min().reshape(1));
      ends.add(x.max().reshape(1));
    }
    return Tensor.concat(0, ends);
  }
}
