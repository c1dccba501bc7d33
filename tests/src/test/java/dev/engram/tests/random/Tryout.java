package dev.engram.tests.random;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Predicate;

/** Tests one law on one program after the other, and counts the outcomes. */
public final class Tryout {
  /** A program that broke a law, shrunk and kept. */
  public record Find(Law law, long seed, Program program, Throwable by, Path file) {
    @Override
    public String toString() {
      return "%s is broken by program %d (try again: -Dengram.law=%s -Dengram.program=%d)%nkept as %s%n%s: %s"
          .formatted(law, seed, law, seed, file, by.getClass().getSimpleName(), by.getMessage());
    }
  }

  private final Law law;
  private final Path finds;
  private int drawn;
  private int real;

  /**
   * @param finds where a program that breaks the law is kept
   */
  public Tryout(Law law, Path finds) {
    this.law = law;
    this.finds = finds;
  }

  public Law law() {
    return law;
  }

  /** Programs drawn. */
  public int drawn() {
    return drawn;
  }

  /** Number of programs to which the law applied. */
  public int real() {
    return real;
  }

  /** Tests the program of {@code seed}; shrinks it if it breaks the law. */
  public Optional<Find> on(long seed) {
    drawn++;
    Recipe recipe = Recipe.random(seed);
    Program program = Programs.of(law.profile(), recipe);
    return switch (law.on(program)) {
      case Law.Outcome.Held _ -> {
        real++;
        yield Optional.empty();
      }
      case Law.Outcome.Silent _ -> Optional.empty();
      case Law.Outcome.Broken b -> {
        real++;
        yield Optional.of(smallest(seed, recipe, b.by()));
      }
    };
  }

  private Find smallest(long seed, Recipe recipe, Throwable by) {
    Predicate<Program> shows =
        p -> law.on(p) instanceof Law.Outcome.Broken b && b.by().getClass() == by.getClass();
    Recipe least = Shrinker.shrink(recipe, law.profile(), shows);
    Program p = Shrinker.oneResult(Programs.of(law.profile(), least), shows);
    Throwable why = law.on(p) instanceof Law.Outcome.Broken b ? b.by() : by;
    try {
      return new Find(law, seed, p, why, Finds.save(finds, law.name(), p));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
