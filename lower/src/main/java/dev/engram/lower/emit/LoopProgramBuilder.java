package dev.engram.lower.emit;

import dev.engram.ir.HostTensor;
import dev.engram.ir.TensorType;
import dev.engram.lower.Access;
import dev.engram.lower.LoopBuffer;
import dev.engram.lower.Stmt;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

/** A loop program under construction. */
public final class LoopProgramBuilder {
  /**
   * A buffer whose place may still be undecided; {@code loops} are those that it lives inside of.
   */
  public record Draft(
      TensorType type,
      LoopBuffer.@org.jspecify.annotations.Nullable Place place,
      List<Integer> loops) {}

  public final List<Draft> buffers = new ArrayList<>();
  public final Map<Stmt, Integer> loopIds = new IdentityHashMap<>();
  private final Map<HostTensor, Integer> constants = new HashMap<>();
  private final List<Integer> loops = new ArrayList<>();
  private List<Stmt> steps = new ArrayList<>();
  private int loopCount;

  /** Returns the number of enclosing loops. */
  int depth() {
    return loops.size();
  }

  void add(Stmt s) {
    steps.add(s);
  }

  public List<Stmt> steps() {
    return List.copyOf(steps);
  }

  public int buffer(TensorType type, LoopBuffer.Place place) {
    buffers.add(new Draft(type, place, List.of()));
    return buffers.size() - 1;
  }

  int constant(HostTensor value) {
    return constants.computeIfAbsent(
        value, v -> buffer(v.type(), new LoopBuffer.Place.Constant(v)));
  }

  /** Allocates a dense buffer in the arena, live within one iteration of the enclosing loops. */
  StridedView allocate(TensorType type) {
    buffers.add(new Draft(type, null, List.copyOf(loops)));
    return StridedView.dense(buffers.size() - 1, type.shape());
  }

  /** Runs {@code body} and returns the steps that it adds. */
  List<Stmt> collect(Runnable body) {
    List<Stmt> saved = steps;
    steps = new ArrayList<>();
    body.run();
    List<Stmt> made = List.copyOf(steps);
    steps = saved;
    return made;
  }

  /** A number for a loop that is put around others. */
  public int loopId() {
    return loopCount++;
  }

  void loop(int length, boolean reverse, Runnable body, List<Stmt.Swap> swaps) {
    int id = loopCount++;
    loops.add(id);
    List<Stmt> inside = collect(body);
    loops.removeLast();
    Stmt.Loop l = new Stmt.Loop(length, reverse, false, inside, swaps);
    loopIds.put(l, id);
    steps.add(l);
  }

  /**
   * Adds a while loop.
   *
   * @param condition adds the steps of the condition, and returns where its result is
   */
  void loop(
      Supplier<Access> condition, Runnable body, List<Stmt.Swap> swaps, Optional<Integer> bound) {
    int id = loopCount++;
    loops.add(id);
    AtomicReference<Access> holds = new AtomicReference<>();
    List<Stmt> decides = collect(() -> holds.set(condition.get()));
    List<Stmt> inside = collect(body);
    loops.removeLast();
    Stmt.While w =
        new Stmt.While(decides, Objects.requireNonNull(holds.get()), inside, swaps, bound);
    loopIds.put(w, id);
    steps.add(w);
  }
}
