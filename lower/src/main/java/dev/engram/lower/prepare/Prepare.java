package dev.engram.lower.prepare;

import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.Value;
import dev.engram.ir.Verification;
import dev.engram.ir.op.Cast;
import dev.engram.ir.op.Control;
import dev.engram.ir.op.Custom;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.ElementwiseRow;
import dev.engram.ir.op.Move;
import dev.engram.ir.op.Op;
import dev.engram.ir.op.OptimizationBarrier;
import dev.engram.ir.passes.Dce;
import dev.engram.ir.passes.GraphRewriter;
import dev.engram.ir.passes.InnerGraphs;
import dev.engram.ir.passes.LoopInvariantCodeMotion;
import dev.engram.lower.LoweringException;
import dev.engram.lower.LoweringOptions;
import java.util.List;

/**
 * Brings a graph into the form that lowering starts from: calls and custom ops are inlined, markers
 * and moves that do nothing are gone, arithmetic on types of storage is written out, and what no
 * result and no check needs is gone.
 */
public final class Prepare {
  private Prepare() {}

  public static Graph prepare(Graph g, LoweringOptions options) {
    Graph plain = Verification.of("the preparation for lowering", prepare(g));
    if (!options.fuse()) {
      return Dce.equations(plain, Dce::stops);
    }
    Graph packed =
        Verification.of("the packing of operands", PackOperands.run(plain, options.packedReads()));
    Graph hoisted =
        Verification.of("loop-invariant code motion", LoopInvariantCodeMotion.run(packed));
    return Verification.of("dead code elimination", Dce.equations(hoisted, Dce::stops));
  }

  private static Graph prepare(Graph g) {
    return Dce.equations(GraphRewriter.walk(g, Prepare::step), Dce::stops);
  }

  private static List<? extends Value> step(GraphRewriter to, Eqn e, List<Value> in) {
    return switch (e.op()) {
      case Elementwise x when x.row().has(ElementwiseRow.Flag.IDENTITY) -> List.of(in.getFirst());
      case Cast c when c.to() == in.getFirst().type().dtype() -> List.of(in.getFirst());
      case Move.Concat _ when in.size() == 1 -> List.of(in.getFirst());
      case Move.Reshape r when r.shape().equals(in.getFirst().type().shape()) ->
          List.of(in.getFirst());
      case Control.Scan _, Control.While _, Control.Cond _ ->
          emit(to, e, InnerGraphs.map(e.op(), Prepare::prepare), in);
      case Control.Call c -> to.inline(c.body(), in);
      case Control.Transposed t ->
          throw new LoweringException(
              "transposed: the transpose of @"
                  + t.backward().name()
                  + " is left in @"
                  + to.builder().name()
                  + " ("
                  + e.where()
                  + "); it is only there to be transposed: use reverse mode, or give the call a jvp"
                  + " rule");
      case Custom c when !(c instanceof OptimizationBarrier) ->
          to.inline(c.expansion(in.stream().map(Value::type).toList(), e.where()), in);
      case Op op -> emit(to, e, op, in);
    };
  }

  private static List<Value> emit(GraphRewriter to, Eqn e, Op op, List<Value> in) {
    return new LegalizeStorageTypes(to.builder(), e.where()).emit(op, in);
  }
}
