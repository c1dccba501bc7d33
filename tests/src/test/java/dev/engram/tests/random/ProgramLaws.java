package dev.engram.tests.random;

import dev.engram.autodiff.Batch;
import dev.engram.autodiff.Jvp;
import dev.engram.autodiff.Vjp;
import dev.engram.ir.Graph;
import dev.engram.ir.passes.ConstantFold;
import dev.engram.ir.passes.Cse;
import dev.engram.ir.passes.Dce;
import dev.engram.ir.passes.DropMarkers;
import dev.engram.ir.passes.Inline;
import dev.engram.ir.passes.LoopInvariantCodeMotion;
import dev.engram.ir.passes.MergeSumIntoDot;
import dev.engram.ir.passes.NarrowDots;
import dev.engram.ir.passes.Pipeline;
import dev.engram.ir.passes.simplify.Simplify;
import dev.engram.ir.text.Printer;
import dev.engram.lower.Backend;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** All laws of random programs, as tested by every build and every run of fresh seeds. */
public final class ProgramLaws {
  private static final List<Backend> BACKENDS = Ways.backends();
  private static final Backend SCALAR = Ways.scalarCpu();
  private static final Backend VECTOR = Ways.vectorCpu();

  private ProgramLaws() {}

  public static List<Law> all() {
    return Stream.of(texts(), passes(), backends(), derivatives(), batches())
        .flatMap(List::stream)
        .toList();
  }

  private static List<Law> texts() {
    return List.of(
        any("verifies", 1600, Laws::verifies),
        any("textRoundTrip", 1600, p -> Laws.roundTrip(p, Printer::print)),
        derived("textOfDerivatives", 400, p -> Laws.roundTrip(vjp(p), Printer::print)));
  }

  private static List<Law> passes() {
    return List.of(
        bits("inline", 800, Inline::run),
        bits("dropMarkers", 800, DropMarkers::run),
        bits("fold", 800, ConstantFold::run),
        bits("simplify", 1600, Simplify::run),
        any("contract", 800, p -> Laws.keepsValues(p, MergeSumIntoDot::run)),
        bits("hoist", 800, LoopInvariantCodeMotion::run),
        bits("cse", 800, Cse::run),
        bits("dce", 800, Dce::run),
        bits("narrow", 800, NarrowDots::run),
        any("standardPipeline", 800, p -> Laws.keepsValues(p, Pipeline.standard()::run)),
        bits("pipelineThatKeepsRules", 800, Pipeline.keepingRules()::run),
        smooth(
            "standardPipelineOfDerivatives",
            480,
            p -> Laws.keepsValues(vjp(p), Pipeline.standard()::run)));
  }

  private static List<Law> backends() {
    return List.of(
        any("lowered", 1200, p -> agree(p, Ways::lowered)),
        any("compiled", 1200, p -> agree(p, Ways::compiled)),
        any(
            "vectorsAndThreadsKeepTheBits",
            200,
            p -> Laws.sameBits(p, Ways.lowered(SCALAR), Ways.lowered(VECTOR))),
        smooth("compiledDerivatives", 480, p -> agree(vjp(p), Ways::compiled)),
        any(
            "compiledBatches",
            480,
            p -> agree(BatchLaws.Examples.of(p).wide(Batch::of), Ways::compiled)));
  }

  private static List<Law> derivatives() {
    UnaryOperator<Graph> simplify = Pipeline.keepingRules()::run;
    return List.of(
        derived(
            "reverseIsTransposedForward",
            1600,
            p -> DerivativeLaws.transposed(p, Vjp::of, Jvp::of)),
        derived("secondOrder", 480, p -> DerivativeLaws.secondOrder(p, Vjp::of, Jvp::of)),
        derived("reverseIsDifference", 1600, p -> DerivativeLaws.isDifference(p, Vjp::of)),
        derived(
            "derivativeOfSimplified",
            480,
            p -> DerivativeLaws.isDifference(p, (g, wrt) -> Vjp.of(simplify.apply(g), wrt))));
  }

  private static List<Law> batches() {
    return List.of(
        any("batchIsLoop", 1200, p -> BatchLaws.isLoop(p, Batch::of)),
        any(
            "batchOfBatch",
            480,
            p -> BatchLaws.isLoop(BatchLaws.Examples.of(p).wide(Batch::of), Batch::of)),
        derived("derivativeAndBatchCommute", 640, p -> BatchLaws.commutes(p, Batch::of, Vjp::of)));
  }

  private static Law any(String name, int tries, Predicate<Program> says) {
    return new Law(name, tries, Profile.ANY, says);
  }

  private static Law bits(String name, int tries, UnaryOperator<Graph> pass) {
    return any(name, tries, p -> Laws.keepsBits(p, pass));
  }

  private static Law derived(String name, int tries, Predicate<Program> says) {
    return new Law(name, tries, Profile.DERIVED, p -> DerivativeLaws.says(p) && says.test(p));
  }

  private static Law smooth(String name, int tries, Predicate<Program> says) {
    return new Law(name, tries, Profile.SMOOTH, p -> DerivativeLaws.says(p) && says.test(p));
  }

  private static Program vjp(Program p) {
    return DerivativeLaws.derived(p, Vjp::of);
  }

  private interface By {
    Ways.Way of(Backend backend);
  }

  private static boolean agree(Program p, By way) {
    BACKENDS.forEach(b -> Laws.agrees(p, way.of(b)));
    return true;
  }
}
