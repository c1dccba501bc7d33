package dev.engram.lower.memory;

import dev.engram.lower.Instr;
import dev.engram.lower.LoopBuffer;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.LoweringException;
import dev.engram.lower.Stmt;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Checks that arena buffers sharing memory are never alive at once: it walks the program with the
 * owner of every 64-byte line, loops twice, and finds a buffer that is read while another one owns
 * its memory.
 */
public final class ArenaVerifier {
  private final LoopProgram program;
  private final int[] places;
  private Map<Integer, BitSet> lost = new HashMap<>();
  private final Map<Integer, List<Integer>> overlaps = new HashMap<>();

  private ArenaVerifier(LoopProgram program) {
    this.program = program;
    this.places = new int[program.buffers().size()];
    for (int i = 0; i < places.length; i++) {
      places[i] = i;
    }
  }

  public static void verify(LoopProgram program) {
    ArenaVerifier v = new ArenaVerifier(program);
    v.findOverlaps();
    v.steps(program.steps());
  }

  private void findOverlaps() {
    List<Integer> arena = new ArrayList<>();
    for (int i = 0; i < places.length; i++) {
      if (program.buffers().get(i).place() instanceof LoopBuffer.Place.Arena
          && program.buffers().get(i).type().bytes() > 0) {
        arena.add(i);
      }
    }
    arena.sort((a, b) -> Long.compare(start(a), start(b)));
    for (int i = 0; i < arena.size(); i++) {
      for (int j = i + 1; j < arena.size() && start(arena.get(j)) < end(arena.get(i)); j++) {
        overlaps.computeIfAbsent(arena.get(i), _ -> new ArrayList<>()).add(arena.get(j));
        overlaps.computeIfAbsent(arena.get(j), _ -> new ArrayList<>()).add(arena.get(i));
      }
    }
  }

  private long start(int b) {
    return program.buffers().get(b).place() instanceof LoopBuffer.Place.Arena a ? a.offset() : 0;
  }

  private long end(int b) {
    return start(b) + program.buffers().get(b).type().bytes();
  }

  private void steps(List<Stmt> steps) {
    for (Stmt s : steps) {
      switch (s) {
        case Stmt.Nest n -> nest(n);
        case Stmt.Sort o -> nest(o.traffic());
        case Stmt.Tell t -> t.traffic().forEach(this::nest);
        case Stmt.Loop l -> {
          for (int i = 0; i < Math.min(l.length(), 2); i++) {
            steps(l.body());
            l.swaps().forEach(this::swap);
          }
        }
        case Stmt.While w -> {
          for (int i = 0; i < 2; i++) {
            steps(w.condition());
            read(w.predicate().buffer(), "a while loop");
            steps(w.body());
            w.swaps().forEach(this::swap);
          }
          steps(w.condition());
        }
        case Stmt.Branch b -> {
          read(b.predicate().buffer(), "a branch");
          Map<Integer, BitSet> before = copy(lost);
          steps(b.onTrue());
          Map<Integer, BitSet> after = lost;
          lost = before;
          steps(b.onFalse());
          after.forEach((k, v) -> lost.computeIfAbsent(k, _ -> new BitSet()).or(v));
        }
      }
    }
  }

  private void swap(Stmt.Swap w) {
    int a = places[w.a()];
    places[w.a()] = places[w.b()];
    places[w.b()] = a;
  }

  private static Map<Integer, BitSet> copy(Map<Integer, BitSet> m) {
    Map<Integer, BitSet> c = new HashMap<>();
    m.forEach((k, v) -> c.put(k, (BitSet) v.clone()));
    return c;
  }

  private void nest(Stmt.Nest n) {
    boolean runs = n.axes().stream().allMatch(a -> a.length() > 0);
    List<Instr> code = new ArrayList<>(runs ? n.body() : List.of());
    code.addAll(n.epilogue());
    BitSet written = new BitSet();
    for (Instr i : code) {
      switch (i) {
        case Instr.Load l -> read(l.from().buffer(), n.label());
        case Instr.LoadAt l -> read(l.from().buffer(), n.label());
        case Instr.Store s -> written.set(s.to().buffer());
        case Instr.StoreAt s -> {
          read(s.to().buffer(), n.label());
          written.set(s.to().buffer());
        }
        case Instr.Literal _, Instr.IndexOf _, Instr.Apply _, Instr.Convert _ -> {}
        case Instr.RandomWord _, Instr.Fold _, Instr.DotFold _, Instr.Check _ -> {}
      }
    }
    written.stream().forEach(b -> write(b, n.label(), code));
  }

  // lost[p] names the buffers that have written over the memory of place p since its owner did.
  private void read(int buffer, String label) {
    BitSet by = lost.get(places[buffer]);
    if (by != null && !by.isEmpty()) {
      throw wrong(label, "reads b%d, whose memory b%d has taken over", buffer, by.nextSetBit(0));
    }
  }

  private void write(int buffer, String label, List<Instr> code) {
    int place = places[buffer];
    if (lost.containsKey(place)) {
      lost.get(place).clear();
    }
    for (int other : overlaps.getOrDefault(place, List.of())) {
      for (Instr i : code) {
        if (i instanceof Instr.Load l && places[l.from().buffer()] == other) {
          throw wrong(label, "reads b%d and writes b%d in the same memory", other, buffer);
        }
      }
      lost.computeIfAbsent(other, _ -> new BitSet()).set(buffer);
    }
  }

  private LoweringException wrong(String label, String what, int a, int b) {
    return new LoweringException(
        "@%s: %s %s".formatted(program.name(), label, what.formatted(a, b)));
  }
}
