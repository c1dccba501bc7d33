package dev.engram.etrace;

import dev.engram.ir.checks.Given;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The result of the analysis; lists are in the order of the model's equations.
 *
 * @param kept for each group with traces, the positions that SnAp-n keeps; empty for other rules
 * @param gradients for each weight, in the order of the model, whether the rule's gradient is exact
 */
public record Report(
    List<HiddenGroup> groups,
    List<KeptPositions> kept,
    List<Relation> relations,
    List<Exclusion> excluded,
    List<Exactness> gradients,
    List<Diagnostic> diagnostics) {
  public Report {
    Given.all("Report", "groups", groups);
    Given.all("Report", "kept", kept);
    Given.all("Report", "relations", relations);
    Given.all("Report", "excluded", excluded);
    Given.all("Report", "gradients", gradients);
    Given.all("Report", "diagnostics", diagnostics);
    groups = List.copyOf(groups);
    kept = List.copyOf(kept);
    relations = List.copyOf(relations);
    excluded = List.copyOf(excluded);
    gradients = List.copyOf(gradients);
    diagnostics = List.copyOf(diagnostics);
  }

  /** Returns the diagnostics of level {@link Diagnostic.Level#WARNING}, in order. */
  public List<Diagnostic> warnings() {
    return diagnostics.stream().filter(d -> d.level() == Diagnostic.Level.WARNING).toList();
  }

  /** True when every path from a weight to a hidden state has a trace. */
  public boolean isComplete() {
    return diagnostics.stream().noneMatch(d -> d.kind().isExclusion());
  }

  /**
   * @throws EtraceException naming every weight and path without a trace, or every gradient that is
   *     not exact, that {@code strictness} refuses
   */
  public void require(Strictness strictness) {
    Given.given("Report.require", "strictness", strictness);
    List<String> found =
        diagnostics.stream().filter(strictness::refuses).map(d -> "  " + d).toList();
    if (!found.isEmpty()) {
      throw new EtraceException(
          "strict mode: weights without a trace; mark a layer or weight that needs none with"
              + " .untraced():\n"
              + String.join("\n", found));
    }
    List<Exactness.Approximate> refused = approximate().filter(strictness::refuses).toList();
    if (!refused.isEmpty()) {
      throw new EtraceException(notExact(refused));
    }
  }

  private static String notExact(List<Exactness.Approximate> refused) {
    StringBuilder out = new StringBuilder("strict mode: gradients that are not exact:");
    refused.forEach(a -> out.append("\n  ").append(a));
    out.append("\nexact instead:");
    refused.stream()
        .flatMap(a -> a.omissions().stream())
        .map(o -> o.kind().fix())
        .distinct()
        .forEach(fix -> out.append("\n  ").append(fix));
    return out.append("\nor accept a use as it is with .untraced()").toString();
  }

  /** True when the gradient of every weight is exact. */
  public boolean isExact() {
    return approximate().findAny().isEmpty();
  }

  private Stream<Exactness.Approximate> approximate() {
    return gradients.stream()
        .flatMap(g -> g instanceof Exactness.Approximate a ? Stream.of(a) : Stream.empty());
  }

  /**
   * Says whether the gradient of a weight is exact; empty for a path that is not a weight of the
   * step.
   */
  public Optional<Exactness> exactnessOf(String weight) {
    Given.given("Report.exactnessOf", "weight", weight);
    return gradients.stream().filter(g -> g.weight().equals(weight)).findFirst();
  }

  /**
   * Returns a diagram of weights and the states that they learn through, in the language of
   * Graphviz.
   */
  public String dot() {
    return ReportDiagram.of(this);
  }

  /**
   * Returns how many positions of a group SnAp-n keeps; empty for other rules, and for a group
   * without traces.
   *
   * @param group its index
   */
  public Optional<KeptPositions> keptOf(int group) {
    return kept.stream().filter(k -> k.group() == group).findFirst();
  }

  /** Returns the relations of a weight. */
  public List<Relation> relationsOf(String weight) {
    Given.given("Report.relationsOf", "weight", weight);
    return relations.stream().filter(r -> r.weights().contains(weight)).toList();
  }

  /** Returns where and why a weight has no trace. */
  public List<Exclusion> exclusionsOf(String weight) {
    Given.given("Report.exclusionsOf", "weight", weight);
    return excluded.stream().filter(e -> e.weights().contains(weight)).toList();
  }

  /**
   * Returns a line for each group, relation and exclusion, and one for the gradient of each weight.
   */
  @Override
  public String toString() {
    StringBuilder out = new StringBuilder();
    for (HiddenGroup g : groups) {
      out.append("group ").append(g.index()).append(": ").append(String.join(", ", g.paths()));
      keptOf(g.index()).ifPresent(k -> out.append("; ").append(k));
      out.append('\n');
    }
    for (Relation r : relations) {
      out.append("learns through traces: ")
          .append(String.join(", ", r.weights()))
          .append(" -> ")
          .append(r.groups().stream().map(i -> "group " + i).collect(Collectors.joining(", ")))
          .append(r.partial() ? ", partly" : "")
          .append(" (")
          .append(r.op())
          .append(" at ")
          .append(r.where())
          .append(")\n");
    }
    for (Exclusion e : excluded) {
      out.append("learns from each step alone: ")
          .append(String.join(", ", e.weights()))
          .append(": ")
          .append(e.reason().words())
          .append(" (")
          .append(e.where())
          .append(")\n");
    }
    gradients.forEach(g -> out.append("gradient of ").append(g).append('\n'));
    return out.toString();
  }
}
