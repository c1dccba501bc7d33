package dev.engram.backend.cuda.text;

import dev.engram.lower.Access;
import dev.engram.lower.AffineMap;
import dev.engram.lower.Instr;
import dev.engram.lower.LoopBuffer;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.Stmt;
import dev.engram.lower.memory.BufferUses;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The buffers that a kernel uses as its parameters: {@code x0}, {@code x1}, … are read, {@code y0},
 * … are written, {@code z0}, … are both. They are named by their order, so that nests that differ
 * only in buffers have one text.
 */
final class Params {
  private final List<LoopBuffer> buffers;
  private final Map<Integer, String> names = new LinkedHashMap<>();

  private final Map<Integer, Set<Integer>> sharing = new HashMap<>();

  /** The names of copies. */
  private final Map<Integer, String> kept = new HashMap<>();

  private Params(
      List<LoopBuffer> buffers, Set<Integer> read, Set<Integer> written, Set<Integer> both) {
    this.buffers = buffers;
    read.stream().filter(b -> !both.contains(b)).forEach(b -> name('x', b));
    written.stream().filter(b -> !both.contains(b)).forEach(b -> name('y', b));
    both.forEach(b -> name('z', b));
  }

  static Params of(List<LoopBuffer> buffers, Stmt.Nest nest) {
    Set<Integer> read = new LinkedHashSet<>();
    Set<Integer> written = new LinkedHashSet<>();
    Stream.concat(nest.body().stream(), nest.epilogue().stream())
        .forEach(
            i -> {
              switch (i) {
                case Instr.Load l -> read.add(l.from().buffer());
                case Instr.LoadAt l -> read.add(l.from().buffer());
                case Instr.Store s -> written.add(s.to().buffer());
                case Instr.StoreAt s -> {
                  written.add(s.to().buffer());
                  read.add(s.to().buffer());
                }
                case Instr.Literal _, Instr.IndexOf _, Instr.Apply _, Instr.Convert _ -> {}
                case Instr.RandomWord _, Instr.Fold _, Instr.DotFold _, Instr.Check _ -> {}
              }
            });
    Set<Integer> both = new LinkedHashSet<>(read);
    both.retainAll(written);
    return new Params(buffers, read, written, both);
  }

  static Params of(List<LoopBuffer> buffers, Stmt.Sort sort) {
    return new Params(
        buffers,
        new LinkedHashSet<>(List.of(sort.from().buffer())),
        new LinkedHashSet<>(List.of(sort.to().buffer())),
        Set.of());
  }

  /**
   * Those of several steps; where some of them share memory, as they may at times, all are updated.
   */
  static Params of(LoopProgram program, Overlap overlap, List<Stmt> steps) {
    BufferUses uses = BufferUses.of(steps);
    Set<Integer> read = new TreeSet<>(uses.reads());
    Set<Integer> written = new TreeSet<>(uses.writes());
    Set<Integer> both = new TreeSet<>(uses.swaps());
    Map<Integer, Set<Integer>> sharing = new HashMap<>();
    for (int w : written) {
      for (int b : new TreeSet<>(uses.all())) {
        if (b != w && overlap.of(b, w)) {
          both.addAll(List.of(b, w));
          sharing.computeIfAbsent(w, _ -> new TreeSet<>()).add(b);
        }
      }
      if (read.contains(w)) {
        both.add(w);
      }
    }
    Params all = new Params(program.buffers(), read, written, both);
    all.sharing.putAll(sharing);
    return all;
  }

  /** The other buffers that have memory in common with a written one. */
  Set<Integer> sharing(int written) {
    return sharing.getOrDefault(written, Set.of());
  }

  /** Has a buffer called by the name of a copy of a share's part of it from now on. */
  void keep(int buffer, String name) {
    kept.put(buffer, name);
  }

  /** The name of the parameter itself. */
  String outside(int buffer) {
    return Objects.requireNonNull(names.get(buffer));
  }

  /**
   * Where an access is in what {@link #name} names.
   *
   * @param shares number of the loop over the shares among the loops around
   */
  AffineMap at(Access a, int shares) {
    if (!kept.containsKey(a.buffer())) {
      return a.at();
    }
    List<Long> outer = new ArrayList<>(a.at().outer());
    outer.set(shares, 0L);
    return new AffineMap(a.at().offset(), outer, a.at().inner());
  }

  private void name(char kind, int buffer) {
    long before = names.values().stream().filter(n -> n.charAt(0) == kind).count();
    names.put(buffer, kind + Long.toString(before));
  }

  String name(int buffer) {
    return kept.getOrDefault(buffer, outside(buffer));
  }

  List<Integer> buffers() {
    return List.copyOf(names.keySet());
  }

  /** Their declarations. */
  List<String> declared() {
    List<String> all = new ArrayList<>();
    names.forEach(
        (b, name) -> {
          String kind =
              switch (name.charAt(0)) {
                case 'x' -> "READ";
                case 'y' -> "WRITE";
                default -> "UPDATE";
              };
          all.add(kind + "(" + CTypes.memory(buffers.get(b).type().dtype()) + ") " + name);
        });
    return all;
  }
}
