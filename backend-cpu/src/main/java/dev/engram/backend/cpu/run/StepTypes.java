package dev.engram.backend.cpu.run;

import dev.engram.backend.cpu.nest.TooManyPointsException;
import dev.engram.ir.TensorType;
import dev.engram.lower.Access;
import dev.engram.lower.Instr;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.Stmt;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** What steps make, for errors of their size. */
final class StepTypes {
  private StepTypes() {}

  /**
   * The code of a step.
   *
   * @throws dev.engram.lower.LoweringException when it has too many points; says what it would make
   */
  static <T> T making(LoopProgram program, Stmt step, Supplier<T> code) {
    try {
      return code.get();
    } catch (TooManyPointsException e) {
      throw e.making(of(program, step));
    }
  }

  private static List<TensorType> of(LoopProgram program, Stmt step) {
    return written(step).map(a -> program.buffers().get(a.buffer()).type()).distinct().toList();
  }

  private static Stream<Access> written(Stmt step) {
    return switch (step) {
      case Stmt.Nest n ->
          Stream.concat(n.body().stream(), n.epilogue().stream()).flatMap(StepTypes::written);
      case Stmt.Sort s -> Stream.of(s.to());
      case Stmt.Tell t -> Stream.of(t.order());
      case Stmt.Loop _, Stmt.While _, Stmt.Branch _ -> Stream.empty();
    };
  }

  private static Stream<Access> written(Instr i) {
    return switch (i) {
      case Instr.Store s -> Stream.of(s.to());
      case Instr.StoreAt s -> Stream.of(s.to());
      default -> Stream.empty();
    };
  }
}
