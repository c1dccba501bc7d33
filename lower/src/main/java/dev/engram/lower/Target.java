package dev.engram.lower;

import dev.engram.ir.TensorType;
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
final class Target {
  /** A buffer whose place may still be open; {@code loops} are those it lives inside of. */
  record Draft(
      TensorType type,
      Buffer.@org.jspecify.annotations.Nullable Place place,
      List<Integer> loops) {}

  final List<Draft> buffers = new ArrayList<>();
  final Map<Step, Integer> loopIds = new IdentityHashMap<>();
  private final Map<dev.engram.ir.HostTensor, Integer> constants = new HashMap<>();
  private final List<Integer> loops = new ArrayList<>();
  private List<Step> steps = new ArrayList<>();
  private int loopCount;

  /** Number of enclosing loops. */
  int depth() {
    return loops.size();
  }

  void add(Step s) {
    steps.add(s);
  }

  List<Step> steps() {
    return List.copyOf(steps);
  }

  int buffer(TensorType type, Buffer.Place place) {
    buffers.add(new Draft(type, place, List.of()));
    return buffers.size() - 1;
  }

  int constant(dev.engram.ir.HostTensor value) {
    return constants.computeIfAbsent(value, v -> buffer(v.type(), new Buffer.Place.Constant(v)));
  }

  /** A dense buffer in the arena, alive in one iteration of the loops around. */
  View allocate(TensorType type) {
    buffers.add(new Draft(type, null, List.copyOf(loops)));
    return View.dense(buffers.size() - 1, type.shape());
  }

  /** Runs {@code body} with what it adds collected. */
  List<Step> collect(Runnable body) {
    List<Step> saved = steps;
    steps = new ArrayList<>();
    body.run();
    List<Step> made = List.copyOf(steps);
    steps = saved;
    return made;
  }

  void loop(int length, boolean reverse, Runnable body, List<Step.Swap> swaps) {
    int id = loopCount++;
    loops.add(id);
    List<Step> inside = collect(body);
    loops.removeLast();
    Step.Loop l = new Step.Loop(length, reverse, inside, swaps);
    loopIds.put(l, id);
    steps.add(l);
  }

  /**
   * A while loop.
   *
   * @param condition adds the steps that decide, and says where the answer is
   */
  void loop(
      Supplier<Access> condition, Runnable body, List<Step.Swap> swaps, Optional<Integer> bound) {
    int id = loopCount++;
    loops.add(id);
    AtomicReference<Access> holds = new AtomicReference<>();
    List<Step> decides = collect(() -> holds.set(condition.get()));
    List<Step> inside = collect(body);
    loops.removeLast();
    Step.While w =
        new Step.While(decides, Objects.requireNonNull(holds.get()), inside, swaps, bound);
    loopIds.put(w, id);
    steps.add(w);
  }
}
