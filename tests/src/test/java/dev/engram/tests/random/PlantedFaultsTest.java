package dev.engram.tests.random;

import static org.junit.jupiter.api.Assertions.fail;

import dev.engram.autodiff.Batch;
import dev.engram.autodiff.Batched;
import dev.engram.autodiff.Jvp;
import dev.engram.autodiff.Vjp;
import dev.engram.ir.EngramException;
import dev.engram.ir.Graph;
import dev.engram.ir.op.ElementwiseRow;
import dev.engram.ir.op.Rows;
import dev.engram.ir.text.Printer;
import dev.engram.lower.Backend;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.Lowering;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every law finds a planted fault within a few hundred programs, and none without it. */
class PlantedFaultsTest {
  private static final int TRIES = 600;

  /**
   * A law applied to something with a planted fault.
   *
   * @param sound the same law on the thing as it is
   */
  record Fault(String name, Profile profile, Predicate<Program> spoiled, Predicate<Program> sound) {
    @Override
    public String toString() {
      return name;
    }
  }

  @ParameterizedTest
  @MethodSource({"texts", "passes", "loops", "derivatives", "batches"})
  void isFound(Fault fault) {
    for (long seed = 0; seed < TRIES; seed++) {
      Program p = Programs.random(fault.profile(), seed);
      if (breaks(fault.spoiled(), p)) {
        boolean _ = fault.sound().test(p);
        return;
      }
    }
    fail(fault + " was not found in " + TRIES + " programs");
  }

  static boolean breaks(Predicate<Program> law, Program p) {
    try {
      boolean _ = law.test(p);
      return false;
    } catch (AssertionError | EngramException e) {
      return true;
    }
  }

  // ---- text and verifier

  static Stream<Fault> texts() {
    return Stream.of(
        printer("a printer that drops a digit", t -> t.replaceFirst("(\\d\\.\\d+)\\d\\b", "$1")),
        printer("a printer that drops a sign", t -> t.replaceFirst("-(\\d)", "$1")),
        printer("a printer that forgets reverse", t -> t.replace(", reverse=true", "")),
        printer("a printer that forgets roles", t -> t.replace(" weight", "")),
        new Fault(
            "an equation before its operand is defined",
            Profile.ANY,
            p -> Laws.verifies(with(p, Faults::disordered)),
            Laws::verifies));
  }

  private static Fault printer(String name, UnaryOperator<String> fault) {
    return new Fault(
        name,
        Profile.ANY,
        p -> Laws.roundTrip(p, g -> fault.apply(Printer.print(g))),
        p -> Laws.roundTrip(p, Printer::print));
  }

  private static Program with(Program p, UnaryOperator<Graph> f) {
    return new Program(f.apply(p.graph()), p.args(), p.data());
  }

  // ---- passes

  static Stream<Fault> passes() {
    return Stream.of(
        pass("max for min", Faults.row(Rows.MIN, Rows.MAX)),
        pass("a subtraction that commutes", Faults.swapped(Rows.SUB)),
        pass("scans in the other direction", Faults::scansTurned),
        pass("a scatter that replaces", Faults::scattersSet),
        pass("branches exchanged", Faults::branchesSwapped),
        pass("a reversal taken for the identity", Faults::reversalsLost),
        pass("an argMax that is argMin", Faults::extremesTurned),
        pass("a result taken for dead", Faults::lastLost),
        pass("equal ops taken for equal values", Faults::confused),
        pass("a rule for signs that takes all types", Faults::absOfAnyNegation),
        pass("a cast left out though another saturates", Faults::castsComposed));
  }

  private static Fault pass(String name, UnaryOperator<Graph> pass) {
    return new Fault(
        name, Profile.ANY, p -> Laws.keepsBits(p, pass), p -> Laws.keepsBits(p, g -> g));
  }

  // ---- loops

  static Stream<Fault> loops() {
    Backend loops = Ways.backend("loops");
    return Stream.of(
        loop("products that are sums", loops, Faults::productsAdded),
        loop("loads from the first element", loops, Faults::stridesLost),
        loop("indices clamped one too low", loops, Faults::limitsLowered),
        loop("a scatter that adds where it replaces", loops, Faults::scattersAdd),
        loop("carries that do not trade places", loops, Faults::withoutSwaps),
        new Fault(
            "a second version of a kernel that adds in another order",
            Profile.ANY,
            p -> Laws.sameBits(p, Ways.lowered(loops), Faults::lastTermFirst),
            p -> Laws.sameBits(p, Ways.lowered(loops), Ways.lowered(loops))),
        new Fault(
            "a backend with a wrong row",
            Profile.ANY,
            p ->
                Laws.agrees(
                    p,
                    (g, args) ->
                        Ways.lowered(loops).run(Faults.row(Rows.TANH, Rows.SIN).apply(g), args)),
            p -> Laws.agrees(p, Ways.lowered(loops))));
  }

  private static Fault loop(String name, Backend backend, UnaryOperator<LoopProgram> fault) {
    return new Fault(
        name,
        Profile.ANY,
        p ->
            Laws.agrees(
                p, (g, args) -> Ways.execute(backend, fault.apply(Lowering.lower(g)), args)),
        p -> Laws.agrees(p, Ways.lowered(backend)));
  }

  // ---- derivatives

  static Stream<Fault> derivatives() {
    return Stream.of(
        transposed(
            "a reverse scan that runs forward", (g, wrt) -> Faults.scansTurned(Vjp.of(g, wrt))),
        transposed(
            "cotangents that replace each other", (g, wrt) -> Faults.scattersSet(Vjp.of(g, wrt))),
        transposed(
            "a cotangent that is not turned back",
            (g, wrt) -> Faults.reversalsLost(Vjp.of(g, wrt))),
        transposed(
            "a derivative of the other branch", (g, wrt) -> Vjp.of(Faults.branchesSwapped(g), wrt)),
        difference("tanh' = 1 + y²", Rows.TANH, List.of((x, y) -> y.like(1).add(y.mul(y)))),
        difference("σ' = σ", Rows.SIGMOID, List.of((x, y) -> y)),
        difference("d(-x) = 1", Rows.NEG, List.of((x, y) -> y.like(1))),
        difference("∂(ab)/∂b = 0", Rows.MUL, List.of((x, y) -> x.get(1), (x, y) -> y.like(0))),
        new Fault(
            "a derivative that is wrong only of a derivative",
            Profile.DERIVED,
            p ->
                DerivativeLaws.secondOrder(
                    p,
                    (g, wrt) ->
                        g.name().contains("jvp") ? Faults.sumsCut(Vjp.of(g, wrt)) : Vjp.of(g, wrt),
                    Jvp::of),
            p -> DerivativeLaws.secondOrder(p, Vjp::of, Jvp::of)));
  }

  private static Fault transposed(String name, DerivativeLaws.Mode wrong) {
    return new Fault(
        name,
        Profile.DERIVED,
        p -> DerivativeLaws.transposed(p, wrong, Jvp::of),
        p -> DerivativeLaws.transposed(p, Vjp::of, Jvp::of));
  }

  /** A row with a wrong partial derivative; its value is correct. */
  private static Fault difference(
      String name, ElementwiseRow row, List<ElementwiseRow.Partial> partials) {
    ElementwiseRow wrong =
        new ElementwiseRow(
            row.name(),
            row.arity(),
            row.signature(),
            row.real(),
            row.whole(),
            partials,
            row.expansion(),
            row.domain(),
            row.flags());
    return new Fault(
        name,
        Profile.DERIVED,
        p ->
            DerivativeLaws.isDifference(
                p, (g, wrt) -> Vjp.of(Faults.row(row, wrong).apply(g), wrt)),
        p -> DerivativeLaws.isDifference(p, Vjp::of));
  }

  // ---- batches

  static Stream<Fault> batches() {
    return Stream.of(
        batch("a batch rule that swaps axes", Faults::axesSwapped),
        batch("a batch that runs scans backwards", Faults::scansTurned),
        batch("a batched scatter that replaces", Faults::scattersSet),
        new Fault(
            "a derivative of a batch that does not sum over it",
            Profile.DERIVED,
            p ->
                BatchLaws.commutes(
                    p,
                    Batch::of,
                    (g, wrt) ->
                        g.name().endsWith("_batch")
                            ? Faults.sumsCut(Vjp.of(g, wrt))
                            : Vjp.of(g, wrt)),
            p -> BatchLaws.commutes(p, Batch::of, Vjp::of)));
  }

  private static Fault batch(String name, UnaryOperator<Graph> fault) {
    BatchLaws.Batcher wrong =
        (g, batched, size) -> {
          Batched b = Batch.of(g, batched, size);
          return new Batched(fault.apply(b.graph()), b.outBatched());
        };
    return new Fault(
        name, Profile.ANY, p -> BatchLaws.isLoop(p, wrong), p -> BatchLaws.isLoop(p, Batch::of));
  }
}
