package dev.engram.backend.cuda.text;

import dev.engram.lower.Instr;
import dev.engram.lower.LoopBuffer;
import dev.engram.lower.Stmt;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The buffers that a nest uses as parameters of its kernel: {@code x0}, {@code x1}, … are read,
 * {@code y0}, … are written, {@code z0}, … are both. They are named by their order, so that nests
 * that differ only in buffers have one text.
 */
final class Params {
  private final List<LoopBuffer> buffers;
  private final Map<Integer, String> names = new LinkedHashMap<>();

  private Params(List<LoopBuffer> buffers, Set<Integer> read, Set<Integer> written) {
    this.buffers = buffers;
    Set<Integer> both = new LinkedHashSet<>(read);
    both.retainAll(written);
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
    return new Params(buffers, read, written);
  }

  static Params of(List<LoopBuffer> buffers, Stmt.Sort sort) {
    return new Params(
        buffers,
        new LinkedHashSet<>(List.of(sort.from().buffer())),
        new LinkedHashSet<>(List.of(sort.to().buffer())));
  }

  private void name(char kind, int buffer) {
    long before = names.values().stream().filter(n -> n.charAt(0) == kind).count();
    names.put(buffer, kind + Long.toString(before));
  }

  String name(int buffer) {
    return names.get(buffer);
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
