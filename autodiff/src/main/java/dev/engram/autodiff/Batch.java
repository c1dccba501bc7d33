package dev.engram.autodiff;

import dev.engram.ir.Builder;
import dev.engram.ir.Graph;
import dev.engram.ir.Value;
import dev.engram.ir.checks.Given;
import dev.engram.ir.passes.Dce;
import java.util.ArrayList;
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
   * {@link #of(Graph, List, int)} over an axis with a name, which {@link dev.engram.ir.AxisOp}s in
   * {@code g} may use.
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
    return of(g, batched, size, new BatchFlags(axis), none);
  }

  /**
   * @param wide results that get the batch axis even when they do not depend on a batched parameter
   */
  static Batched of(
      Graph g, List<Boolean> batched, int size, BatchFlags flags, List<Boolean> wide) {
    Builder b = new Builder(g.name() + "_batch");
    List<Wide> args = new ArrayList<>();
    for (int i = 0; i < batched.size(); i++) {
      var p = g.params().get(i);
      args.add(
          batched.get(i)
              ? new Wide(
                  b.param(p.type().with(p.type().shape().insert(0, size)), p.role(), p.path()),
                  true)
              : new Wide(b.param(p), false));
    }
    Batching batching = new Batching(b, size, flags);
    List<Wide> results = batching.run(g, args);
    List<Value> outs = new ArrayList<>();
    List<Boolean> outBatched = new ArrayList<>();
    for (int i = 0; i < results.size(); i++) {
      Wide r = results.get(i);
      outs.add(wide.get(i) ? batching.widen(r) : r.value());
      outBatched.add(wide.get(i) || r.batched());
    }
    return new Batched(Dce.run(b.build(outs)), outBatched);
  }
}
