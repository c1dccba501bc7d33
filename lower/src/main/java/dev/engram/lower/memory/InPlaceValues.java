package dev.engram.lower.memory;

import dev.engram.ir.TensorType;
import dev.engram.lower.Instr;
import dev.engram.lower.LoopBuffer;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.Stmt;
import dev.engram.lower.emit.LoopProgramBuilder;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Values that are written over what they are made of, where a nest of the program itself, in no
 * loop, reads that for the last time and touches each element of both once, at the same point and
 * the read first. A result can take the memory of such a value, too, so that the caller's memory is
 * all that a chain of them needs.
 */
public final class InPlaceValues {
  private final LoopProgramBuilder target;
  private final Set<Integer> updates;
  private final int[] first;
  private final int[] last;

  /** What trades places with others in a loop. */
  private final Set<Integer> swapped;

  /** For what is written over: by what. */
  private final Map<Integer, Integer> over = new HashMap<>();

  private InPlaceValues(LoopProgramBuilder target, List<Stmt> steps, Set<Integer> updates) {
    this.target = target;
    this.updates = updates;
    this.first = new int[target.buffers.size()];
    this.last = new int[target.buffers.size()];
    Arrays.fill(first, Integer.MAX_VALUE);
    Arrays.fill(last, -1);
    for (int i = 0; i < steps.size(); i++) {
      for (int b : BufferUses.of(steps.get(i)).all()) {
        first[b] = Math.min(first[b], i);
        last[b] = Math.max(last[b], i);
      }
    }
    this.swapped = BufferUses.of(steps).swaps();
  }

  /**
   * Looks at a whole program.
   *
   * @param updates results that may be written over a parameter, see {@link InPlaceUpdates}: they
   *     take no other memory, or the parameter would be written too early
   */
  public static InPlaceValues of(
      LoopProgramBuilder target, List<Stmt> steps, Set<Integer> updates) {
    InPlaceValues v = new InPlaceValues(target, steps, updates);
    for (int i = 0; i < steps.size(); i++) {
      if (steps.get(i) instanceof Stmt.Nest n) {
        v.nest(n, i);
      }
    }
    return v;
  }

  /** The buffer whose memory a buffer takes: itself for most. */
  int memory(int buffer) {
    int b = buffer;
    while (over.containsKey(b)) {
      b = over.get(b);
    }
    return b;
  }

  /** The program with only the buffers whose memory is taken, without copies from one to itself. */
  public LoopProgram merged(LoopProgram program) {
    if (over.isEmpty()) {
      return program;
    }
    Map<Integer, Integer> to = new HashMap<>();
    over.keySet().forEach(b -> to.put(b, memory(b)));
    LoopProgram p = InPlaceUpdates.merged(program, to);
    return new LoopProgram(
        p.name(),
        p.buffers(),
        p.inputs(),
        p.outputs(),
        p.steps().stream().filter(s -> !isCopyToItself(s)).toList(),
        p.arenaBytes());
  }

  private static boolean isCopyToItself(Stmt s) {
    return s instanceof Stmt.Nest n
        && n.epilogue().isEmpty()
        && n.body().size() == 2
        && n.body().get(0) instanceof Instr.Load l
        && n.body().get(1) instanceof Instr.Store t
        && l.from().equals(t.to());
  }

  private void nest(Stmt.Nest n, int at) {
    BufferUses uses = BufferUses.of(n);
    for (int out : uses.writes()) {
      if (first[out] == at && !updates.contains(out) && (isArena(out) || isResult(out))) {
        uses.reads().stream()
            .filter(in -> last[in] == at && isArena(in) && !over.containsKey(in))
            .filter(in -> type(in).equals(type(out)) && InPlaceUpdates.touchesOnce(n, in, out))
            .findFirst()
            .ifPresent(in -> over.put(in, out));
      }
    }
  }

  private TensorType type(int buffer) {
    return target.buffers.get(buffer).type();
  }

  private boolean isArena(int buffer) {
    return target.buffers.get(buffer).place() == null && !swapped.contains(buffer);
  }

  private boolean isResult(int buffer) {
    return target.buffers.get(buffer).place() instanceof LoopBuffer.Place.Output
        && !swapped.contains(buffer);
  }
}
