package dev.engram.ir.passes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.DType;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Verifier;
import dev.engram.ir.interpret.Interpreter;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.Rows;
import dev.engram.ir.passes.rewrite.RewriteRule;
import dev.engram.ir.passes.rewrite.RuleRewriter;
import dev.engram.ir.passes.simplify.Simplify;
import dev.engram.ir.text.Printer;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.LongStream;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Assertions;

/** Every pass keeps the bits of every result of random programs. */
class PassProperties {
  private final GraphSource source = new RandomGraphs();

  @Property(tries = 300, seed = "2026")
  void inline(@ForAll long seed) {
    keepsMeaning(seed, Inline::run);
  }

  @Property(tries = 300, seed = "2026")
  void dropMarkers(@ForAll long seed) {
    keepsMeaning(seed, DropMarkers::run);
  }

  @Property(tries = 300, seed = "2026")
  void fold(@ForAll long seed) {
    keepsMeaning(seed, ConstantFold::run);
  }

  @Property(tries = 1000, seed = "2026")
  void simplify(@ForAll long seed) {
    keepsMeaning(seed, Simplify::run);
  }

  @Property(tries = 300, seed = "2026")
  void hoist(@ForAll long seed) {
    keepsMeaning(seed, LoopInvariantCodeMotion::run);
  }

  @Property(tries = 500, seed = "2026")
  void cse(@ForAll long seed) {
    keepsMeaning(seed, Cse::run);
  }

  @Property(tries = 500, seed = "2026")
  void dce(@ForAll long seed) {
    keepsMeaning(seed, Dce::run);
  }

  @Property(tries = 500, seed = "2026")
  void narrow(@ForAll long seed) {
    keepsMeaning(seed, NarrowDots::run);
  }

  @Property(tries = 1000, seed = "2026")
  void exactPassesTogether(@ForAll long seed) {
    // These add in another order.
    Set<String> others = Set.of("contract", "sums", "windows");
    List<Pass> exact =
        Pipeline.standard().passes().stream().filter(p -> !others.contains(p.name())).toList();
    keepsMeaning(
        seed,
        g -> new Pipeline(exact, 6).run(g, (round, pass, before, after) -> Verifier.verify(after)));
  }

  @Property(tries = 100, seed = "2026")
  void standardPipelineReachesAFixpoint(@ForAll long seed) {
    Graph once = Pipeline.standard().run(source.graph(new Random(seed)));
    Graph again = once;
    for (Pass pass : Pipeline.standard().passes()) {
      again = pass.run().apply(again);
    }
    assertEquals(
        Printer.print(once, Printer.Style.NO_LINES), Printer.print(again, Printer.Style.NO_LINES));
  }

  /** The programs tell {@code x + 0 = x}, wrong for -0, from a rule that holds. */
  @Example
  void aRuleThatIsWrongForNegativeZeroIsFound() {
    RewriteRule wrong =
        RewriteRule.operand(
            "addZero",
            "x + 0 = x",
            s -> s.op().equals(new Elementwise(Rows.ADD)) && RuleRewriter.is(s.in(1), 0));
    UnaryOperator<Graph> pass = g -> RuleRewriter.run(g, _ -> List.of(wrong), RuleListener.NONE);
    boolean found = LongStream.range(0, 2000).anyMatch(seed -> difference(seed, pass).isPresent());
    assertTrue(found);
  }

  private void keepsMeaning(long seed, UnaryOperator<Graph> pass) {
    difference(seed, pass).ifPresent(Assertions::fail);
  }

  private Optional<String> difference(long seed, UnaryOperator<Graph> pass) {
    Random random = new Random(seed);
    Graph g = source.graph(random);
    Graph changed = Verifier.verify(pass.apply(g));
    List<HostTensor> args = g.paramTypes().stream().map(t -> source.argument(t, random)).toList();
    List<HostTensor> want = Interpreter.run(g, args);
    List<HostTensor> got = Interpreter.run(changed, args);
    assertEquals(want.size(), got.size());
    for (int i = 0; i < want.size(); i++) {
      if (!same(want.get(i), got.get(i))) {
        return Optional.of(
            "result "
                + i
                + " is "
                + got.get(i)
                + ", expected "
                + want.get(i)
                + "; seed "
                + seed
                + "\nargs "
                + args
                + "\nbefore\n"
                + Printer.print(g)
                + "\nafter\n"
                + Printer.print(changed));
      }
    }
    return Optional.empty();
  }

  /** Equal bits; any NaN equals any other. */
  static boolean same(HostTensor a, HostTensor b) {
    if (!a.type().equals(b.type())) {
      return false;
    }
    DType dtype = a.dtype();
    for (long i = 0; i < a.type().size(); i++) {
      boolean nans =
          dtype.isFloat() && Double.isNaN(a.getDouble(i)) && Double.isNaN(b.getDouble(i));
      if (!nans && a.bits(i) != b.bits(i)) {
        return false;
      }
    }
    return true;
  }
}
