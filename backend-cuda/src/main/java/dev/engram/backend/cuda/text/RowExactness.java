package dev.engram.backend.cuda.text;

import dev.engram.ir.DType;
import dev.engram.ir.op.ElementwiseRow;
import dev.engram.lower.Instr;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.Stmt;
import java.util.List;

/** Says which programs have the bits of {@code cpu}. */
public final class RowExactness {
  private RowExactness() {}

  /**
   * True where no instruction of {@code program} calls a function of the math library whose results
   * differ between libraries.
   */
  public static boolean of(LoopProgram program) {
    return exact(program.steps());
  }

  /** The same of one row. */
  public static boolean of(ElementwiseRow row, DType dtype) {
    return RowText.isExact(row, dtype);
  }

  private static boolean exact(List<Stmt> steps) {
    return steps.stream()
        .allMatch(
            s ->
                switch (s) {
                  case Stmt.Nest n -> IndexText.instrs(n).stream().allMatch(RowExactness::exact);
                  case Stmt.Sort _, Stmt.Tell _ -> true;
                  case Stmt.Loop l -> exact(l.body());
                  case Stmt.While w -> exact(w.condition()) && exact(w.body());
                  case Stmt.Branch b -> exact(b.onTrue()) && exact(b.onFalse());
                });
  }

  private static boolean exact(Instr i) {
    return !(i instanceof Instr.Apply a) || of(a.row(), a.dtype());
  }
}
