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
    return Stmt.leaves(steps).anyMatch(s -> s instanceof Stmt.Nest n && checks(n));
  }

  static boolean checks(Stmt.Nest n) {
    return IndexText.instrs(n).stream().anyMatch(Instr.Check.class::isInstance);
  }

  /** The most scratch memory of a sort, in elements. */
  static long scratch(List<Stmt> steps) {
    return Stmt.leaves(steps)
        .mapToLong(s -> s instanceof Stmt.Sort o ? SortText.scratch(o) : 0)
        .max()
        .orElse(0);
  }

  /** The user's line of the first nest that has one. */
  static SourceLocation where(List<Stmt> steps) {
    return Stmt.leaves(steps)
        .map(
            s ->
                switch (s) {
                  case Stmt.Nest n -> n.where();
                  case Stmt.Sort n -> n.where();
                  case Stmt.Tell t -> t.where();
                  case Stmt.Loop _, Stmt.While _, Stmt.Branch _ -> throw new AssertionError(s);
                })
        .filter(SourceLocation::isKnown)
        .findFirst()
        .orElse(SourceLocation.UNKNOWN);
  }

  static List<Stmt> both(List<Stmt> first, List<Stmt> second) {
    List<Stmt> all = new ArrayList<>(first);
    all.addAll(second);
    return all;
  }

  /** True where these steps have no more buffers than a kernel may have parameters. */
  static boolean hasRoom(List<Stmt> steps) {
    return BufferUses.of(steps).all().size() <= MOST_BUFFERS;
  }
}
