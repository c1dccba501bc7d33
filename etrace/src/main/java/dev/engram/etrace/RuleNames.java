package dev.engram.etrace;

import dev.engram.ir.SourceLocation;
import dev.engram.ir.checks.DidYouMean;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** The named rules as text: a name, then its settings. */
final class RuleNames {
  private RuleNames() {}

  /**
   * A named rule.
   *
   * @param settings what stands after the name
   * @param make the rule with the settings that were given; empty if these do not fit
   */
  private record Named(String name, String settings, Function<List<Double>, Optional<Rule>> make) {

    static Named of(String name, Rule rule) {
      return new Named(name, "", at -> at.isEmpty() ? Optional.of(rule) : Optional.empty());
    }

    static Named of(String name, String setting, Function<Double, Rule> make) {
      return new Named(
          name,
          " " + setting,
          at -> at.size() == 1 ? Optional.of(make.apply(at.getFirst())) : Optional.empty());
    }

    @Override
    public String toString() {
      return "'" + name + settings + "'";
    }
  }

  private static final List<Named> ALL =
      List.of(
          Named.of("d-rtrl", Rule.dRtrl()),
          new Named("pp-prop", " DECAY", RuleNames::decays),
          new Named("es-d-rtrl", " DECAY", RuleNames::decays),
          Named.of("e-prop", "KAPPA", Rule::eProp),
          Named.of("ostl-recurrent", Rule.ostlRecurrent()),
          Named.of("ostl-feedforward", Rule.ostlFeedforward()),
          new Named("snap", " N", RuleNames::snap),
          Named.of("uoro", Rule.uoro()),
          Named.of("three-factor", Rule.threeFactor()),
          Named.of("dni", Rule.dni()),
          Named.of("rtrl", Rule.rtrl()));

  private static Optional<Rule> decays(List<Double> at) {
    return switch (at.size()) {
      case 1 -> Optional.of(Rule.ppProp(Factorization.InputOutput.decay(at.get(0))));
      case 2 -> Optional.of(Rule.ppProp(new Factorization.InputOutput(at.get(0), at.get(1))));
      default -> Optional.empty();
    };
  }

  private static Optional<Rule> snap(List<Double> at) {
    return at.size() == 1 && at.getFirst() == at.getFirst().intValue()
        ? Optional.of(Rule.snAp(at.getFirst().intValue()))
        : Optional.empty();
  }

  /** {@link Rule#named}. */
  static Rule parse(String text) {
    // As the command writes it.
    String spaced = text.strip().replaceFirst("^snap-(\\d+)$", "snap $1");
    List<String> words = Arrays.asList(spaced.split("\\s+"));
    List<Double> settings = new ArrayList<>();
    for (String word : words.subList(1, words.size())) {
      try {
        settings.add(Double.valueOf(word));
      } catch (NumberFormatException e) {
        throw unknown(text);
      }
    }
    return ALL.stream()
        .filter(n -> n.name.equals(words.getFirst()))
        .findFirst()
        .flatMap(n -> n.make.apply(settings))
        .orElseThrow(() -> unknown(text));
  }

  private static String hint(String text) {
    String name = text.strip().split("\\s+")[0];
    return ALL.stream()
        .filter(n -> n.name.equals(name))
        .findFirst()
        .map(n -> "; write " + n)
        .orElseGet(() -> DidYouMean.hint(name, ALL.stream().map(Named::name).toList()));
  }

  private static EtraceException unknown(String text) {
    return new EtraceException(
        "Rule.named: got '%s', expected one of %s, with numbers for the words in capitals (%s)%s"
            .formatted(text, ALL, SourceLocation.here(), hint(text)));
  }
}
