package dev.engram.tests.online;

import dev.engram.Layer;
import dev.engram.RandomKey;
import dev.engram.RandomTensors;
import dev.engram.State;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.nn.Linear;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;

/**
 * Random models from a seed: one to three layers of {@link MemoryParts}, each of which receives the
 * previous layer, several previous ones, or also the input; with weights shared between layers,
 * feedback from the last layer to the first, and a readout of one or several layers.
 */
final class MemoryModels extends Layer {
  static final int IN = 3;
  static final int OUT = 2;
  private static final int N = MemoryParts.N;

  /** The input of a layer. */
  private enum Wiring {
    BEFORE,
    BEFORE_AND_INPUT,
    TWO_BEFORE,
    BEFORE_DETACHED
  }

  private final List<Layer> layers = new ArrayList<>();
  private final List<Wiring> wirings = new ArrayList<>();
  private final State feedback;
  private final State last;
  private final boolean feedsBack;
  private final Linear readout;
  private final boolean readsAll;
  private final StringJoiner name = new StringJoiner(", ");

  MemoryModels(long seed) {
    java.util.Random pick = new java.util.Random(seed * 7919 + 5);
    RandomKey key = RandomKey.of(seed);
    int depth = 1 + pick.nextInt(3);
    boolean shares = depth > 1 && pick.nextInt(5) == 0;
    Linear shared = MemoryParts.linear(N, N, key.foldIn(99));
    feedsBack = pick.nextInt(8) == 0;
    readsAll = pick.nextBoolean();
    for (int i = 0; i < depth; i++) {
      Wiring wiring = Wiring.values()[pick.nextInt(readsAll ? 4 : 3)];
      wirings.add(wiring);
      int in = i == 0 ? IN + (feedsBack ? N : 0) : width(wiring, i);
      if (shares && in == N) {
        layers.add(MemoryParts.leaky(shared, MemoryParts.decay()));
        name.add("shared leaky");
      } else {
        add(pick, in, key.foldIn(i));
      }
    }
    if (layers.stream().allMatch(l -> l.states().subset(State.Kind.HIDDEN).size() == 0)) {
      layers.set(0, MemoryParts.diagonal().get("minGRU").of(IN + (feedsBack ? N : 0), key));
      name.add("minGRU first");
    }
    readout = MemoryParts.linear(readsAll ? N * depth : N, OUT, key.foldIn(50));
    feedback = State.parameter(RandomTensors.normal(key.foldIn(60), Shape.of(N), DType.F64));
    last = State.hidden(() -> HostTensor.full(TensorType.of(DType.F64, N), 0));
    if (feedsBack) {
      name.add("fed back");
    }
  }

  private void add(java.util.Random pick, int in, RandomKey key) {
    Map<String, MemoryParts.Part> parts = new LinkedHashMap<>();
    int kind = pick.nextInt(10);
    if (kind == 0) {
      parts.putAll(MemoryParts.forward());
      if (!readsAll) {
        parts.remove("detached"); // nothing would be learned before it
      }
    } else if (kind < 6) {
      parts.putAll(MemoryParts.diagonal());
    } else {
      parts.putAll(MemoryParts.mixing());
    }
    List<String> names = List.copyOf(parts.keySet());
    String chosen = names.get(pick.nextInt(names.size()));
    name.add(chosen);
    layers.add(parts.get(chosen).of(in, key));
  }

  private static int width(Wiring wiring, int i) {
    return switch (wiring) {
      case BEFORE, BEFORE_DETACHED -> N;
      case BEFORE_AND_INPUT -> N + IN;
      case TWO_BEFORE -> i > 1 ? 2 * N : N;
    };
  }

  String words() {
    return name.toString();
  }

  @Override
  public Tensor update(Tensor x) {
    List<Tensor> given = new ArrayList<>();
    Tensor in = feedsBack ? Tensor.concat(0, x, last.value().mul(feedback.value())) : x;
    for (int i = 0; i < layers.size(); i++) {
      given.add(layers.get(i).update(i == 0 ? in : seen(wirings.get(i), x, given)));
    }
    if (feedsBack) {
      last.set(given.getLast().tanh());
    }
    return readout.update(
        readsAll ? Tensor.concat(0, given.toArray(Tensor[]::new)) : given.getLast());
  }

  private static Tensor seen(Wiring wiring, Tensor x, List<Tensor> given) {
    Tensor before = given.getLast();
    return switch (wiring) {
      case BEFORE -> before;
      case BEFORE_DETACHED -> before.stopGradient();
      case BEFORE_AND_INPUT -> Tensor.concat(0, x, before);
      case TWO_BEFORE ->
          given.size() > 1 ? Tensor.concat(0, given.get(given.size() - 2), before) : before;
    };
  }
}
