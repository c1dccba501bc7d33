package dev.engram.lower.interpret;

import dev.engram.lower.LoopProgram;
import dev.engram.lower.Stmt;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/** The place of each nest and sort among the rows of a {@code FusionReport}. */
final class NestPlaces {
  private final Map<Stmt, Integer> places = new IdentityHashMap<>();

  NestPlaces(LoopProgram program) {
    number(program.steps());
  }

  private void number(List<Stmt> steps) {
    for (Stmt s : steps) {
      switch (s) {
        case Stmt.Nest _, Stmt.Sort _ -> places.put(s, places.size());
        case Stmt.Tell _ -> {}
        case Stmt.Loop l -> number(l.body());
        case Stmt.While w -> {
          number(w.condition());
          number(w.body());
        }
        case Stmt.Branch b -> {
          number(b.onTrue());
          number(b.onFalse());
        }
      }
    }
  }

  int of(Stmt step) {
    Integer place = places.get(step);
    if (place == null) {
      throw new AssertionError("a step of another program: " + step);
    }
    return place;
  }
}
