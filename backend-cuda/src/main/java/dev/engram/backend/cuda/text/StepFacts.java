package dev.engram.backend.cuda.text;

import dev.engram.ir.SourceLocation;
import dev.engram.lower.Instr;
import dev.engram.lower.Stmt;
import dev.engram.lower.memory.BufferUses;
import java.util.ArrayList;
import java.util.List;

/** What there is in some steps, and in the loops and branches among them. */
final class StepFacts {
  /** A kernel takes 32,764 bytes of parameters. */
  private static final int MOST_BUFFERS = 4000;

  private StepFacts() {}

  /** True where they check values. */
  static boolean checks(List<Stmt> steps) {
    return steps.stream()
        .anyMatch(
            s ->
                switch (s) {
                  case Stmt.Nest n ->
                      IndexText.instrs(n).stream().anyMatch(Instr.Check.class::isInstance);
                  case Stmt.Loop l -> checks(l.body());
                  case Stmt.While w -> checks(both(w.condition(), w.body()));
                  case Stmt.Branch b -> checks(both(b.onTrue(), b.onFalse()));
                  case Stmt.Sort _, Stmt.Tell _ -> false;
                });
  }

  /** The most scratch memory of a sort, in elements. */
  static long scratch(List<Stmt> steps) {
    long most = 0;
    for (Stmt s : steps) {
      long one =
          switch (s) {
            case Stmt.Sort o -> SortText.scratch(o);
            case Stmt.Loop l -> scratch(l.body());
            case Stmt.While w -> Math.max(scratch(w.condition()), scratch(w.body()));
            case Stmt.Branch b -> Math.max(scratch(b.onTrue()), scratch(b.onFalse()));
            case Stmt.Nest _, Stmt.Tell _ -> 0;
          };
      most = Math.max(most, one);
    }
    return most;
  }

  /** The user's line of the first nest that has one. */
  static SourceLocation where(List<Stmt> steps) {
    for (Stmt step : steps) {
      SourceLocation first =
          switch (step) {
            case Stmt.Nest n -> n.where();
            case Stmt.Sort n -> n.where();
            case Stmt.Tell t -> t.where();
            case Stmt.Loop l -> where(l.body());
            case Stmt.Branch b -> where(both(b.onTrue(), b.onFalse()));
            case Stmt.While w -> where(both(w.condition(), w.body()));
          };
      if (first.isKnown()) {
        return first;
      }
    }
    return SourceLocation.UNKNOWN;
  }

  static List<Stmt> both(List<Stmt> first, List<Stmt> second) {
    List<Stmt> all = new ArrayList<>(first);
    all.addAll(second);
    return all;
  }

  /** Nests and sorts in these steps. */
  static int nests(List<Stmt> steps) {
    int n = 0;
    for (Stmt s : steps) {
      n +=
          switch (s) {
            case Stmt.Nest _, Stmt.Sort _ -> 1;
            case Stmt.Tell _ -> 0;
            case Stmt.Loop l -> nests(l.body());
            case Stmt.While w -> nests(w.condition()) + nests(w.body());
            case Stmt.Branch b -> nests(b.onTrue()) + nests(b.onFalse());
          };
    }
    return n;
  }

  /** True where these steps have no more buffers than a kernel may have parameters. */
  static boolean hasRoom(List<Stmt> steps) {
    return BufferUses.of(steps).all().size() <= MOST_BUFFERS;
  }
}
