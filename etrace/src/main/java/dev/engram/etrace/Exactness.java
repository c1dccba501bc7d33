package dev.engram.etrace;

import dev.engram.ir.checks.Given;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Says whether the online gradient of a weight, summed over the steps, is the gradient of the
 * summed loss, as computed by backpropagation through time with fixed parameters. The loss of a
 * step is a function of the step's results and new hidden states.
 */
public sealed interface Exactness {

  /** Returns the path of the weight. */
  String weight();

  /**
   * The gradient is exact, up to rounding, for all inputs and values of weights.
   *
   * @param arguments the reasons, one for each of the weight's sites, without repetition
   */
  record Exact(String weight, List<Argument> arguments) implements Exactness {
    public Exact {
      Given.given("Exact", "weight", weight);
      Given.all("Exact", "arguments", arguments);
      arguments = List.copyOf(arguments);
    }

    @Override
    public String toString() {
      return weight
          + ": exact, "
          + arguments.stream().map(Argument::words).collect(Collectors.joining("; "));
    }
  }

  /**
   * The gradient is not exact in general.
   *
   * @param omissions what it leaves out; never empty
   */
  record Approximate(String weight, List<Omission> omissions) implements Exactness {
    public Approximate {
      Given.given("Approximate", "weight", weight);
      Given.all("Approximate", "omissions", omissions);
      omissions = List.copyOf(omissions);
    }

    @Override
    public String toString() {
      return weight + ": approximate" + words(", leaves out ", false) + words(", takes ", true);
    }

    private String words(String verb, boolean replaced) {
      String all =
          omissions.stream()
              .filter(o -> o.isReplaced() == replaced)
              .map(Omission::words)
              .collect(Collectors.joining(" and "));
      return all.isEmpty() ? "" : verb + all;
    }
  }

  /** Why a gradient is exact. */
  enum Argument {
    /** No result or new state has a derivative with respect to the weight. */
    NO_DERIVATIVE("nothing depends on it"),
    /** The weight reaches no state; this step's own gradient is the whole gradient. */
    ENDS_WITH_STEP("its influence ends with the step"),
    /** The states that it reaches are set and not read again. */
    NOT_REMEMBERED("its states keep nothing from step to step"),
    /** Traces follow each position by itself, and each feeds back only to itself. */
    DIAGONAL("each position of its states comes back to itself alone"),
    /** SnAp's steps reach every position that can ever be reached. */
    SATURATED("its traces hold every position that it can reach"),
    /** Real-time recurrent learning. */
    FULL("its traces follow every path to every hidden state");

    private final String words;

    Argument(String words) {
      this.words = words;
    }

    /** Returns the argument in words, as reports print it. */
    public String words() {
      return words;
    }
  }
}
