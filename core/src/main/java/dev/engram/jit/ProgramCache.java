package dev.engram.jit;

import dev.engram.Tree;
import dev.engram.ir.SourceLocation;
import dev.engram.trace.TreeSpec;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The compiled programs of one jitted function, at most {@code capacity} of them; a new one evicts
 * the least recently used.
 */
final class ProgramCache {
  private final int capacity;
  private final Map<List<TreeSpec>, List<Entry>> known = new HashMap<>();

  /** Arguments of recently evicted programs. */
  private final Set<List<TreeSpec>> evictedArgs = new LinkedHashSet<>();

  /** What the last call found. */
  private @Nullable Entry last;

  private int compiled;
  private int evicted;
  private long calls;

  /** A program, and why none of the earlier ones fitted. */
  private static final class Entry {
    final int number;
    final List<TreeSpec> args;
    final Specialization program;
    final SourceLocation where;
    final String why;

    /** The number of the last call. */
    long used;

    Entry(
        int number, List<TreeSpec> args, Specialization program, SourceLocation where, String why) {
      this.number = number;
      this.args = args;
      this.program = program;
      this.where = where;
      this.why = why;
    }

    boolean isFor(List<Tree.Flat> given) {
      for (int i = 0; i < args.size(); i++) {
        if (!args.get(i).isOf(given.get(i))) {
          return false;
        }
      }
      return true;
    }
  }

  ProgramCache(int capacity) {
    this.capacity = capacity;
  }

  /** The program of the last call, where it is that for {@code args} and the current states. */
  Optional<Specialization> again(List<Tree.Flat> args) {
    Entry e = last;
    if (e == null || !e.isFor(args) || !e.program.fits()) {
      return Optional.empty();
    }
    e.used = ++calls;
    return Optional.of(e.program);
  }

  /** Finds the program for a call with such arguments and the current states. */
  Optional<Specialization> find(List<TreeSpec> args) {
    calls++;
    return known(args);
  }

  /** The same, which counts as no call. */
  Optional<Specialization> known(List<TreeSpec> args) {
    for (Entry e : known.getOrDefault(args, List.of())) {
      if (e.program.fits()) {
        e.used = calls;
        last = e;
        return Optional.of(e.program);
      }
    }
    return Optional.empty();
  }

  /**
   * Adds the program compiled for a call for which {@link #find} found none.
   *
   * @param why the result of {@link #why} before it was compiled
   */
  void add(List<TreeSpec> args, Specialization program, SourceLocation where, String why) {
    if (all().count() >= capacity) {
      all().min(Comparator.comparingLong(e -> e.used)).ifPresent(this::evict);
    }
    Entry fresh = new Entry(compiled++, args, program, where, why);
    fresh.used = calls;
    known.computeIfAbsent(args, _ -> new ArrayList<>()).add(fresh);
  }

  @SuppressWarnings("ReferenceEquality") // it is about this very entry
  private void evict(Entry e) {
    if (last == e) {
      last = null;
    }
    List<Entry> same = known.get(e.args);
    same.remove(e);
    if (same.isEmpty()) {
      known.remove(e.args);
    }
    evicted++;
    e.program.drop();
    evictedArgs.add(e.args);
    if (evictedArgs.size() > capacity) {
      evictedArgs.remove(evictedArgs.iterator().next());
    }
  }

  private Stream<Entry> all() {
    return known.values().stream().flatMap(List::stream);
  }

  /**
   * Explains, when it is asked, why the closest program does not fit; of several equally close, the
   * latest. It names states, for which models are walked, so it is to be asked under no lock.
   */
  Supplier<String> why(List<TreeSpec> args) {
    List<Entry> entries = all().toList();
    boolean wasEvicted = evictedArgs.contains(args);
    return () -> why(entries, args, wasEvicted);
  }

  private static String why(List<Entry> entries, List<TreeSpec> args, boolean wasEvicted) {
    String differs =
        entries.stream()
            .sorted(Comparator.comparingInt((Entry e) -> e.number).reversed())
            .map(
                e -> {
                  List<String> lines = SpecMismatch.of(e.args, args);
                  return lines.isEmpty() ? e.program.misfits() : lines;
                })
            .min(Comparator.comparingInt(List::size))
            .map(lines -> String.join("; ", lines))
            .orElse("first call");
    return wasEvicted ? "a program for such arguments was evicted; " + differs : differs;
  }

  /** One line for each program, in the order in which they were compiled. */
  String explain(String name) {
    StringBuilder out = new StringBuilder();
    out.append("%s: %d programs in %d calls%n".formatted(name, compiled, calls));
    if (evicted > 0) {
      out.append(
          "  %d evicted, least recently used first: at most %d are kept; keeping(n) keeps more%n"
              .formatted(evicted, capacity));
    }
    all()
        .sorted(Comparator.comparingInt(e -> e.number))
        .forEach(e -> out.append("  program %d (%s): %s%n".formatted(e.number, e.where, e.why)));
    return out.toString();
  }
}
