package dev.engram.etrace;

import java.util.List;
import java.util.stream.Collectors;

/** What the relation analysis found; lists keep the order of the model's equations. */
public record Report(
    List<HiddenGroup> groups,
    List<Relation> relations,
    List<Exclusion> excluded,
    List<Diagnostic> diagnostics) {
  public Report {
    groups = List.copyOf(groups);
    relations = List.copyOf(relations);
    excluded = List.copyOf(excluded);
    diagnostics = List.copyOf(diagnostics);
  }

  public List<Diagnostic> warnings() {
    return diagnostics.stream().filter(d -> d.level() == Diagnostic.Level.WARNING).toList();
  }

  /** True when every path from a weight to a hidden state has a trace. */
  public boolean isComplete() {
    return diagnostics.stream().noneMatch(d -> d.kind().isExclusion());
  }

  /**
   * @throws EtraceException naming every weight and path without a trace that {@code strictness}
   *     refuses
   */
  public void require(Strictness strictness) {
    List<String> found =
        diagnostics.stream().filter(strictness::refuses).map(d -> "  " + d).toList();
    if (!found.isEmpty()) {
      throw new EtraceException(
          "strict mode: weights without a trace; mark a layer or weight that needs none with"
              + " .untraced():\n"
              + String.join("\n", found));
    }
  }

  /** A picture of weights and the states that they learn through, in the language of Graphviz. */
  public String dot() {
    return ReportDiagram.of(this);
  }

  /** The relations of a weight. */
  public List<Relation> relationsOf(String weight) {
    return relations.stream().filter(r -> r.weights().contains(weight)).toList();
  }

  /** Where and why a weight has no trace. */
  public List<Exclusion> exclusionsOf(String weight) {
    return excluded.stream().filter(e -> e.weights().contains(weight)).toList();
  }

  /** A line for each group, relation and exclusion. */
  @Override
  public String toString() {
    StringBuilder out = new StringBuilder();
    for (HiddenGroup g : groups) {
      out.append("group ")
          .append(g.index())
          .append(": ")
          .append(String.join(", ", g.paths()))
          .append('\n');
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
    return out.toString();
  }
}
