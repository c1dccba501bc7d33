package dev.engram.state;

import dev.engram.Model;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/** Remembers which messages about a model have been logged, so that each is logged once. */
public final class Told {
  /** Set by the class {@link Model}, which exposes it to nobody else. */
  private static volatile Function<Model, Told> ofModels =
      m -> {
        throw new IllegalStateException("no models yet");
      };

  private final Set<String> messages = ConcurrentHashMap.newKeySet();

  /** Registers, once, how this is found for a model. */
  public static void found(Function<Model, Told> by) {
    ofModels = by;
  }

  public static Told of(Model m) {
    return ofModels.apply(m);
  }

  /** Returns true the first time that it is called with {@code message}. */
  public boolean isFirst(String message) {
    return messages.add(message);
  }

  /** Returns true when {@code message} has been logged. */
  boolean has(String message) {
    return messages.contains(message);
  }
}
