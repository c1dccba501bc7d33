package dev.engram.lower.memory;

import dev.engram.lower.Access;
import dev.engram.lower.Instr;
import dev.engram.lower.Stmt;
import dev.engram.lower.emit.InstrRewriter;
import java.util.List;
import java.util.function.IntUnaryOperator;

/** Steps with other numbers for their buffers. */
record BufferRenaming(IntUnaryOperator number) {
  List<Integer> all(List<Integer> buffers) {
    return buffers.stream().map(number::applyAsInt).toList();
  }

  List<Stmt> steps(List<Stmt> steps) {
    return steps.stream().map(this::step).toList();
  }

  private Stmt step(Stmt s) {
    return switch (s) {
      case Stmt.Nest n ->
          new Stmt.Nest(n.label(), n.axes(), code(n.body()), code(n.epilogue()), n.where());
      case Stmt.Sort o ->
          new Stmt.Sort(
              o.op(), o.dtype(), o.rows(), o.length(), at(o.from()), at(o.to()), o.where());
      case Stmt.Tell t ->
          new Stmt.Tell(
              t.op(), t.operands().stream().map(this::operand).toList(), at(t.order()), t.where());
      case Stmt.Loop l ->
          new Stmt.Loop(l.length(), l.reverse(), l.parallel(), steps(l.body()), swaps(l.swaps()));
      case Stmt.While w ->
          new Stmt.While(
              steps(w.condition()),
              at(w.predicate()),
              steps(w.body()),
              swaps(w.swaps()),
              w.bound());
      case Stmt.Branch b ->
          new Stmt.Branch(at(b.predicate()), steps(b.onTrue()), steps(b.onFalse()));
    };
  }

  private List<Instr> code(List<Instr> code) {
    return code.stream().map(i -> InstrRewriter.buffers(i, number)).toList();
  }

  private Access at(Access a) {
    return new Access(number.applyAsInt(a.buffer()), a.at());
  }

  private Stmt.Operand operand(Stmt.Operand o) {
    return switch (o) {
      case Stmt.Operand.Known k -> k;
      case Stmt.Operand.Stored(var type, var from) -> new Stmt.Operand.Stored(type, at(from));
    };
  }

  private List<Stmt.Swap> swaps(List<Stmt.Swap> swaps) {
    return swaps.stream()
        .map(w -> new Stmt.Swap(number.applyAsInt(w.a()), number.applyAsInt(w.b())))
        .toList();
  }
}
