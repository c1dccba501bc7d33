package dev.engram.tests.random;

import dev.engram.ir.Builder;
import dev.engram.ir.DType;
import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Lit;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import dev.engram.ir.op.Cast;
import dev.engram.ir.op.Check;
import dev.engram.ir.op.Control;
import dev.engram.ir.op.Custom;
import dev.engram.ir.op.Dot;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.ElementwiseRow;
import dev.engram.ir.op.HostEffect;
import dev.engram.ir.op.Index;
import dev.engram.ir.op.Move;
import dev.engram.ir.op.Op;
import dev.engram.ir.op.Reduce;
import dev.engram.ir.op.Rows;
import dev.engram.ir.op.Source;
import dev.engram.lower.Access;
import dev.engram.lower.AffineMap;
import dev.engram.lower.Instr;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.Stmt;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/** Plants faults in graphs and loop programs, for the laws to find. */
final class Faults {
  private Faults() {}

  /** {@code g} with every equation replaced, those of inner graphs included. */
  static Graph eqns(Graph g, UnaryOperator<Eqn> f) {
    List<Eqn> eqns =
        g.eqns().stream()
            .map(e -> f.apply(new Eqn(inner(e.op(), f), e.inputs(), e.outputs(), e.where())))
            .toList();
    return new Graph(g.name(), g.params(), eqns, g.outs());
  }

  /** {@code g} with ops replaced by others of the same type. */
  static Graph ops(Graph g, UnaryOperator<Op> f) {
    return eqns(g, e -> new Eqn(f.apply(e.op()), e.inputs(), e.outputs(), e.where()));
  }

  private static Op inner(Op op, UnaryOperator<Eqn> f) {
    return switch (op) {
      case Control.Scan s ->
          new Control.Scan(eqns(s.body(), f), s.consts(), s.carry(), s.length(), s.reverse());
      // With a fault in it, a loop without a bound may never end.
      case Control.While w ->
          new Control.While(
              w.condition(), eqns(w.body(), f), w.consts(), Optional.of(w.bound().orElse(9)));
      case Control.Cond c -> new Control.Cond(eqns(c.onTrue(), f), eqns(c.onFalse(), f));
      case Control.Call c -> new Control.Call(eqns(c.body(), f), c.derivative());
      case Control.Transposed t -> t;
      case Elementwise _,
          Cast _,
          Reduce _,
          Dot _,
          Move _,
          Index _,
          Source _,
          Check _,
          HostEffect _,
          Custom _ ->
          op;
    };
  }

  /** One row instead of another. */
  static UnaryOperator<Graph> row(ElementwiseRow from, ElementwiseRow to) {
    return g ->
        ops(
            g,
            op -> op instanceof Elementwise e && e.row().equals(from) ? new Elementwise(to) : op);
  }

  /** Operands of {@code row} in reverse. */
  static UnaryOperator<Graph> swapped(ElementwiseRow row) {
    return g ->
        eqns(
            g,
            e ->
                e.op() instanceof Elementwise x && x.row().equals(row)
                    ? new Eqn(e.op(), e.inputs().reversed(), e.outputs(), e.where())
                    : e);
  }

  /** {@code abs(neg x) = abs x}, for types without a sign as well. */
  static Graph absOfAnyNegation(Graph g) {
    return readThrough(g, Faults::isAbs, Faults::isNeg);
  }

  private static boolean isAbs(Op op) {
    return op instanceof Elementwise e && e.row().equals(Rows.ABS);
  }

  private static boolean isNeg(Op op) {
    return op instanceof Elementwise e && e.row().equals(Rows.NEG);
  }

  /**
   * Removes a cast through a float type that represents all values, although casts from it
   * saturate.
   */
  static Graph castsComposed(Graph g) {
    return readThrough(
        g, op -> op instanceof Cast, op -> op instanceof Cast(DType to) && to == DType.F64);
  }

  /** Equations that match {@code reader} take the operand of what they read where that matches. */
  private static Graph readThrough(Graph g, Predicate<Op> reader, Predicate<Op> read) {
    Map<Value, Value> operand = new HashMap<>();
    List<Eqn> eqns = new ArrayList<>();
    for (Eqn e : g.eqns()) {
      if (read.test(e.op())) {
        operand.put(e.out(), e.in(0));
      }
      Value through = e.inputs().isEmpty() ? null : operand.get(e.in(0));
      eqns.add(
          through != null && reader.test(e.op())
              ? new Eqn(e.op(), List.of(through), e.outputs(), e.where())
              : e);
    }
    return new Graph(g.name(), g.params(), eqns, g.outs());
  }

  /** Scans run the other way. */
  static Graph scansTurned(Graph g) {
    return ops(
        g,
        op ->
            op instanceof Control.Scan s
                ? new Control.Scan(s.body(), s.consts(), s.carry(), s.length(), !s.reverse())
                : op);
  }

  /** Scatters that replace instead of adding. */
  static Graph scattersSet(Graph g) {
    return ops(
        g,
        op ->
            op instanceof Index.Scatter s && s.combine() == Index.Combine.ADD
                ? new Index.Scatter(s.axis(), s.batch(), Index.Combine.SET)
                : op);
  }

  /** Branches exchanged. */
  static Graph branchesSwapped(Graph g) {
    return ops(
        g, op -> op instanceof Control.Cond c ? new Control.Cond(c.onFalse(), c.onTrue()) : op);
  }

  /** Drops reversals. */
  static Graph reversalsLost(Graph g) {
    return ops(g, op -> op instanceof Move.Reverse ? new Move.Reverse(List.of()) : op);
  }

  /** The other extreme. */
  static Graph extremesTurned(Graph g) {
    return ops(
        g,
        op ->
            op instanceof Reduce r && r.kind() == Reduce.Kind.ARGMAX
                ? new Reduce(Reduce.Kind.ARGMIN, r.axes())
                : op);
  }

  /** The largest term instead of the sum. */
  static Graph sumsCut(Graph g) {
    return ops(
        g,
        op ->
            op instanceof Reduce r && r.kind() == Reduce.Kind.SUM
                ? new Reduce(Reduce.Kind.MAX, r.axes())
                : op);
  }

  /** The last result is zero. */
  static Graph lastLost(Graph g) {
    List<Value> outs = new ArrayList<>(g.outs());
    outs.add(Lit.zero(outs.removeLast().type()));
    return new Graph(g.name(), g.params(), g.eqns(), outs);
  }

  /** Merges results of the same op and type, whatever their operands. */
  static Graph confused(Graph g) {
    Map<String, Var> first = new HashMap<>();
    Map<Value, Value> same = new HashMap<>();
    for (Eqn e : g.eqns()) {
      if (e.outputs().size() == 1 && e.op() instanceof Elementwise) {
        Var old = first.putIfAbsent(e.op().mnemonic() + e.out().type(), e.out());
        if (old != null) {
          same.put(e.out(), old);
        }
      }
    }
    List<Value> outs = g.outs().stream().map(v -> same.getOrDefault(v, v)).toList();
    return new Graph(g.name(), g.params(), g.eqns(), outs);
  }

  /** Runs {@code g} with the terms of its sums in reverse. */
  static List<HostTensor> lastTermFirst(Graph g, List<HostTensor> args) {
    Builder b = new Builder(g.name());
    Map<Value, Value> map = new HashMap<>();
    g.params().forEach(p -> map.put(p.var(), b.param(p)));
    for (Eqn e : g.eqns()) {
      if (e.op() instanceof Reduce r && r.kind() == Reduce.Kind.SUM) {
        Value turned = b.emit1(new Move.Reverse(r.axes()), Builder.mapped(map, e.in(0)));
        map.put(e.out(), b.emit1(r, turned));
      } else {
        b.copy(e, map);
      }
    }
    Graph other = b.build(g.outs().stream().map(v -> Builder.mapped(map, v)).toList());
    return Ways.lowered(Ways.backend("loops")).run(other, args);
  }

  /** The last equation comes first. */
  static Graph disordered(Graph g) {
    List<Eqn> eqns = new ArrayList<>(g.eqns());
    if (!eqns.isEmpty()) {
      eqns.addFirst(eqns.removeLast());
    }
    return new Graph(g.name(), g.params(), eqns, g.outs());
  }

  /** Results whose first two axes are equally long are transposed. */
  static Graph axesSwapped(Graph g) {
    Builder b = new Builder(g.name());
    List<Value> args = new ArrayList<>();
    g.params().forEach(p -> args.add(b.param(p)));
    return b.build(b.inline(g, args).stream().map(v -> axesSwapped(b, v)).toList());
  }

  private static Value axesSwapped(Builder b, Value v) {
    int r = v.type().rank();
    if (r < 2 || v.type().shape().dim(0) != v.type().shape().dim(1)) {
      return v;
    }
    List<Integer> perm = new ArrayList<>(IntStream.range(0, r).boxed().toList());
    Collections.swap(perm, 0, 1);
    return b.emit1(new Move.Transpose(perm), v);
  }

  /** {@code p} with every nest's instructions replaced. */
  static LoopProgram instructions(LoopProgram p, UnaryOperator<Instr> f) {
    return new LoopProgram(
        p.name(), p.buffers(), p.inputs(), p.outputs(), steps(p.steps(), f), p.arenaBytes());
  }

  private static List<Stmt> steps(List<Stmt> steps, UnaryOperator<Instr> f) {
    return steps.stream()
        .<Stmt>map(
            s ->
                switch (s) {
                  case Stmt.Nest n ->
                      new Stmt.Nest(
                          n.label(),
                          n.axes(),
                          n.body().stream().map(f).toList(),
                          n.epilogue().stream().map(f).toList(),
                          n.where());
                  case Stmt.Sort o -> o;
                  case Stmt.Tell t -> t;
                  case Stmt.Loop l ->
                      new Stmt.Loop(
                          l.length(), l.reverse(), l.parallel(), steps(l.body(), f), l.swaps());
                  case Stmt.While w ->
                      new Stmt.While(
                          steps(w.condition(), f),
                          w.predicate(),
                          steps(w.body(), f),
                          w.swaps(),
                          Optional.of(w.bound().orElse(9)));
                  case Stmt.Branch b ->
                      new Stmt.Branch(b.predicate(), steps(b.onTrue(), f), steps(b.onFalse(), f));
                })
        .toList();
  }

  /** Products that are sums. */
  static LoopProgram productsAdded(LoopProgram p) {
    return instructions(
        p,
        i ->
            i instanceof Instr.Fold f && f.kind() == Reduce.Kind.PROD
                ? new Instr.Fold(Reduce.Kind.SUM, f.dtype(), f.value(), f.order())
                : i);
  }

  /** Loads of the first element, at every point. */
  static LoopProgram stridesLost(LoopProgram p) {
    return instructions(
        p, i -> i instanceof Instr.Load l ? new Instr.Load(l.dtype(), still(l.from())) : i);
  }

  private static Access still(Access a) {
    List<Long> none = Collections.nCopies(a.at().inner().size(), 0L);
    return new Access(a.buffer(), new AffineMap(a.at().offset(), a.at().outer(), none));
  }

  /** Indices that end one too early. */
  static LoopProgram limitsLowered(LoopProgram p) {
    return instructions(
        p,
        i ->
            i instanceof Instr.LoadAt l
                ? new Instr.LoadAt(
                    l.dtype(), l.from(), l.index(), l.stride(), Math.max(1, l.limit() - 1))
                : i);
  }

  /** Scatters that add where they replace. */
  static LoopProgram scattersAdd(LoopProgram p) {
    return instructions(
        p,
        i ->
            i instanceof Instr.StoreAt s && s.dtype().isNumeric()
                ? new Instr.StoreAt(
                    s.dtype(),
                    s.to(),
                    s.index(),
                    s.stride(),
                    s.limit(),
                    Index.Combine.ADD,
                    s.value())
                : i);
  }

  /** Loops that do not swap the memory of their carries. */
  static LoopProgram withoutSwaps(LoopProgram p) {
    return new LoopProgram(
        p.name(),
        p.buffers(),
        p.inputs(),
        p.outputs(),
        p.steps().stream()
            .map(
                s ->
                    s instanceof Stmt.Loop l
                        ? new Stmt.Loop(l.length(), l.reverse(), l.parallel(), l.body(), List.of())
                        : s)
            .toList(),
        p.arenaBytes());
  }
}
