package dev.engram.lower.prepare;

import dev.engram.ir.Builder;
import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.Param;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.Verification;
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
import dev.engram.ir.op.OptimizationBarrier;
import dev.engram.ir.op.Reduce;
import dev.engram.ir.op.Source;
import dev.engram.ir.passes.Dce;
import dev.engram.ir.passes.LoopInvariantCodeMotion;
import dev.engram.lower.LoweringException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Brings a graph into the form that lowering starts from: calls and custom ops are inlined, markers
 * and moves that do nothing are gone, arithmetic on types of storage is written out, and what no
 * result and no check needs is gone.
 */
public final class Prepare {
  private final Builder to;
  private final Map<Value, Value> map = new HashMap<>();

  private Prepare(String name) {
    to = new Builder(name);
  }

  public static Graph prepare(Graph g, boolean pack) {
    Graph plain = Verification.of("the preparation for lowering", prepare(g));
    if (!pack) {
      return Dce.equations(plain, Dce::stops);
    }
    Graph packed = Verification.of("the packing of operands", PackOperands.run(plain));
    Graph hoisted =
        Verification.of("loop-invariant code motion", LoopInvariantCodeMotion.run(packed));
    return Verification.of("dead code elimination", Dce.equations(hoisted, Dce::stops));
  }

  private static Graph prepare(Graph g) {
    Prepare p = new Prepare(g.name());
    for (Param q : g.params()) {
      p.map.put(q.var(), p.to.param(q));
    }
    List<Value> outs = p.body(g);
    return Dce.equations(p.to.build(outs), Dce::stops);
  }

  private List<Value> body(Graph g) {
    for (Eqn e : g.eqns()) {
      List<Value> in = e.inputs().stream().map(v -> Builder.mapped(map, v)).toList();
      List<Value> outs = equation(e, in);
      for (int i = 0; i < outs.size(); i++) {
        map.put(e.outputs().get(i), outs.get(i));
      }
    }
    return g.outs().stream().map(v -> Builder.mapped(map, v)).toList();
  }

  private List<Value> equation(Eqn e, List<Value> in) {
    return switch (e.op()) {
      case Elementwise x when x.row().has(ElementwiseRow.Flag.IDENTITY) -> List.of(in.getFirst());
      case Cast c when c.to() == in.getFirst().type().dtype() -> List.of(in.getFirst());
      case Move.Concat _ when in.size() == 1 -> List.of(in.getFirst());
      case Move.Reshape r when r.shape().equals(in.getFirst().type().shape()) ->
          List.of(in.getFirst());
      case Elementwise _,
          Cast _,
          Reduce _,
          Dot _,
          Move _,
          Index _,
          Source _,
          Check _,
          HostEffect _ ->
          emit(e, e.op(), in);
      case Control.Scan s ->
          emit(
              e,
              new Control.Scan(prepare(s.body()), s.consts(), s.carry(), s.length(), s.reverse()),
              in);
      case Control.While w ->
          emit(e, w.with(prepare(w.condition()), prepare(w.body()), w.consts()), in);
      case Control.Cond c ->
          emit(e, new Control.Cond(prepare(c.onTrue()), prepare(c.onFalse())), in);
      case Control.Call c -> inline(c.body(), in);
      case Control.Transposed t ->
          throw new LoweringException(
              "transposed: the transpose of @"
                  + t.backward().name()
                  + " is left in @"
                  + to.name()
                  + " ("
                  + e.where()
                  + "); it is only there to be transposed: use reverse mode, or give the call a jvp"
                  + " rule");
      case Custom c when c instanceof OptimizationBarrier -> emit(e, c, in);
      case Custom c -> inline(c.expansion(types(in), e.where()), in);
    };
  }

  private static List<TensorType> types(List<Value> in) {
    return in.stream().map(Value::type).toList();
  }

  private List<Value> emit(Eqn e, dev.engram.ir.op.Op op, List<Value> in) {
    return new LegalizeStorageTypes(to, e.where()).emit(op, in);
  }

  private List<Value> inline(Graph g, List<Value> args) {
    for (int i = 0; i < args.size(); i++) {
      map.put(g.params().get(i).var(), args.get(i));
    }
    return body(g);
  }
}
