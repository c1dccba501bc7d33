package dev.engram.tests.random;

import java.util.function.Predicate;

/**
 * A law, and the programs that it is tested on.
 *
 * @param tries number of programs that every build tests it on
 * @param says tests it: returns false if it does not apply to the program, throws if it is broken
 */
public record Law(String name, int tries, Profile profile, Predicate<Program> says) {

  /** The outcome for one program. */
  public sealed interface Outcome {
    /** The law holds. */
    record Held() implements Outcome {}

    /** The law does not apply to the program. */
    record Silent() implements Outcome {}

    /** The law is broken, or something threw. */
    record Broken(Throwable by) implements Outcome {}
  }

  /** Tests {@code program}; running out of memory does not count as a fault. */
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
