package dev.engram.tests.random;

import java.util.function.Predicate;

/**
 * A law with the programs that it is tried on.
 *
 * @param tries how many programs every build tries it on
 * @param says tries it: false where it says nothing about the program; throws where it is broken
 */
public record Law(String name, int tries, Profile profile, Predicate<Program> says) {

  /** What became of one program. */
  public sealed interface Outcome {
    /** The law holds. */
    record Held() implements Outcome {}

    /** The law says nothing about the program. */
    record Silent() implements Outcome {}

    /** The law is broken, or something threw. */
    record Broken(Throwable by) implements Outcome {}
  }

  /** Tries {@code program}; memory that runs out is not a fault of it. */
  public Outcome on(Program program) {
    try {
      return says.test(program) ? new Outcome.Held() : new Outcome.Silent();
    } catch (AssertionError | RuntimeException | StackOverflowError e) {
      return new Outcome.Broken(e);
    }
  }

  @Override
  public String toString() {
    return name;
  }
}
