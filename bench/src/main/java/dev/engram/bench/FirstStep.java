package dev.engram.bench;

/**
 * One training iteration in a fresh process, like a user's first one; prints when it ended.
 * Arguments: the rule, then lag, batch, hidden units and seed.
 */
public final class FirstStep {
  private FirstStep() {}

  /** Prints one line. */
  public static void main(String[] args) {
    TaskSizes sizes = sizes(args);
    TrainingIteration training = TrainingIteration.of(sizes, GradientRule.of(args[0]));
    double loss = training.run(new Symbols(sizes, 1).next());
    double end = Child.now();
    System.out.println(Line.of("first").with("end", end).with("losses", loss));
  }

  static TaskSizes sizes(String[] args) {
    return new TaskSizes(
        Integer.parseInt(args[1]),
        Integer.parseInt(args[2]),
        Integer.parseInt(args[3]),
        TaskSizes.standard().rate(),
        Long.parseLong(args[4]));
  }
}
