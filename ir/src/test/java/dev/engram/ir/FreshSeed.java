package dev.engram.ir;

import java.util.Optional;
import net.jqwik.api.lifecycle.AroundPropertyHook;
import net.jqwik.api.lifecycle.PropagationMode;
import net.jqwik.api.lifecycle.PropertyExecutionResult;
import net.jqwik.api.lifecycle.PropertyExecutor;
import net.jqwik.api.lifecycle.PropertyLifecycleContext;

/**
 * Other samples for every property than those of the build: {@code -Dengram.seed=42}, or {@code
 * random}, instead of the seed that the property has; {@code -Dengram.tries=5} tries five times as
 * many. jqwik prints the seed of a failure. The Maven profile {@code fresh-seeds} puts this beside
 * the properties of every module.
 */
@SuppressWarnings("exports") // jqwik finds it as a service, so it is public
public final class FreshSeed implements AroundPropertyHook {
  private static final Optional<Long> SEED =
      Optional.ofNullable(System.getProperty("engram.seed"))
          .map(s -> s.equals("random") ? System.nanoTime() : Long.parseLong(s));
  private static final double EFFORT = Double.parseDouble(System.getProperty("engram.tries", "1"));

  @Override
  public PropertyExecutionResult aroundProperty(
      PropertyLifecycleContext context, PropertyExecutor property) {
    SEED.ifPresent(
        seed -> {
          // Each property draws samples of its own.
          long own = seed * 31 + context.label().hashCode();
          context.attributes().setSeed(Long.toString(own));
          context
              .attributes()
              .tries()
              .ifPresent(n -> context.attributes().setTries((int) Math.ceil(n * EFFORT)));
        });
    return property.execute();
  }

  @Override
  public PropagationMode propagateTo() {
    return PropagationMode.ALL_DESCENDANTS;
  }

  // Outside of what reads the attributes.
  @Override
  public int aroundPropertyProximity() {
    return -100;
  }
}
