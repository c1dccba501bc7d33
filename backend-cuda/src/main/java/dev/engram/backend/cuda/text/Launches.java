package dev.engram.backend.cuda.text;

import dev.engram.ir.checks.SaturatedCount;
import dev.engram.lower.Stmt;
import java.util.ArrayList;
import java.util.List;

/**
 * The numbers that launches have in a run, from 1 on: a nest has one, a loop that is in a kernel
 * one for each nest at each of its steps, which all shares have in common. A failed check says in
 * which it was, and the least number comes first.
 */
public final class Launches {
  private final List<Launch> all = new ArrayList<>();

  /**
   * One of them.
   *
   * @param first its number, or that of its first nest
   */
  public record Launch(long first, List<Stmt> steps) {
    public Launch {
      steps = List.copyOf(steps);
    }

    /** The number after its last one; where there are so many, none comes after it. */
    private long next() {
      return SaturatedCount.sum(first, count(steps));
    }
  }

  /** Gives the steps of a kernel their numbers; returns the first. */
  public long add(List<Stmt> steps) {
    long first = all.isEmpty() ? 1 : all.getLast().next();
    all.add(new Launch(first, steps));
    return first;
  }

  /** So many launches. */
  public int size() {
    return all.size();
  }

  public boolean isEmpty() {
    return all.isEmpty();
  }

  /** Those after the first {@code from}. */
  public List<Launch> since(int from) {
    return List.copyOf(all.subList(from, all.size()));
  }

  /** Takes launches that have their numbers, the next ones. */
  public void addAll(List<Launch> launches) {
    all.addAll(launches);
  }

  /** Forgets all but the first {@code left}. */
  public void keep(int left) {
    all.subList(left, all.size()).clear();
  }

  /** The nest that has this number. */
  public Stmt.Nest nest(long number) {
    for (Launch l : all) {
      if (number < l.next()) {
        return (Stmt.Nest) at(l.steps, number - l.first);
      }
    }
    throw new AssertionError("no launch has the number " + number);
  }

  /** How many numbers a step has. */
  static long count(Stmt s) {
    return switch (s) {
      case Stmt.Nest _, Stmt.Sort _ -> 1;
      case Stmt.Loop l when l.parallel() -> count(l.body());
      case Stmt.Loop l -> SaturatedCount.product(count(l.body()), l.length());
      case Stmt.Branch b -> count(StepFacts.both(b.onTrue(), b.onFalse()));
      case Stmt.While w -> SaturatedCount.product(countOfTurn(w), Integer.MAX_VALUE);
      case Stmt.Tell _ -> throw new IllegalArgumentException("not in a kernel: " + s);
    };
  }

  /** How many numbers a turn of a loop has. */
  static long countOfTurn(Stmt.While w) {
    return count(StepFacts.both(w.condition(), w.body()));
  }

  static long count(List<Stmt> steps) {
    return steps.stream().mapToLong(Launches::count).reduce(0, SaturatedCount::sum);
  }

  private static Stmt at(Stmt s, long number) {
    return switch (s) {
      case Stmt.Loop l -> at(l.body(), number % count(l.body()));
      case Stmt.Branch b -> {
        long first = count(b.onTrue());
        yield number < first ? at(b.onTrue(), number) : at(b.onFalse(), number - first);
      }
      case Stmt.While w -> {
        long inTurn = number % countOfTurn(w);
        long first = count(w.condition());
        yield inTurn < first ? at(w.condition(), inTurn) : at(w.body(), inTurn - first);
      }
      case Stmt.Nest _, Stmt.Sort _, Stmt.Tell _ -> s;
    };
  }

  private static Stmt at(List<Stmt> steps, long number) {
    long left = number;
    for (Stmt s : steps) {
      long n = count(s);
      if (left < n) {
        return at(s, left);
      }
      left -= n;
    }
    throw new AssertionError("no step has the number " + number);
  }
}
