package dev.engram.cli.train;

import dev.engram.cli.option.Words;
import dev.engram.cli.train.problem.Learning;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import picocli.CommandLine.ITypeConverter;

/** The learning rules of a training, used one after the other, without repetition. */
public record Rules(List<Learning> all) {
  /** The word for {@code d-rtrl,bptt}. */
  private static final String BOTH = "both";

  /** Returns the words for the rules that fit a task whose readout leaks or does not. */
  static List<String> fitting(boolean leaky) {
    List<String> words = words();
    words.remove(Words.of(Learning.THREE_FACTOR));
    if (!leaky) {
      words.remove(Words.of(Learning.E_PROP));
    }
    return List.copyOf(words);
  }

  private static List<String> words() {
    List<String> words = new ArrayList<>(List.of(BOTH));
    words.addAll(Words.all(Learning.values()));
    return words;
  }

  /** Says why some do not fit a task whose readout leaks or does not. */
  Optional<String> misfit(boolean leaky) {
    if (all.contains(Learning.THREE_FACTOR)) {
      return Optional.of(
          "three-factor does not fit: it needs a modulator with each step, and a task has a loss"
              + " alone");
    }
    if (all.contains(Learning.E_PROP) && !leaky) {
      return Optional.of(
          "e-prop does not fit: it filters traces as a leaky readout does, and the readout of this"
              + " task has no leak; d-rtrl is e-prop without the filter");
    }
    return Optional.empty();
  }

  /** Parses one or more rules separated by commas, or {@code both}. */
  static final class Reader implements ITypeConverter<Rules> {
    @Override
    public Rules convert(String text) {
      Set<Learning> chosen = new LinkedHashSet<>();
      for (String word : text.split(",", -1)) {
        Words.oneOf(words(), word);
        for (Learning l : Learning.values()) {
          boolean asked =
              word.equals(BOTH)
                  ? l == Learning.D_RTRL || l == Learning.BPTT
                  : word.equals(Words.of(l));
          if (asked) {
            chosen.add(l);
          }
        }
      }
      return new Rules(List.copyOf(chosen));
    }
  }
}
