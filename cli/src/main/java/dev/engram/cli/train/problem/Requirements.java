package dev.engram.cli.train.problem;

import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A lower bound on the resources that a training needs, computed from its options. A training that
 * needs more than the machine has is refused before anything is allocated.
 *
 * @param bytes of memory that a training with these options needs at least
 * @param longest elements of the longest array that a batch is drawn into
 */
public record Requirements(double bytes, double longest) {
  /** Options that make a training smaller, in the order in which errors name them. */
  private static final List<String> SMALLER =
      List.of("--batch", "--hidden", "--layers", "--lag", "--steps", "--epochs");

  /** Those that make the arrays of a batch shorter. */
  private static final List<String> SHORTER = List.of("--batch", "--lag", "--steps");

  /** Below this many bytes the memory of the machine is not queried. */
  private static final double FEW = 1e9;

  /**
   * Sums up the requirements of one batch and the model.
   *
   * @param batch total of numbers in the inputs and targets of one batch
   * @param longest elements of the longest array that they are drawn into
   * @param weights of the model
   * @param carried numbers carried from step to step, or kept for all steps
   * @param results numbers kept for the curves
   */
  static Requirements of(
      double batch, double longest, double weights, double carried, double results) {
    // The weights and the two moments of Adam.
    return new Requirements(4 * (3 * weights + carried + batch) + 8 * results, longest);
  }

  /**
   * Says why the machine is too small; empty when it is not.
   *
   * @param options of the command; the error names those that make it smaller
   */
  public Optional<String> refusal(Collection<String> options) {
    if (bytes >= FEW && bytes > MachineMemory.bytes()) {
      return Optional.of(
          String.format(
              Locale.ROOT,
              "these sizes need more than %.1f GB of memory, this machine has %.1f GB; lower %s",
              bytes / 1e9,
              MachineMemory.bytes() / 1e9,
              smaller(options)));
    }
    if (longest > Integer.MAX_VALUE) {
      return Optional.of(
          String.format(
              Locale.ROOT,
              "these sizes need an array of %.0f numbers, and no array holds more than %d; lower"
                  + " %s",
              longest,
              Integer.MAX_VALUE,
              named(options, SHORTER)));
    }
    return Optional.empty();
  }

  /**
   * Lists those of the given options that make a training smaller: {@code --batch, --hidden or
   * --steps}.
   */
  public static String smaller(Collection<String> options) {
    return named(options, SMALLER);
  }

  private static String named(Collection<String> options, List<String> wanted) {
    List<String> has = wanted.stream().filter(options::contains).toList();
    int last = has.size() - 1;
    return last < 1
        ? String.join("", has)
        : has.stream().limit(last).collect(Collectors.joining(", ")) + " or " + has.get(last);
  }

  /** Returns the number of elements of an array. */
  static int count(int... lengths) {
    int n = 1;
    for (int length : lengths) {
      n = Math.multiplyExact(n, length);
    }
    return n;
  }
}
