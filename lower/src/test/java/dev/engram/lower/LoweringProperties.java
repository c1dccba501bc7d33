package dev.engram.lower;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.Graph;
import dev.engram.ir.op.Rows;
import dev.engram.lower.inspect.LoopPrinter;
import java.util.List;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Interpreter, plain loops and fused loops agree on random programs. */
class LoweringProperties {

  @Property(tries = 300, seed = "2026")
  void loopsGiveWhatTheInterpreterGives(@ForAll long seed) {
    Oracle.check(RandomPrograms.program(seed));
  }

  @Property(tries = 50, seed = "2026")
  void loweringTwiceGivesTheSameProgram(@ForAll long seed) {
    Graph g = RandomPrograms.program(seed);
    assertEquals(LoopPrinter.print(Lowering.lower(g)), LoopPrinter.print(Lowering.lower(g)));
  }

  /** The control: with products taken for sums most programs must differ. */
  @Example
  void aPlantedFaultIsFound() {
    int planted = 0;
    int found = 0;
    for (long seed = 0; seed < 60; seed++) {
      Graph g = RandomPrograms.program(seed);
      LoopProgram p = Lowering.lower(g);
      LoopProgram wrong =
          new LoopProgram(
              p.name(), p.buffers(), p.inputs(), p.outputs(), wrong(p.steps()), p.arenaBytes());
      if (!wrong.equals(p)) {
        planted++;
        found += Oracle.agree(g, p) && !Oracle.agree(g, wrong) ? 1 : 0;
      }
    }
    assertTrue(planted > 20 && found > planted / 2, found + " of " + planted);
  }

  private static List<Stmt> wrong(List<Stmt> steps) {
    return steps.stream().map(LoweringProperties::wrong).toList();
  }

  private static Stmt wrong(Stmt step) {
    return switch (step) {
      case Stmt.Nest n ->
          new Stmt.Nest(
              n.label(),
              n.axes(),
              n.body().stream().map(LoweringProperties::wrong).toList(),
              n.epilogue().stream().map(LoweringProperties::wrong).toList(),
              n.where());
      case Stmt.Sort s -> s;
      case Stmt.Tell t -> t;
      case Stmt.Loop l ->
          new Stmt.Loop(l.length(), l.reverse(), l.parallel(), wrong(l.body()), l.swaps());
      case Stmt.While w ->
          new Stmt.While(
              wrong(w.condition()), w.predicate(), wrong(w.body()), w.swaps(), w.bound());
      case Stmt.Branch b -> new Stmt.Branch(b.predicate(), wrong(b.onTrue()), wrong(b.onFalse()));
    };
  }

  private static Instr wrong(Instr i) {
    return i instanceof Instr.Apply a && a.dtype().isFloat() && a.row().equals(Rows.MUL)
        ? new Instr.Apply(Rows.ADD, a.dtype(), a.args())
        : i;
  }
}
