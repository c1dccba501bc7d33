package dev.engram.etrace.analysis;

import dev.engram.etrace.Factorization;
import dev.engram.etrace.LearningSignal;
import dev.engram.etrace.Recursion;
import dev.engram.etrace.Schedule;
import dev.engram.etrace.Scope;
import dev.engram.etrace.TraceFilter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** A combination of coordinates, meaningful or not. */
public record Coordinates(
    Factorization factorization,
    Recursion recursion,
    Scope scope,
    LearningSignal signal,
    TraceFilter filter,
    Schedule schedule) {

  private record Conflict(String why, Predicate<Coordinates> when) {}

  private static final List<Conflict> CONFLICTS =
      List.of(
          new Conflict(
              "a scope says which part of the state Jacobian is kept, and this recursion uses none"
                  + " of it",
              c ->
                  !(c.recursion instanceof Recursion.Jacobian)
                      && !(c.scope instanceof Scope.Diagonal)),
          new Conflict(
              "the output side of an input x output trace follows each position by itself",
              c ->
                  c.factorization instanceof Factorization.InputOutput
                      && (c.scope instanceof Scope.Snap || c.scope instanceof Scope.Full)),
          new Conflict(
              "both sides of an input x output trace are recursions",
              c ->
                  c.factorization instanceof Factorization.InputOutput
                      && c.recursion instanceof Recursion.None),
          new Conflict(
              "outer products of one's own follow each position by itself",
              c ->
                  c.factorization instanceof Factorization.OuterProducts
                      && (c.scope instanceof Scope.Snap || c.scope instanceof Scope.Full)),
          new Conflict(
              "outer products of one's own are recursions",
              c ->
                  c.factorization instanceof Factorization.OuterProducts
                      && c.recursion instanceof Recursion.None),
          new Conflict(
              "a random projection mixes all positions, so that none can be left out",
              c ->
                  c.factorization instanceof Factorization.RandomProjection
                      && c.scope instanceof Scope.Snap),
          new Conflict(
              "a filtered sum of outer products is no outer product",
              c ->
                  c.filter instanceof TraceFilter.WithMemory
                      && !(c.factorization instanceof Factorization.PerWeight)),
          new Conflict(
              "a bootstrapped signal stands for later losses, which a trace with a recursion counts"
                  + " as well",
              c ->
                  c.signal instanceof LearningSignal.Bootstrapped
                      && !(c.recursion instanceof Recursion.None)),
          new Conflict(
              "a bootstrapped signal stands for later losses, which a filtered trace counts as"
                  + " well",
              c ->
                  c.signal instanceof LearningSignal.Bootstrapped
                      && c.filter instanceof TraceFilter.WithMemory),
          new Conflict(
              "a bootstrapped signal needs no trace, so there is nothing to project",
              c ->
                  c.signal instanceof LearningSignal.Bootstrapped
                      && c.factorization instanceof Factorization.RandomProjection),
          new Conflict(
              "within a window the signal goes back through time by the loss's own derivative",
              c ->
                  c.schedule instanceof Schedule.Window
                      && !(c.signal instanceof LearningSignal.Symmetric)),
          new Conflict(
              "a window reads the traces at its start alone, where a filter expects to be read at"
                  + " each step",
              c ->
                  c.schedule instanceof Schedule.Window
                      && c.filter instanceof TraceFilter.WithMemory));

  // One value of each kind, to name alternatives.
  private static final List<Factorization> FACTORIZATIONS =
      List.of(
          new Factorization.PerWeight(),
          Factorization.InputOutput.decay(0.9),
          new Factorization.RandomProjection());
  private static final List<Recursion> RECURSIONS =
      List.of(new Recursion.Jacobian(), new Recursion.Leak(0.9), new Recursion.None());
  private static final List<Scope> SCOPES =
      List.of(new Scope.Diagonal(), new Scope.Coupled(), new Scope.Snap(2), new Scope.Full());
  private static final List<LearningSignal> SIGNALS =
      List.of(
          new LearningSignal.Symmetric(),
          new LearningSignal.RandomFeedback(),
          new LearningSignal.Modulatory(),
          new LearningSignal.Bootstrapped());
  private static final List<TraceFilter> FILTERS =
      List.of(new TraceFilter.None(), new TraceFilter.Kappa(0.9));
  private static final List<Schedule> SCHEDULES =
      List.of(new Schedule.PerStep(), new Schedule.Window(10));

  /** Says why this combination is meaningless; empty if it is not. */
  public Optional<String> conflict() {
    return CONFLICTS.stream().filter(c -> c.when.test(this)).map(Conflict::why).findFirst();
  }

  /**
   * Returns changes of as few coordinates as possible that lead to a legal rule. A coordinate of
   * one's own is kept, or replaced by the library's.
   */
  public List<String> alternatives() {
    int fewest = Integer.MAX_VALUE;
    List<String> found = new ArrayList<>();
    for (Coordinates c : besides(this)) {
      List<String> changes = c.changesFrom(this);
      if (c.conflict().isPresent() || changes.size() > fewest) {
        continue;
      }
      if (changes.size() < fewest) {
        fewest = changes.size();
        found.clear();
      }
      found.add(String.join(" with ", changes));
    }
    return found;
  }

  /** Returns one of each combination of kinds. */
  public static List<Coordinates> all() {
    return combinations(FACTORIZATIONS, SIGNALS, FILTERS);
  }

  private static List<Coordinates> besides(Coordinates own) {
    return combinations(
        and(FACTORIZATIONS, own.factorization), and(SIGNALS, own.signal), and(FILTERS, own.filter));
  }

  private static <T> List<T> and(List<T> kinds, T own) {
    boolean known = kinds.stream().anyMatch(k -> k.getClass() == own.getClass());
    return known ? kinds : Stream.concat(kinds.stream(), Stream.of(own)).toList();
  }

  private static List<Coordinates> combinations(
      List<Factorization> factorizations, List<LearningSignal> signals, List<TraceFilter> filters) {
    List<Coordinates> all = new ArrayList<>();
    for (Factorization f : factorizations) {
      for (Recursion r : RECURSIONS) {
        for (Scope s : SCOPES) {
          for (LearningSignal g : signals) {
            for (TraceFilter k : filters) {
              for (Schedule w : SCHEDULES) {
                all.add(new Coordinates(f, r, s, g, k, w));
              }
            }
          }
        }
      }
    }
    return all;
  }

  private List<String> changesFrom(Coordinates c) {
    List<String> out = new ArrayList<>();
    change(out, "factorization", factorization, c.factorization);
    change(out, "recursion", recursion, c.recursion);
    change(out, "scope", scope, c.scope);
    change(out, "signal", signal, c.signal);
    change(out, "filter", filter, c.filter);
    change(out, "schedule", schedule, c.schedule);
    return out;
  }

  private static void change(List<String> out, String name, Object to, Object from) {
    if (to.getClass() != from.getClass()) {
      out.add(name + " " + word(to));
    }
  }

  private static String word(Object coordinate) {
    return switch (coordinate) {
      case Factorization f -> f.name();
      case LearningSignal s -> s.name();
      case TraceFilter f -> f.name();
      default -> coordinate.toString();
    };
  }

  @Override
  public String toString() {
    return "factorization "
        + factorization.name()
        + ", recursion "
        + recursion
        + ", scope "
        + scope
        + ", signal "
        + signal.name()
        + ", filter "
        + filter.name()
        + ", schedule "
        + schedule;
  }
}
