package dev.engram.tests.random;

import dev.engram.autodiff.Batch;
import dev.engram.autodiff.Jvp;
import dev.engram.autodiff.Vjp;
import dev.engram.ir.Graph;
import dev.engram.ir.Printer;
import dev.engram.ir.passes.Contract;
import dev.engram.ir.passes.Cse;
import dev.engram.ir.passes.Dce;
import dev.engram.ir.passes.DropMarkers;
import dev.engram.ir.passes.Fold;
import dev.engram.ir.passes.Hoist;
import dev.engram.ir.passes.Inline;
import dev.engram.ir.passes.Pipeline;
import dev.engram.ir.passes.Simplify;
import dev.engram.lower.Backend;
import java.util.function.UnaryOperator;
import net.jqwik.api.Assume;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.lifecycle.AddLifecycleHook;

/** The {@link Laws} on random programs: see {@link PlantedFaultsTest} for what they find. */
@AddLifecycleHook(Jqwik.Effort.class)
class ProgramProperties {
  private static final Backend SCALAR = Ways.scalarCpu();
  private static final Backend VECTOR = Ways.vectorCpu();

  // ---- text

  @Property(tries = 1600)
  void verifies(@ForAll(supplier = Jqwik.Any.class) Program p) {
    Laws.verifies(p);
  }

  @Property(tries = 1600)
  void textRoundTrip(@ForAll(supplier = Jqwik.Any.class) Program p) {
    Laws.roundTrip(p, Printer::print);
  }

  @Property(tries = 400)
  void textOfDerivatives(@ForAll(supplier = Jqwik.Derived.class) Program p) {
    Assume.that(DerivativeLaws.says(p));
    Laws.roundTrip(DerivativeLaws.derived(p, Vjp::of), Printer::print);
  }

  // ---- passes

  @Property(tries = 800)
  void inline(@ForAll(supplier = Jqwik.Any.class) Program p) {
    Laws.keepsBits(p, Inline::run);
  }

  @Property(tries = 800)
  void dropMarkers(@ForAll(supplier = Jqwik.Any.class) Program p) {
    Laws.keepsBits(p, DropMarkers::run);
  }

  @Property(tries = 800)
  void fold(@ForAll(supplier = Jqwik.Any.class) Program p) {
    Laws.keepsBits(p, Fold::run);
  }

  @Property(tries = 1600)
  void simplify(@ForAll(supplier = Jqwik.Any.class) Program p) {
    Laws.keepsBits(p, Simplify::run);
  }

  @Property(tries = 800)
  void contract(@ForAll(supplier = Jqwik.Any.class) Program p) {
    Laws.keepsValues(p, Contract::run);
  }

  @Property(tries = 800)
  void hoist(@ForAll(supplier = Jqwik.Any.class) Program p) {
    Laws.keepsBits(p, Hoist::run);
  }

  @Property(tries = 800)
  void cse(@ForAll(supplier = Jqwik.Any.class) Program p) {
    Laws.keepsBits(p, Cse::run);
  }

  @Property(tries = 800)
  void dce(@ForAll(supplier = Jqwik.Any.class) Program p) {
    Laws.keepsBits(p, Dce::run);
  }

  @Property(tries = 800)
  void standardPipeline(@ForAll(supplier = Jqwik.Any.class) Program p) {
    Laws.keepsValues(p, Pipeline.standard()::run);
  }

  @Property(tries = 800)
  void pipelineThatKeepsRules(@ForAll(supplier = Jqwik.Any.class) Program p) {
    Laws.keepsBits(p, Pipeline.keepingRules()::run);
  }

  @Property(tries = 480)
  void standardPipelineOfDerivatives(@ForAll(supplier = Jqwik.Smooth.class) Program p) {
    Assume.that(DerivativeLaws.says(p));
    Laws.keepsValues(DerivativeLaws.derived(p, Vjp::of), Pipeline.standard()::run);
  }

  // ---- lowering and backends

  @Property(tries = 1200)
  void lowered(@ForAll(supplier = Jqwik.Any.class) Program p) {
    Ways.backends().forEach(b -> Laws.agrees(p, Ways.lowered(b)));
  }

  @Property(tries = 1200)
  void compiled(@ForAll(supplier = Jqwik.Any.class) Program p) {
    Ways.backends().forEach(b -> Laws.agrees(p, Ways.compiled(b)));
  }

  @Property(tries = 200)
  void vectorsAndThreadsKeepTheBits(@ForAll(supplier = Jqwik.Any.class) Program p) {
    Laws.sameBits(p, Ways.lowered(SCALAR), Ways.lowered(VECTOR));
  }

  @Property(tries = 480)
  void compiledDerivatives(@ForAll(supplier = Jqwik.Smooth.class) Program p) {
    Assume.that(DerivativeLaws.says(p));
    Program derived = DerivativeLaws.derived(p, Vjp::of);
    Ways.backends().forEach(b -> Laws.agrees(derived, Ways.compiled(b)));
  }

  @Property(tries = 480)
  void compiledBatches(@ForAll(supplier = Jqwik.Any.class) Program p) {
    Program wide = BatchLaws.Examples.of(p).wide(Batch::of);
    Ways.backends().forEach(b -> Laws.agrees(wide, Ways.compiled(b)));
  }

  // ---- derivatives

  @Property(tries = 1600)
  void reverseIsTransposedForward(@ForAll(supplier = Jqwik.Derived.class) Program p) {
    Assume.that(DerivativeLaws.transposed(p, Vjp::of, Jvp::of));
  }

  @Property(tries = 480)
  void secondOrder(@ForAll(supplier = Jqwik.Derived.class) Program p) {
    Assume.that(DerivativeLaws.secondOrder(p, Vjp::of, Jvp::of));
  }

  @Property(tries = 1600)
  void reverseIsDifference(@ForAll(supplier = Jqwik.Derived.class) Program p) {
    Assume.that(DerivativeLaws.isDifference(p, Vjp::of));
  }

  @Property(tries = 480)
  void derivativeOfSimplified(@ForAll(supplier = Jqwik.Derived.class) Program p) {
    UnaryOperator<Graph> simplify = Pipeline.keepingRules()::run;
    Assume.that(DerivativeLaws.isDifference(p, (g, wrt) -> Vjp.of(simplify.apply(g), wrt)));
  }

  // ---- batches

  @Property(tries = 1200)
  void batchIsLoop(@ForAll(supplier = Jqwik.Any.class) Program p) {
    Assume.that(BatchLaws.isLoop(p, Batch::of));
  }

  @Property(tries = 480)
  void batchOfBatch(@ForAll(supplier = Jqwik.Any.class) Program p) {
    Assume.that(BatchLaws.isLoop(BatchLaws.Examples.of(p).wide(Batch::of), Batch::of));
  }

  @Property(tries = 640)
  void derivativeAndBatchCommute(@ForAll(supplier = Jqwik.Derived.class) Program p) {
    Assume.that(BatchLaws.commutes(p, Batch::of, Vjp::of));
  }
}
