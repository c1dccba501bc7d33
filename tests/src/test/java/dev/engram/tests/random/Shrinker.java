package dev.engram.tests.random;

import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Param;
import dev.engram.ir.Value;
import dev.engram.ir.passes.Dce;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Shrinks a recipe as long as its program shows the same fault: removes steps, removes choices,
 * reduces numbers, tries others that yield fewer equations.
 */
final class Shrinker {
  private static final Duration MOST = Duration.ofSeconds(10);

  /** More than there are options anywhere. */
  private static final int OPTIONS = 120;

  /** The choices that say what a step is. */
  private static final int FIRST = 4;

  private final Profile profile;
  private final Predicate<Program> shows;
  private final long end = System.nanoTime() + MOST.toNanos();

  private Shrinker(Profile profile, Predicate<Program> shows) {
    this.profile = profile;
    this.shows = shows;
  }

  /** Returns the smallest recipe that was found; {@code recipe} itself shows the fault. */
  static Recipe shrink(Recipe recipe, Profile profile, Predicate<Program> shows) {
    Shrinker s = new Shrinker(profile, shows);
    Recipe least = recipe;
    while (true) {
      Recipe from = least;
      Stream<Recipe> all =
          Stream.of(withoutSteps(from), s.shorter(from), smaller(from)).flatMap(x -> x);
      var smaller = all.takeWhile(_ -> s.hasTime()).filter(s::shows).findFirst();
      if (smaller.isEmpty()) {
        return least;
      }
      least = smaller.get();
    }
  }

  private boolean hasTime() {
    return System.nanoTime() < end;
  }

  private boolean shows(Recipe r) {
    return shows.test(Programs.of(profile, r));
  }

  /** Without some steps, many first. */
  private static Stream<Recipe> withoutSteps(Recipe r) {
    int n = r.steps().size();
    return Stream.iterate(n, k -> k > 0, k -> k / 2)
        .flatMap(
            k ->
                Stream.iterate(0, at -> at + k <= n, at -> at + k)
                    .map(at -> without(r, at, at + k)));
  }

  /** With fewer or smaller choices in one step. */
  private static Stream<Recipe> smaller(Recipe r) {
    return IntStream.range(0, r.steps().size())
        .boxed()
        .flatMap(i -> smaller(r.steps().get(i)).map(s -> with(r, i, s)));
  }

  /** Other choices, if they yield fewer equations. */
  private Stream<Recipe> shorter(Recipe r) {
    int now = size(r);
    return IntStream.range(0, r.steps().size())
        .boxed()
        .flatMap(i -> others(r.steps().get(i)).map(s -> with(r, i, s)))
        .filter(other -> size(other) < now);
  }

  private int size(Recipe r) {
    return Programs.of(profile, r).graph().eqns().size();
  }

  private static Stream<List<Integer>> others(List<Integer> step) {
    return IntStream.range(0, Math.min(step.size(), FIRST))
        .boxed()
        .flatMap(i -> IntStream.range(0, OPTIONS).mapToObj(v -> with(step, i, v)));
  }

  /** A step with its last choices cut off, or with one number smaller. */
  private static Stream<List<Integer>> smaller(List<Integer> step) {
    int n = step.size();
    Stream<List<Integer>> cuts =
        Stream.iterate(n, k -> k > 0, k -> k / 2).map(k -> step.subList(0, n - k));
    Stream<List<Integer>> numbers =
        Stream.iterate(0, i -> i < n, i -> i + 1)
            .filter(i -> step.get(i) > 0)
            .flatMap(i -> smaller(step.get(i)).map(v -> with(step, i, v)));
    return Stream.concat(cuts, numbers);
  }

  // Choices are remainders of few options: a smaller number is another choice altogether.
  private static Stream<Integer> smaller(int number) {
    return Stream.of(0, 1, 2, 3, number % 12, number / 2).filter(v -> v < number).distinct();
  }

  /** Reduces the program to one result and what it needs, if that also shows the fault. */
  static Program oneResult(Program p, Predicate<Program> shows) {
    return p.graph().outs().stream()
        .map(v -> with(p, List.of(v)))
        .filter(shows)
        .findFirst()
        .orElse(p);
  }

  private static Program with(Program p, List<Value> outs) {
    Graph g = p.graph();
    Graph needed = Dce.run(new Graph(g.name(), g.params(), g.eqns(), outs));
    Set<Value> read = new HashSet<>(needed.outs());
    needed.eqns().forEach(e -> read.addAll(e.inputs()));
    List<Param> params = new ArrayList<>();
    List<HostTensor> args = new ArrayList<>();
    for (int i = 0; i < g.params().size(); i++) {
      if (read.contains(g.params().get(i).var())) {
        params.add(g.params().get(i));
        args.add(p.args().get(i));
      }
    }
    return new Program(new Graph(g.name(), params, needed.eqns(), needed.outs()), args, p.data());
  }

  private static Recipe without(Recipe r, int from, int to) {
    List<List<Integer>> steps = new ArrayList<>(r.steps());
    steps.subList(from, to).clear();
    return new Recipe(r.data(), steps);
  }

  private static Recipe with(Recipe r, int i, List<Integer> step) {
    return new Recipe(r.data(), with(r.steps(), i, step));
  }

  private static <T> List<T> with(List<T> list, int i, T value) {
    List<T> out = new ArrayList<>(list);
    out.set(i, value);
    return out;
  }
}
