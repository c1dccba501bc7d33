package dev.engram.etrace;

import dev.engram.ir.SourceLocation;
import dev.engram.ir.checks.Given;
import java.util.List;

/** Weights without a trace at one site; there they learn from the step's own gradient. */
public record Exclusion(List<String> weights, Diagnostic.Kind reason, SourceLocation where) {
  public Exclusion {
    Given.all("Exclusion", "weights", weights);
    Given.given("Exclusion", "reason", reason);
    Given.given("Exclusion", "where", where);
    weights = List.copyOf(weights);
  }
}
