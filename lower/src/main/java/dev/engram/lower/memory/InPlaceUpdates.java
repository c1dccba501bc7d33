package dev.engram.lower.memory;

import dev.engram.ir.checks.Given;
import dev.engram.lower.AffineMap;
import dev.engram.lower.Instr;
import dev.engram.lower.LoopBuffer;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.Stmt;
import dev.engram.lower.Update;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Results that are written over the parameter whose next value they are, where that is safe: then a
 * state takes its memory once, not twice.
 *
 * <p>It is safe where the first nest that writes the result touches each element of both once, at
 * the same point and the read first; where nothing reads the parameter after it; and where from
 * there on nothing can stop the run, neither a check nor a function of a user, so that an error
 * leaves the parameter as it was.
 */
public final class InPlaceUpdates {
  private final List<Stmt> steps;
  private final List<BufferUses> uses;

  private InPlaceUpdates(List<Stmt> steps) {
    this.steps = new ArrayList<>(steps);
    this.uses = new ArrayList<>(steps.stream().map(BufferUses::of).toList());
  }

  /**
   * The same steps, with nests that write such results behind what reads the parameters, and behind
   * what can stop the run, where nothing else speaks against it.
   *
   * @param inputs buffer of each parameter
   * @param outputs buffer of each result
   */
  public static List<Stmt> order(
      List<Stmt> steps, List<Integer> inputs, List<Integer> outputs, List<Update> wanted) {
    if (wanted.isEmpty()) {
      return steps;
    }
    InPlaceUpdates p = new InPlaceUpdates(steps);
    for (Update u : wanted) {
      p.sink(inputs.get(u.input()), outputs.get(u.output()));
    }
    return p.steps;
  }

  private void sink(int in, int out) {
    int from = first(out);
    int to = Math.max(lastUse(in), lastStop());
    if (from < to && isElementwise(from, in, out) && !mayStop(steps.get(from))) {
      for (BufferUses passed : uses.subList(from + 1, to + 1)) {
        if (passed.clashes(uses.get(from))) {
          return;
        }
      }
      steps.add(to, steps.remove(from));
      uses.add(to, uses.remove(from));
    }
  }

  /** {@code program} with as many of {@code wanted} in place as is safe. */
  public static LoopProgram apply(LoopProgram program, List<Update> wanted) {
    if (wanted.isEmpty()) {
      return program;
    }
    InPlaceUpdates p = new InPlaceUpdates(program.steps());
    int stop = p.lastStop();
    Map<Integer, Integer> to = new HashMap<>();
    for (Update u : wanted) {
      int in = program.inputs().get(u.input());
      int out = program.outputs().get(u.output());
      boolean sameType = program.buffers().get(in).type().equals(program.buffers().get(out).type());
      int first = p.first(out);
      if (sameType
          && first > stop
          && p.lastUse(in) <= first
          && p.isElementwise(first, in, out)
          && !to.containsKey(out)
          && !to.containsValue(in)) {
        to.put(out, in);
      }
    }
    return to.isEmpty() ? program : merged(program, to);
  }

  /** The first step that writes over an input; behind the last where there is none. */
  public static int firstWrite(LoopProgram program) {
    Given.given("InPlaceUpdates.firstWrite", "program", program);
    Set<Integer> inputs = new HashSet<>(program.inputs());
    inputs.retainAll(program.outputs());
    List<Stmt> steps = program.steps();
    int i = inputs.isEmpty() ? steps.size() : 0;
    while (i < steps.size() && Collections.disjoint(BufferUses.of(steps.get(i)).writes(), inputs)) {
      i++;
    }
    return i;
  }

  private int first(int buffer) {
    int i = 0;
    while (i < uses.size() && !uses.get(i).contains(buffer)) {
      i++;
    }
    return i;
  }

  private int lastUse(int buffer) {
    int i = uses.size() - 1;
    while (i >= 0 && !uses.get(i).contains(buffer)) {
      i--;
    }
    return i;
  }

  /** The last step that may stop the run, or lets others look at it; -1 where there is none. */
  private int lastStop() {
    int i = steps.size() - 1;
    while (i >= 0 && !mayStop(steps.get(i))) {
      i--;
    }
    return i;
  }

  private static boolean mayStop(Stmt s) {
    return switch (s) {
      case Stmt.Nest n -> n.mayStop();
      case Stmt.Loop _, Stmt.While _, Stmt.Tell _ -> true;
      case Stmt.Branch b ->
          b.onTrue().stream().anyMatch(InPlaceUpdates::mayStop)
              || b.onFalse().stream().anyMatch(InPlaceUpdates::mayStop);
      case Stmt.Sort _ -> false;
    };
  }

  private boolean isElementwise(int step, int in, int out) {
    return step < steps.size() && steps.get(step) instanceof Stmt.Nest n && touchesOnce(n, in, out);
  }

  /**
   * True where {@code n} reads each element of the one once, before it writes that of the other.
   */
  static boolean touchesOnce(Stmt.Nest n, int in, int out) {
    List<Instr> code = new ArrayList<>(n.body());
    code.addAll(n.epilogue());
    Set<AffineMap> maps = new HashSet<>();
    boolean written = false;
    for (Instr i : code) {
      switch (i) {
        case Instr.Load l when l.from().buffer() == in -> {
          if (written) {
            return false;
          }
          maps.add(l.from().at());
        }
        case Instr.Store s when s.to().buffer() == out -> {
          written = true;
          maps.add(s.to().at());
        }
        case Instr.Load l when l.from().buffer() == out -> {
          return false;
        }
        case Instr.LoadAt l when l.from().buffer() == in || l.from().buffer() == out -> {
          return false;
        }
        case Instr.StoreAt s when s.to().buffer() == out -> {
          return false;
        }
        default -> {}
      }
    }
    return maps.size() == 1;
  }

  /** The program in which each key is the buffer that it is mapped to, and exists no more. */
  static LoopProgram merged(LoopProgram program, Map<Integer, Integer> to) {
    int[] number = new int[program.buffers().size()];
    List<LoopBuffer> buffers = new ArrayList<>();
    for (int b = 0; b < number.length; b++) {
      if (!to.containsKey(b)) {
        number[b] = buffers.size();
        buffers.add(program.buffers().get(b));
      }
    }
    to.forEach((out, in) -> number[out] = number[in]);
    BufferRenaming names = new BufferRenaming(b -> number[b]);
    return new LoopProgram(
        program.name(),
        buffers,
        names.all(program.inputs()),
        names.all(program.outputs()),
        names.steps(program.steps()),
        program.arenaBytes());
  }
}
