package dev.engram.etrace;

import dev.engram.ir.Where;
import java.util.List;

/** Weights without a trace at one place; they learn there from the step's own gradient. */
public record Exclusion(List<String> weights, Diagnostic.Kind reason, Where where) {
  public Exclusion {
    weights = List.copyOf(weights);
  }
}
