package dev.engram.jit;

import dev.engram.CompiledGraph;
import dev.engram.Compiler;
import dev.engram.Engram;
import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.op.Control;
import dev.engram.ir.op.Effect;
import dev.engram.ir.passes.GraphKey;
import dev.engram.lower.LoopProgram;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/** Caches the code of graphs that were recently run outside of {@link Engram#jit}. */
public final class EagerCodeCache {
  private static final EagerCodeCache CODE = new EagerCodeCache(64, 256L << 20);

  /** {@link Compiler#compile}, or the cached code of an equal graph. */
  public static CompiledGraph compileOnce(Compiler compiler, Graph g) {
    return CODE.get(Key.of(compiler, g), () -> compiler.compile(g));
  }

  /**
   * Equal for graphs that compute the same and report the same lines in run-time errors.
   *
   * @param checks lines of the checks and effects
   */
  record Key(Compiler compiler, GraphKey graph, List<SourceLocation> checks) {
    /** What is done with an error that names the line. */
    private static final Set<Effect> NAMING_LINES = Set.of(Effect.CHECK, Effect.HOST);

    static Key of(Compiler compiler, Graph g) {
      List<SourceLocation> checks = new ArrayList<>();
      collect(g, checks);
      return new Key(compiler, GraphKey.of(g), checks);
    }

    private static void collect(Graph g, List<SourceLocation> checks) {
      for (Eqn e : g.eqns()) {
        if (e.op() instanceof Control c) {
          c.graphs().forEach(inner -> collect(inner, checks));
        } else if (Effect.of(e).stream().anyMatch(NAMING_LINES::contains)) {
          checks.add(e.where());
        }
      }
    }
  }

  /** Code for one key; only threads that want this key wait while it is compiled. */
  private static final class Slot {
    private volatile Optional<CompiledGraph> code = Optional.empty();

    /** Of its arena; 0 while it is compiled. */
    private volatile long bytes;

    // Passes and watchers of users run here, so without a lock: two threads may both compile.
    CompiledGraph get(Supplier<CompiledGraph> compile) {
      Optional<CompiledGraph> known = code;
      if (known.isPresent()) {
        return known.get();
      }
      CompiledGraph fresh = compile.get();
      synchronized (this) {
        if (code.isEmpty()) {
          bytes = fresh.loops().map(LoopProgram::arenaBytes).orElse(0L);
          code = Optional.of(fresh);
        }
        return code.get();
      }
    }
  }

  private final Map<Key, Slot> slots;

  private final long mostBytes;

  /**
   * @param capacity so many programs are kept
   * @param mostBytes of their arenas, but for the one used last
   */
  EagerCodeCache(int capacity, long mostBytes) {
    this.mostBytes = mostBytes;
    slots =
        new LinkedHashMap<>(16, 0.75f, true) {
          @Override
          protected boolean removeEldestEntry(Map.Entry<Key, Slot> eldest) {
            return size() > capacity;
          }
        };
  }

  /** Returns the code for {@code key}, compiling it if it is not cached. */
  CompiledGraph get(Key key, Supplier<CompiledGraph> compile) {
    Slot slot;
    synchronized (slots) {
      slot = slots.computeIfAbsent(key, _ -> new Slot());
    }
    CompiledGraph code = slot.get(compile);
    synchronized (slots) {
      trim();
    }
    return code;
  }

  /** Gives up what was used longest ago while all arenas together are too large. */
  private void trim() {
    long bytes = slots.values().stream().mapToLong(s -> s.bytes).sum();
    Iterator<Slot> eldest = slots.values().iterator();
    while (bytes > mostBytes && slots.size() > 1 && eldest.hasNext()) {
      bytes -= eldest.next().bytes;
      eldest.remove();
    }
  }
}
