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
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/** Code of the graphs that were run lately outside of {@link Engram#jit}. */
public final class EagerCodeCache {
  private static final EagerCodeCache CODE = new EagerCodeCache(64);

  /** {@link Compiler#compile}, or the code that an equal graph was compiled to lately. */
  public static CompiledGraph compileOnce(Compiler compiler, Graph g) {
    return CODE.get(Key.of(compiler, g), () -> compiler.compile(g));
  }

  /**
   * Equal for graphs that compute the same and name the same lines in errors of the run.
   *
   * @param checks lines of the checks and notices
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

  /** Code for one key; whoever comes while it is compiled waits here, and nobody else. */
  private static final class Slot {
    private Optional<CompiledGraph> code = Optional.empty();

    synchronized CompiledGraph get(Supplier<CompiledGraph> compile) {
      if (code.isEmpty()) {
        code = Optional.of(compile.get());
      }
      return code.get();
    }
  }

  private final Map<Key, Slot> slots;

  EagerCodeCache(int capacity) {
    slots =
        new LinkedHashMap<>(16, 0.75f, true) {
          @Override
          protected boolean removeEldestEntry(Map.Entry<Key, Slot> eldest) {
            return size() > capacity;
          }
        };
  }

  /** The code for {@code key}, which {@code compile} gives unless there is some. */
  CompiledGraph get(Key key, Supplier<CompiledGraph> compile) {
    Slot slot;
    synchronized (slots) {
      slot = slots.computeIfAbsent(key, _ -> new Slot());
    }
    return slot.get(compile);
  }
}
