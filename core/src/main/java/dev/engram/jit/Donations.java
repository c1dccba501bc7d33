package dev.engram.jit;

import dev.engram.ir.DeviceTensor;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Storage;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.Tracer;
import dev.engram.ir.runtime.PinnedTensors;
import dev.engram.lower.Device;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Memory of donated arguments, for later results of the same type: of each type as much as one call
 * has results of it, so that what is never used is not kept.
 */
final class Donations {
  private final List<Integer> arguments;
  private final List<TensorType> results;
  private final Optional<Device> device;
  private final Map<TensorType, Integer> most = new HashMap<>();
  private final Map<TensorType, Deque<HostTensor>> kept = new HashMap<>();

  /**
   * @param arguments positions of the donated ones
   * @param device where the calls run; empty for the interpreter, which allocates what it computes
   */
  Donations(List<Integer> arguments, List<TensorType> results, Optional<Device> device) {
    this.arguments = arguments;
    this.results = results;
    this.device = device;
    results.forEach(t -> most.merge(t, 1, Integer::sum));
  }

  /**
   * Memory for the results of a call; the interpreter's needs none.
   *
   * @param fresh allocates that of one result
   */
  List<Tensor> results(IntFunction<Tensor> fresh) {
    List<Tensor> out = new ArrayList<>(results.size());
    try {
      for (int i = 0; i < results.size(); i++) {
        Tensor free = arguments.isEmpty() ? null : poll(results.get(i));
        out.add(free == null ? fresh.apply(i) : free);
      }
    } catch (Throwable e) {
      out.forEach(StateUpdates::abandon);
      throw e;
    }
    return out;
  }

  private synchronized @Nullable HostTensor poll(TensorType t) {
    Deque<HostTensor> all = kept.get(t);
    return all == null ? null : all.poll();
  }

  /** The results of a call, copies of those that lie in memory which is taken after it. */
  List<HostTensor> apart(List<HostTensor> results, List<HostTensor> args) {
    if (arguments.isEmpty()) {
      return results;
    }
    Set<Storage> taken = new HashSet<>();
    arguments.forEach(i -> taken.add(args.get(i).storage()));
    return results.stream().map(r -> taken.contains(r.storage()) ? copy(r) : r).toList();
  }

  /** Takes the memory of what was donated to a call that has ended. */
  void take(List<Tensor> args) {
    for (int i = 0; i < arguments.size(); i++) {
      Tensor arg = args.get(arguments.get(i));
      donated(arg).ifPresent(this::keep);
    }
  }

  // Refused where one tensor has come in twice, a state has it or another run reads it; and memory
  // that users wrap, such as a mapped file, is not ours to write.
  private static Optional<HostTensor> donated(Tensor arg) {
    if (!PinnedTensors.storage(arg).isOwned()) {
      return Optional.empty();
    }
    return switch (arg) {
      case HostTensor t -> t.tryDonate();
      case DeviceTensor t -> {
        t.tryDonate();
        yield Optional.empty();
      }
      case Tracer _ -> Optional.empty();
    };
  }

  private void keep(HostTensor own) {
    if (!isKept(own)) {
      own.close();
    }
  }

  private synchronized boolean isKept(HostTensor own) {
    Deque<HostTensor> same = kept.computeIfAbsent(own.type(), _ -> new ArrayDeque<>());
    return device.filter(d -> d.holds(own)).isPresent()
        && same.size() < most.getOrDefault(own.type(), 0)
        && same.add(own);
  }

  private static HostTensor copy(HostTensor x) {
    HostTensor own = HostTensor.allocate(x.type());
    own.segment().copyFrom(x.segment());
    return own;
  }

  /** How many tensors wait to be results. */
  synchronized int kept() {
    return kept.values().stream().mapToInt(Deque::size).sum();
  }
}
