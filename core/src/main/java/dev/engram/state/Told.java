package dev.engram.state;

import dev.engram.Model;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/** What the user has been told about a model, each thing once. */
public final class Told {
  /** Given by the class {@link Model}, which shows it to nobody else. */
  private static volatile Function<Model, Told> ofModels =
      m -> {
        throw new IllegalStateException("no models yet");
      };

  private final Set<String> messages = ConcurrentHashMap.newKeySet();

  /** Says once how this is found for a model. */
  public static void found(Function<Model, Told> by) {
    ofModels = by;
  }

  public static Told of(Model m) {
    return ofModels.apply(m);
  }

  /** True when nobody has been told this yet, who is now. */
  public boolean isFirst(String message) {
    return messages.add(message);
  }

  /** True when someone has been told this. */
  boolean has(String message) {
    return messages.contains(message);
  }
}
