package dev.engram.etrace;

import dev.engram.ir.SourceLocation;
import dev.engram.ir.checks.Given;
import java.util.List;

/**
 * Weights that meet data at one site and reach hidden states from there along a path that crosses
 * no other weight's op.
 *
 * @param weights paths; a bias that is added to a product is listed with its weight
 * @param op mnemonic of the op where weight meets data
 * @param groups indices of the hidden groups reached
 * @param hidden paths of the states reached, nearest first
 * @param partial true when another path leads through another weight's op
 */
public record Relation(
    List<String> weights,
    String op,
    List<Integer> groups,
    List<String> hidden,
    boolean partial,
    SourceLocation where) {
  public Relation {
    Given.all("Relation", "weights", weights);
    Given.given("Relation", "op", op);
    Given.all("Relation", "groups", groups);
    Given.all("Relation", "hidden", hidden);
    Given.given("Relation", "where", where);
    weights = List.copyOf(weights);
    groups = List.copyOf(groups);
    hidden = List.copyOf(hidden);
  }
}
