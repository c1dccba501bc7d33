package dev.engram.ir.passes;

import dev.engram.ir.SourceLocation;
import dev.engram.ir.checks.Given;

/**
 * One use of a rewrite rule, in texts that name values as the graph before the pass does.
 *
 * @param rule the rule's name
 * @param graph the name of the graph, or of the loop body or branch, that was rewritten
 * @param depth 0 for an equation of the graph; one more for what a rule made and another, inside
 *     it, made simpler: those are told of before the rule that they belong to
 * @param before what the rule fired on: {@code %3 = mul(%x, 1.0)}
 * @param after what stands in its place: {@code %x}
 * @param where the user's source line
 */
public record RuleFiring(
    String rule, String graph, int depth, String before, String after, SourceLocation where) {
  public RuleFiring {
    Given.given("RuleFiring", "rule", rule);
    Given.given("RuleFiring", "graph", graph);
    Given.given("RuleFiring", "before", before);
    Given.given("RuleFiring", "after", after);
    Given.given("RuleFiring", "where", where);
  }
}
