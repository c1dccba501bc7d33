package dev.engram.autodiff;

import dev.engram.autodiff.batch.BatchAxisAnalysis;
import dev.engram.autodiff.batch.BatchWalk;
import dev.engram.ir.Graph;
import dev.engram.ir.Verification;
import dev.engram.ir.checks.Given;
import java.util.Collections;
import java.util.List;

/** Vectorizes a function over a new leading axis (vmap). */
public final class Batch {
  private Batch() {}

  /**
   * The function applied to {@code size} examples at once.
   *
   * <p>A batched parameter of type {@code f32[d…]} becomes {@code f32[size,d…]}; the others stay
   * and are shared by all examples. A result that depends on a batched parameter has the new axis
   * in front.
   *
   * <p>A {@code cond} whose predicate differs between examples becomes both branches and a select:
   * then checks inside the branch that an example does not take run on it too.
   *
   * @param batched one flag for each parameter of {@code g}
   * @param size number of examples, at least 0
   * @throws AutodiffException when the flags do not fit or {@code size} is negative
   */
  public static Batched of(Graph g, List<Boolean> batched, int size) {
    Given.all("Batch.of", "batched", batched);
    return of(g, batched, size, "");
  }

  /**
   * {@link #of(Graph, List, int)} over an axis with a name, which {@link
   * dev.engram.ir.op.Collective}s in {@code g} may use.
   *
   * @param axis the name, or empty
   */
  public static Batched of(Graph g, List<Boolean> batched, int size, String axis) {
    Given.given("Batch.of", "axis", axis);
    Given.given("Batch.of", "g", g);
    Given.all("Batch.of", "batched", batched);
    if (batched.size() != g.params().size() || size < 0) {
      throw new AutodiffException(
          "batch of @%s: got %d flags and size %d, expected one flag for each of %d parameters and size >= 0"
              .formatted(g.name(), batched.size(), size, g.params().size()));
    }
    List<Boolean> none = Collections.nCopies(g.outs().size(), false);
    Batched wide = BatchWalk.batched(g, batched, size, new BatchAxisAnalysis(axis), none);
    Verification.of("batching", wide.graph());
    return wide;
  }
}
