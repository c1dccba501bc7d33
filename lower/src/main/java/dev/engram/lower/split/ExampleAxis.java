package dev.engram.lower.split;

import dev.engram.ir.SourceLocation;
import dev.engram.ir.TensorType;
import dev.engram.lower.Access;
import dev.engram.lower.AffineMap;
import dev.engram.lower.Instr;
import dev.engram.lower.Stmt;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntFunction;

/**
 * Looks for examples in a loop: an axis of each nest along which all its iterations stay apart.
 * With n examples, every buffer that the loop writes consists of runs of σ elements, the first of
 * example 0, the next of example 1, up to n - 1, then again of example 0; and a nest at position e
 * of its axis touches no other runs of such a buffer than those of example e. What the loop only
 * reads is everyone's.
 *
 * <p>It is a search with a limit: the axis of a nest and the σ of the buffers that are met first
 * are tried one after the other.
 */
public final class ExampleAxis {
  /** Attempts for each nest of the loop, and for small loops. */
  private static final int ATTEMPTS = 8;

  private static final int LEAST_ATTEMPTS = 1000;

  /** What was found. */
  public sealed interface Result {

    /**
     * The loop can be divided.
     *
     * @param examples their number
     * @param axes that of each nest and sort, by identity; its length is a multiple of {@code
     *     examples}
     */
    record Axes(int examples, IdentityHashMap<Stmt, Integer> axes) implements Result {}

    /** It cannot, because of this, at this line. */
    record Obstacle(String what, SourceLocation where) implements Result {}
  }

  /**
   * A nest, or what a sort reads and writes.
   *
   * @param loops lengths of the loops around, outermost first
   */
  private record Item(Stmt step, Stmt.Nest nest, List<Integer> loops) {
    List<Instr> code() {
      List<Instr> all = new ArrayList<>(nest.body());
      all.addAll(nest.epilogue());
      return all;
    }

    boolean mayBeDivided(int axis, int examples) {
      Stmt.Axis a = nest.axes().get(axis);
      boolean inRow = step instanceof Stmt.Sort && axis == nest.axes().size() - 1;
      return !a.reduce()
          && !inRow
          && a.length() > 0
          && a.length() % examples == 0
          // where a run may end, the outermost axis keeps the order of errors
          && (axis == 0 || !nest.mayStop());
    }

    boolean folds(int examples) {
      return nest.axes().stream().anyMatch(a -> a.reduce() && a.length() % examples == 0);
    }
  }

  private final IntFunction<TensorType> types;
  private final List<Item> items = new ArrayList<>();
  private Optional<Result.Obstacle> obstacle = Optional.empty();

  /** Buffers that the loop writes, in order, with the one that stands for those it trades with. */
  private final Map<Integer, Integer> written = new LinkedHashMap<>();

  private final Set<Integer> predicates = new LinkedHashSet<>();

  private ExampleAxis(IntFunction<TensorType> types) {
    this.types = types;
  }

  /**
   * Looks at a loop.
   *
   * @param types of the buffers
   * @param around lengths of the loops around it, outermost first
   */
  public static Result of(Stmt.Loop loop, List<Integer> around, IntFunction<TensorType> types) {
    ExampleAxis a = new ExampleAxis(types);
    a.collect(loop, around);
    return a.result();
  }

  /** Lengths of the loops around the body of a loop that is itself inside of {@code around}. */
  public static List<Integer> inside(List<Integer> around, int length) {
    List<Integer> all = new ArrayList<>(around);
    all.add(length);
    return all;
  }

  private void collect(Stmt.Loop loop, List<Integer> around) {
    collect(loop.body(), inside(around, loop.length()));
    for (Stmt.Swap s : loop.swaps()) {
      int a = written.getOrDefault(s.a(), s.a());
      int b = written.getOrDefault(s.b(), s.b());
      written.put(s.a(), a);
      written.put(s.b(), b);
      written.replaceAll((_, of) -> of == b ? a : of);
    }
  }

  private void collect(List<Stmt> steps, List<Integer> loops) {
    for (Stmt s : steps) {
      switch (s) {
        case Stmt.Nest n -> add(new Item(n, n, loops));
        case Stmt.Sort o -> add(new Item(o, o.traffic(), loops));
        case Stmt.Loop l -> collect(l, loops);
        case Stmt.Branch b -> {
          predicates.add(b.predicate().buffer());
          if (exchanges(b.onTrue()) || exchanges(b.onFalse())) {
            stop("a branch exchanges buffers", SourceLocation.UNKNOWN);
          }
          collect(b.onTrue(), loops);
          collect(b.onFalse(), loops);
        }
        case Stmt.Tell t -> stop(t.op().mnemonic() + " tells the host something", t.where());
        case Stmt.While _ ->
            stop("a while loop goes on as long as all examples say", SourceLocation.UNKNOWN);
      }
    }
  }

  private static boolean exchanges(List<Stmt> steps) {
    return steps.stream()
        .anyMatch(
            s ->
                switch (s) {
                  case Stmt.Loop l -> !l.swaps().isEmpty() || exchanges(l.body());
                  case Stmt.Branch b -> exchanges(b.onTrue()) || exchanges(b.onFalse());
                  case Stmt.Nest _, Stmt.Sort _, Stmt.Tell _, Stmt.While _ -> false;
                });
  }

  private void stop(String what, SourceLocation where) {
    obstacle = obstacle.or(() -> Optional.of(new Result.Obstacle(what, where)));
  }

  private void add(Item item) {
    items.add(item);
    for (Instr i : item.code()) {
      if (i instanceof Instr.Store s) {
        written.putIfAbsent(s.to().buffer(), s.to().buffer());
      } else if (i instanceof Instr.StoreAt s) {
        written.putIfAbsent(s.to().buffer(), s.to().buffer());
      }
    }
  }

  private Result result() {
    for (int p : predicates) {
      if (written.containsKey(p)) {
        stop("a branch depends on what the loop computes", SourceLocation.UNKNOWN);
      }
    }
    if (obstacle.isPresent()) {
      return obstacle.get();
    }
    Optional<Result.Obstacle> first = Optional.empty();
    for (int n : candidates()) {
      Search search = new Search(n);
      if (search.run()) {
        IdentityHashMap<Stmt, Integer> axes = new IdentityHashMap<>();
        for (int i = 0; i < items.size(); i++) {
          axes.put(items.get(i).step, search.axis[i]);
        }
        return new Result.Axes(n, axes);
      }
      first = first.or(() -> Optional.of(search.obstacle()));
    }
    return first.orElse(new Result.Obstacle("there is nothing in it", SourceLocation.UNKNOWN));
  }

  /** Lengths of what the loop writes, first those that most have as their first. */
  private List<Integer> candidates() {
    Map<Integer, Integer> leading = new HashMap<>();
    Set<Integer> all = new LinkedHashSet<>();
    for (int b : written.keySet()) {
      List<Integer> dims = types.apply(b).shape().dims();
      all.addAll(dims);
      if (!dims.isEmpty()) {
        leading.merge(dims.getFirst(), 1, Integer::sum);
      }
    }
    all.removeIf(n -> n < 2);
    Comparator<Integer> byLeading = Comparator.comparing(n -> -leading.getOrDefault(n, 0));
    return all.stream().sorted(byLeading).toList();
  }

  /** The search for this number of examples. */
  private final class Search {
    private final int examples;
    private final int[] axis = new int[items.size()];

    /** The σ of buffers so far. */
    private final Map<Integer, Long> runs = new HashMap<>();

    /** Of these, what each nest has decided. */
    private final List<List<Integer>> decided = new ArrayList<>();

    private int farthest;

    Search(int examples) {
      this.examples = examples;
    }

    boolean run() {
      int left = Math.max(LEAST_ATTEMPTS, ATTEMPTS * items.size());
      int k = 0;
      int from = 0;
      while (k < items.size()) {
        farthest = Math.max(farthest, k);
        Item item = items.get(k);
        int a = from;
        while (a < item.nest.axes().size() && !takes(item, a)) {
          a++;
        }
        left -= 1 + a - from;
        if (a < item.nest.axes().size()) {
          axis[k++] = a;
          from = 0;
        } else if (k == 0 || left <= 0) {
          return false;
        } else {
          k--;
          decided.removeLast().forEach(runs::remove);
          from = axis[k] + 1;
        }
      }
      return true;
    }

    Result.Obstacle obstacle() {
      Item item = items.get(farthest);
      String what =
          item.folds(examples)
              ? " folds the " + examples + " examples"
              : " touches what is of other examples of " + examples;
      return new Result.Obstacle(item.nest.label() + what, item.nest.where());
    }

    /** Whether the nest stays within examples along this axis; then its buffers are decided. */
    private boolean takes(Item item, int axis) {
      if (!item.mayBeDivided(axis, examples)) {
        return false;
      }
      List<Integer> mine = new ArrayList<>();
      for (Instr i : item.code()) {
        boolean fits =
            switch (i) {
              case Instr.Load l -> fits(item, axis, l.from(), 0, 1, mine);
              case Instr.Store s -> fits(item, axis, s.to(), 0, 1, mine);
              case Instr.LoadAt l -> fits(item, axis, l.from(), l.stride(), l.limit(), mine);
              case Instr.StoreAt s -> fits(item, axis, s.to(), s.stride(), s.limit(), mine);
              case Instr.Literal _, Instr.IndexOf _, Instr.Apply _, Instr.Convert _ -> true;
              case Instr.RandomWord _, Instr.Fold _, Instr.DotFold _, Instr.Check _ -> true;
            };
        if (!fits) {
          mine.forEach(runs::remove);
          return false;
        }
      }
      decided.add(mine);
      return true;
    }

    private boolean fits(
        Item item, int axis, Access a, long stride, long limit, List<Integer> mine) {
      Integer buffer = written.get(a.buffer());
      if (buffer == null) {
        return true;
      }
      long length = item.nest.axes().get(axis).length();
      long run = a.at().inner().get(axis) * (length / examples);
      if (run > Long.MAX_VALUE / examples) {
        return false;
      }
      Long known = runs.get(buffer);
      if (known == null) {
        if (!isRun(types.apply(buffer).shape().dims(), run)) {
          return false;
        }
      } else if (known != run) {
        return false;
      }
      Reach reach = new Reach(a.at().offset(), run, examples);
      AffineMap at = a.at();
      for (int t = 0; t < item.loops.size(); t++) {
        reach.add(at.outer().get(t), item.loops.get(t));
      }
      for (int d = 0; d < item.nest.axes().size(); d++) {
        reach.add(
            at.inner().get(d), d == axis ? length / examples : item.nest.axes().get(d).length());
      }
      reach.add(stride, limit);
      if (!reach.isInside()) {
        return false;
      }
      if (known == null) {
        runs.put(buffer, run);
        mine.add(buffer);
      }
      return true;
    }

    /**
     * Whether one of the dimensions has as many positions as there are examples, {@code run} apart.
     */
    private boolean isRun(List<Integer> dims, long run) {
      long apart = 1;
      for (int n : dims.reversed()) {
        if (n == examples && apart == run && run > 0) {
          return true;
        }
        apart *= n;
      }
      return false;
    }
  }
}
