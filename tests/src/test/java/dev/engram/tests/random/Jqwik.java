package dev.engram.tests.random;

import java.io.IOException;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ArbitrarySupplier;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.lifecycle.AroundPropertyHook;
import net.jqwik.api.lifecycle.PropagationMode;
import net.jqwik.api.lifecycle.PropertyExecutionResult;
import net.jqwik.api.lifecycle.PropertyExecutor;
import net.jqwik.api.lifecycle.PropertyLifecycleContext;

/**
 * Where programs meet jqwik: it draws and shrinks recipes, and knows nothing of programs.
 *
 * <p>{@code -Dengram.tries=5} tries five times as much as a property says, {@code 0.1} a tenth.
 * {@code -Dengram.seed=42} draws other programs than usual, {@code random} other ones each time;
 * jqwik prints the seed of a failure. For a night: {@code -Dengram.tries=500 -Dengram.seed=random}.
 * The smallest program that breaks a law is kept, see {@link Finds}.
 */
final class Jqwik {
  private static final long SEED = 2026;
  private static final long SEED_OF_RUN =
      "random".equals(System.getProperty("engram.seed"))
          ? System.nanoTime()
          : Long.getLong("engram.seed", SEED);

  private Jqwik() {}

  static Arbitrary<Recipe> recipes() {
    Arbitrary<Integer> numbers = Arbitraries.integers().between(0, Recipe.RANGE);
    Arbitrary<List<Integer>> step = numbers.list().ofMinSize(8).ofMaxSize(Recipe.MAX_CHOICES);
    Arbitrary<List<List<Integer>>> steps = step.list().ofMinSize(1).ofMaxSize(Recipe.MAX_STEPS);
    return Combinators.combine(numbers, steps).as(Recipe::new);
  }

  static Arbitrary<Program> programs(Profile profile) {
    return recipes().map(r -> Programs.of(profile, r));
  }

  /** Programs over everything. */
  static final class Any implements ArbitrarySupplier<Program> {
    @Override
    public Arbitrary<Program> get() {
      return programs(Profile.ANY);
    }
  }

  /** Programs that are differentiated. */
  static final class Derived implements ArbitrarySupplier<Program> {
    @Override
    public Arbitrary<Program> get() {
      return programs(Profile.DERIVED);
    }
  }

  /** Programs with continuous derivatives. */
  static final class Smooth implements ArbitrarySupplier<Program> {
    @Override
    public Arbitrary<Program> get() {
      return programs(Profile.SMOOTH);
    }
  }

  /** Sets seeds and the number of tries. */
  static final class Effort implements AroundPropertyHook {
    @Override
    public PropertyExecutionResult aroundProperty(
        PropertyLifecycleContext context, PropertyExecutor property) {
      double factor = Double.parseDouble(System.getProperty("engram.tries", "1"));
      int tries = context.attributes().tries().orElse(100);
      context.attributes().setTries(Math.max(1, (int) Math.round(tries * factor)));
      context.attributes().setEdgeCases(EdgeCasesMode.NONE);
      if (context.attributes().seed().isEmpty()) {
        // Each property draws programs of its own.
        long seed = SEED_OF_RUN + context.label().hashCode();
        context.attributes().setSeed(Long.toString(seed));
      }
      PropertyExecutionResult result = property.execute();
      result.falsifiedParameters().ifPresent(p -> save(context.label(), p));
      return result;
    }

    /** The smallest program that broke the law. */
    private static void save(String law, List<Object> parameters) {
      for (Object p : parameters) {
        if (p instanceof Program program) {
          try {
            System.out.println("kept as " + Finds.save(Finds.folder(), law, program));
          } catch (IOException e) {
            System.out.println("not kept: " + e.getMessage());
          }
        }
      }
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
}
